"""Endings: what is written about work that was not done, always under its fence."""

from __future__ import annotations

import logging

from forecast_service.errors import ForecastServiceError
from forecast_service.service import Service
from forecast_service.storage.queue import MAX_ERRORS, MAX_LOSSES, Claim
from forecast_service.worker.kinds import KINDS

__all__ = ["ended_before", "give_back", "note_failure", "reason_of", "stop"]

logger = logging.getLogger(__name__)

RETRY_SECONDS = 5.0


def ended_before(service: Service, claim: Claim) -> bool:
    """End what is not to be begun at all: cancelled, or the ruin of too many workers."""
    if claim.cancel_requested:
        stop(service, claim)
        return True
    if claim.losses < MAX_LOSSES:
        return False
    reason = (
        f"The worker died {claim.losses} times while doing this, and it is not tried again. "
        "The machine may lack memory: look at its log, then ask anew."
    )
    has_more_to_stop = KINDS[claim.kind].is_stopped_after and claim.losses < 2 * MAX_LOSSES
    _fail(service, claim, reason, finishes=not has_more_to_stop)
    return not has_more_to_stop


def note_failure(service: Service, claim: Claim, reason: str, *, is_away: bool) -> None:
    """Count a failed attempt; after the last one allowed the work ends as failed.

    ``is_away`` says that something which it needs cannot be reached: that does not count.
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


def stop(service: Service, claim: Claim) -> None:
    """End work whose cancellation was asked for, once nothing computes it any more."""
    with service.queue.fenced(claim) as connection:
        KINDS[claim.kind].stop(service, connection, claim.subject)
        service.queue.finish(connection, claim)
    logger.info("work stopped", extra={"event": "work_stopped", "work_id": claim.id})


def give_back(service: Service, claim: Claim, *, delay_seconds: float = 0.0) -> None:
    """Leave the work to whoever claims it next; that counts neither as error nor as loss."""
    with service.queue.fenced(claim) as connection:
        service.queue.give_back(connection, claim, delay_seconds=delay_seconds)


def reason_of(error: Exception) -> str:
    """An exception as the sentence that is kept of it."""
    if isinstance(error, ForecastServiceError):
        return error.detail
    return f"{type(error).__name__}: {error}"


def _fail(service: Service, claim: Claim, reason: str, *, finishes: bool) -> None:
    """End the subject as failed; its work too, unless what it started is to be stopped yet."""
    with service.queue.fenced(claim) as connection:
        KINDS[claim.kind].fail(service, connection, claim.subject, reason)
        if not finishes:
            return
        service.queue.finish(connection, claim)
    logger.error("work given up: %s", reason, extra={"event": "work_failed", "work_id": claim.id})
