"""The queue: rows of the table ``work`` that workers claim, keep, give back and finish.

States: ``waiting`` → ``held`` → ``done``. A row goes back to ``waiting`` when a step is given back,
an attempt fails, or the holder is silent. Only the holder of a row may write: every write goes
through ``fenced``. How work gets into the queue, and how others end it: ``work``.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from forecast_service.errors import LeaseLost
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.tables import work

__all__ = ["MAX_ERRORS", "MAX_LOSSES", "Claim", "Queue", "new_id"]

MAX_ERRORS = 3  # errors in a row after which the work ends as failed
MAX_LOSSES = 20  # leases lost in a row by killed or frozen workers; counted apart from errors
CLOCK_SECONDS = 2.0  # further ahead than this, the clock was set back


def new_id() -> str:
    """A new unique identifier: 20 random hexadecimal digits."""
    return secrets.token_hex(10)


@dataclass(frozen=True)
class Claim:
    """The right of ``owner`` to do one piece of work, until its lease runs out."""

    id: str
    kind: str
    subject: str
    owner: str
    errors: int
    losses: int
    cancel_requested: bool


class Queue:
    """Claims, keeps and finishes work; every method is one short transaction."""

    def __init__(self, database: Database, lease_seconds: float) -> None:
        self.database = database
        self.lease_seconds = lease_seconds

    def claim(self, owner: str, kinds: Sequence[str]) -> Claim | None:
        """Take the work that has been due longest; None if nothing is due.

        ``owner`` must be new for every claim (``new_id``): it is the fence.
        """
        due = self._due(kinds).with_for_update(skip_locked=True).scalar_subquery()
        statement = (
            sa.update(work)
            .where(work.c.id == due, work.c.state == "waiting")
            .values(state="held", owner=owner, **self._new_lease())
            .returning(work)
        )
        # An idle worker looks with a read first, so that it does not take the write lock.
        with self.database.read() as connection:
            if connection.execute(self._due(kinds)).first() is None:
                return None
        with self.database.write() as connection:
            row = connection.execute(statement).mappings().one_or_none()
        if row is None:
            return None
        return Claim(
            id=row["id"],
            kind=row["kind"],
            subject=row["subject"],
            owner=owner,
            errors=row["errors"],
            losses=row["losses"],
            cancel_requested=row["cancel_requested"],
        )

    def beat(self, claim: Claim) -> bool:
        """Renew the lease and return whether cancellation was requested.

        A lease that expired while the host slept is renewed, too, unless another worker has it.

        Raises
        ------
        LeaseLost
            Another worker holds the work, or it has ended.
        """
        with self.database.write() as connection:
            row = connection.execute(
                self._held(sa.update(work), claim)
                .values(state="held", **self._new_lease())
                .returning(work.c.cancel_requested)
            ).one_or_none()
        if row is None:
            raise LeaseLost(f"Work '{claim.id}' ({claim.kind}) is no longer held by this worker.")
        return bool(row[0])

    @contextlib.contextmanager
    def fenced(self, claim: Claim) -> Iterator[sa.Connection]:
        """A write transaction that is possible only while the claim is held.

        Raises
        ------
        LeaseLost
            Another worker holds the work, or it has ended; nothing was written.
        """
        with self.database.write() as connection:
            row = connection.execute(
                self._held(sa.update(work), claim)
                .values(state="held", **self._new_lease())
                .returning(work.c.id)
            ).one_or_none()
            if row is None:
                raise LeaseLost(f"Work '{claim.id}' ({claim.kind}) passed to another worker.")
            yield connection

    def give_back(self, connection: sa.Connection, claim: Claim, *, delay_seconds: float) -> None:
        """End a step; the work continues after the delay. Use inside ``fenced``."""
        connection.execute(
            self._held(sa.update(work), claim).values(
                state="waiting",
                owner=None,
                lease_until=None,
                set_at=database_now(),
                not_before=database_now() + delay_seconds,
            )
        )

    def go_on(self, connection: sa.Connection, claim: Claim, *, delay_seconds: float) -> None:
        """End a successful step: the work continues, and its errors and losses are set to 0.

        Use inside ``fenced``, for work of many steps. Without the reset, three errors in six
        hours of polling would end the work.
        """
        self.give_back(connection, claim, delay_seconds=delay_seconds)
        connection.execute(sa.update(work).where(work.c.id == claim.id).values(errors=0, losses=0))

    def finish(self, connection: sa.Connection, claim: Claim) -> None:
        """End the work; use inside ``fenced``, in the transaction that writes the result."""
        connection.execute(
            self._held(sa.update(work), claim).values(
                state="done", owner=None, lease_until=None, finished_at=database_now()
            )
        )

    def record_loss(
        self, connection: sa.Connection, claim: Claim, message: str, *, delay_seconds: float
    ) -> None:
        """Count a computation that was killed as a lost lease; use inside ``fenced``.

        The work waits for its next attempt; see ``sweep`` about the last one.
        """
        self.give_back(connection, claim, delay_seconds=delay_seconds)
        own = sa.update(work).where(work.c.id == claim.id)
        connection.execute(own.values(losses=claim.losses + 1, last_error=message))

    def record_error(
        self, connection: sa.Connection, claim: Claim, message: str, *, delay_seconds: float
    ) -> bool:
        """Count a failed attempt; use inside ``fenced``. True if it was the last one allowed.

        After True, the caller finishes the work as failed. After False, the work already waits
        for its next attempt.
        """
        errors = claim.errors + 1
        connection.execute(
            self._held(sa.update(work), claim).values(errors=errors, last_error=message)
        )
        if errors >= MAX_ERRORS:
            return True
        self.give_back(connection, claim, delay_seconds=delay_seconds)
        return False

    @staticmethod
    def is_cancelled(connection: sa.Connection, claim: Claim) -> bool:
        """Whether cancellation was requested; use inside ``fenced``."""
        statement = sa.select(work.c.cancel_requested).where(work.c.id == claim.id)
        return bool(connection.execute(statement).scalar_one())

    def watch(self, claims: Sequence[Claim]) -> dict[str, str]:
        """The state of these claims, by work id: ``held``, ``cancelled`` or ``lost``."""
        if not claims:
            return {}
        statement = sa.select(work.c.id, work.c.state, work.c.owner, work.c.cancel_requested)
        with self.database.read() as connection:
            rows = connection.execute(
                statement.where(work.c.id.in_([claim.id for claim in claims]))
            ).all()
        row_of = {row.id: row for row in rows}
        return {claim.id: _fate(claim, row_of.get(claim.id)) for claim in claims}

    def has_open(self, kinds: Sequence[str]) -> bool:
        """Whether there is unfinished work of these kinds, due or not, held or not."""
        statement = sa.select(work.c.id).where(work.c.state != "done", work.c.kind.in_(kinds))
        with self.database.read() as connection:
            return connection.execute(statement.limit(1)).first() is not None

    def sweep(self) -> int:
        """Make work with an expired lease claimable again and return the number of rows.

        After ``MAX_LOSSES`` losses work stays claimable, too: the next holder sees ``losses`` in
        its claim and ends the work as failed.
        """
        silent = sa.and_(work.c.state == "held", work.c.lease_until < database_now())
        with self.database.read() as connection:
            if connection.execute(sa.select(work.c.id).where(silent).limit(1)).first() is None:
                return 0
        with self.database.write() as connection:
            result = connection.execute(
                sa.update(work)
                .where(silent)
                # The owner stays: until another worker claims the work, it may continue.
                .values(state="waiting", lease_until=None, losses=work.c.losses + 1)
            )
        return result.rowcount

    def follow_clock(self) -> int:
        """Move times that a clock set back has put into the future; return the number of rows.

        Without this, work would wait until the clock shows its old time again.
        """
        ahead = work.c.set_at - database_now()
        is_ahead = sa.and_(work.c.state.in_(("waiting", "held")), ahead > CLOCK_SECONDS)
        with self.database.read() as connection:
            if connection.execute(sa.select(work.c.id).where(is_ahead).limit(1)).first() is None:
                return 0
        with self.database.write() as connection:
            moved = {
                "not_before": work.c.not_before - ahead,
                "lease_until": work.c.lease_until - ahead,
                "set_at": database_now(),
            }
            return connection.execute(sa.update(work).where(is_ahead).values(moved)).rowcount

    def _new_lease(self) -> dict[str, Any]:
        return {"lease_until": database_now() + self.lease_seconds, "set_at": database_now()}

    @staticmethod
    def _due(kinds: Sequence[str]) -> sa.Select[tuple[str]]:
        other = work.alias("other")
        # Subjects break ties, so that a table with a row per subject can have the same order.
        place = sa.tuple_(work.c.requested_at, work.c.subject)
        stands_before = (
            sa.exists()
            .where(other.c.lane == work.c.lane, other.c.state.in_(("waiting", "held")))
            .where(sa.tuple_(other.c.requested_at, other.c.subject) < place)
        )
        return (
            sa.select(work.c.id)
            .where(work.c.state == "waiting", work.c.not_before <= database_now())
            .where(work.c.kind.in_(kinds))
            .where(sa.or_(work.c.lane.is_(None), ~stands_before))
            .order_by(work.c.not_before)
            .limit(1)
        )

    @staticmethod
    def _held(statement: sa.Update, claim: Claim) -> sa.Update:
        return statement.where(
            work.c.id == claim.id, work.c.owner == claim.owner, work.c.state != "done"
        )


def _fate(claim: Claim, row: sa.Row[Any, Any, Any, Any] | None) -> str:
    if row is None or row.state == "done" or row.owner != claim.owner:
        return "lost"
    return "cancelled" if row.cancel_requested else "held"
