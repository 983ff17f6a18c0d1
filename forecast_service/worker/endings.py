"""Endings: records failed, stopped and returned work, always inside its fence."""

from __future__ import annotations

import logging

from forecast_service.common.disks import not_writable
from forecast_service.errors import ForecastServiceError
from forecast_service.service import Service
from forecast_service.storage.queue import MAX_ERRORS, MAX_LOSSES, Claim
from forecast_service.worker.kinds import KINDS

__all__ = [
    "ended_before",
    "give_back",
    "is_passing",
    "note_error",
    "note_failure",
    "note_loss",
    "reason_of",
    "stop",
]

logger = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
LAST_RETRY_SECONDS = 60.0  # longest pause after a computation was killed


def ended_before(service: Service, claim: Claim) -> bool:
    """End work that must not begin: it was cancelled, or too many workers died doing it."""
    if claim.cancel_requested:
        stop(service, claim)
        return True
    if claim.losses < MAX_LOSSES:
        return False
    reason = (
        f"The worker died {claim.losses} times during this work, so it is not tried again. "
        "The machine may have too little memory: look at its log, then send the request again."
    )
    has_more_to_stop = KINDS[claim.kind].is_stopped_after and claim.losses < 2 * MAX_LOSSES
    _fail(service, claim, reason, finishes=not has_more_to_stop)
    return not has_more_to_stop


def note_failure(service: Service, claim: Claim, reason: str, *, is_away: bool) -> None:
    """Count a failed attempt; after the last one allowed, end the work as failed.

    ``is_away`` means that AWS or the database could not be reached; the attempt does not count.
    """
    if is_away:
        give_back(service, claim, delay_seconds=RETRY_SECONDS)
        return
    with service.queue.fenced(claim) as connection:
        delay = RETRY_SECONDS * (claim.errors + 1)
        if service.queue.record_error(connection, claim, reason, delay_seconds=delay):
            KINDS[claim.kind].fail(service, connection, claim.subject, reason)
            if KINDS[claim.kind].is_stopped_after and claim.errors + 1 == MAX_ERRORS:
                service.queue.give_back(connection, claim, delay_seconds=0)
            else:
                service.queue.finish(connection, claim)
    logger.warning(
        "attempt %d failed: %s",
        claim.errors + 1,
        reason,
        extra={"event": "attempt_failed", "work_id": claim.id, "kind": claim.kind},
    )


def note_loss(service: Service, claim: Claim, reason: str) -> None:
    """Count a computation that was killed: it is no error of the work, which is done again."""
    with service.queue.fenced(claim) as connection:
        delay = min(RETRY_SECONDS * claim.losses, LAST_RETRY_SECONDS)
        service.queue.record_loss(connection, claim, reason, delay_seconds=delay)
    logger.warning(
        "attempt %d was lost: %s",
        claim.losses + 1,
        reason,
        extra={"event": "attempt_lost", "work_id": claim.id, "kind": claim.kind},
    )


def stop(service: Service, claim: Claim) -> None:
    """End cancelled work; its computation must have ended before."""
    with service.queue.fenced(claim) as connection:
        KINDS[claim.kind].stop(service, connection, claim.subject)
        service.queue.finish(connection, claim)
    logger.info("work stopped", extra={"event": "work_stopped", "work_id": claim.id})


def give_back(service: Service, claim: Claim, *, delay_seconds: float = 0.0) -> None:
    """Make the work claimable again; this counts neither as error nor as loss."""
    with service.queue.fenced(claim) as connection:
        service.queue.give_back(connection, claim, delay_seconds=delay_seconds)


def is_passing(error: Exception) -> bool:
    """Whether work can go on later: AWS or the database is away, or the disk is full."""
    error = not_writable(error) or error
    return isinstance(error, ForecastServiceError) and error.retryable


def note_error(claim: Claim, error: Exception) -> None:
    """Log why an attempt ended: a line if it is tried again as a matter of course."""
    if is_passing(error):
        facts = {"event": "work_waits", "work_id": claim.id, "kind": claim.kind}
        logger.info("work waits: %s", reason_of(error), extra=facts)
    else:
        facts = {"event": "work_failed", "work_id": claim.id}
        logger.error("work failed", exc_info=error, extra=facts)


def reason_of(error: Exception) -> str:
    """An exception as a sentence to store."""
    error = not_writable(error) or error
    if isinstance(error, ForecastServiceError):
        return error.detail
    return f"{type(error).__name__}: {error}"


def _fail(service: Service, claim: Claim, reason: str, *, finishes: bool) -> None:
    """End the subject as failed; ``finishes`` also ends the work, else it still has to stop."""
    with service.queue.fenced(claim) as connection:
        KINDS[claim.kind].fail(service, connection, claim.subject, reason)
        if not finishes:
            return
        service.queue.finish(connection, claim)
    logger.error("work given up: %s", reason, extra={"event": "work_failed", "work_id": claim.id})
