"""The queue: rows of the table ``work`` that processes claim, keep, give back and finish.

States: ``waiting`` → ``held`` → ``done``; back to ``waiting`` when a step is given back, an
attempt failed, or the holder fell silent. Whoever holds a row may write, nobody else: every
write goes through ``fenced``.
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

MAX_ERRORS = 3  # attempts in a row that raised; then the work ends as failed
MAX_LOSSES = 20  # leases lost in a row to killed or frozen workers; counted apart from errors


def new_id() -> str:
    """An identifier that nobody else will draw: 20 hexadecimal digits."""
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
    """Claim, keep and finish work; every method is one short transaction."""

    def __init__(self, database: Database, lease_seconds: float) -> None:
        self.database = database
        self.lease_seconds = lease_seconds

    @staticmethod
    def put(
        connection: sa.Connection, kind: str, subject: str, *, delay_seconds: float = 0.0
    ) -> str:
        """Add work inside the caller's transaction, and give its id.

        At most one open row per kind and subject exists: a second one raises IntegrityError.
        """
        work_id = new_id()
        connection.execute(
            sa.insert(work).values(
                id=work_id,
                kind=kind,
                subject=subject,
                state="waiting",
                not_before=database_now() + delay_seconds,
                requested_at=database_now(),
            )
        )
        return work_id

    def claim(self, owner: str, kinds: Sequence[str]) -> Claim | None:
        """Take the work that has been due longest, or None when nothing is due.

        ``owner`` must be new for every claim (``new_id``): it is the fence.
        """
        due = self._due(kinds).with_for_update(skip_locked=True).scalar_subquery()
        statement = (
            sa.update(work)
            .where(work.c.id == due, work.c.state == "waiting")
            .values(state="held", owner=owner, lease_until=database_now() + self.lease_seconds)
            .returning(work)
        )
        # Looking first costs an idle worker a read and keeps it from taking the write lock.
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
        """Renew the lease, and say whether cancellation was asked for.

        A lease that ran out while the host slept is taken up again, unless another has it now.

        Raises
        ------
        LeaseLost
            Somebody else holds the work, or it has ended.
        """
        with self.database.write() as connection:
            row = connection.execute(
                self._held(sa.update(work), claim)
                .values(state="held", lease_until=database_now() + self.lease_seconds)
                .returning(work.c.cancel_requested)
            ).one_or_none()
        if row is None:
            raise LeaseLost(f"Work '{claim.id}' ({claim.kind}) is no longer held by this worker.")
        return bool(row[0])

    @contextlib.contextmanager
    def fenced(self, claim: Claim) -> Iterator[sa.Connection]:
        """A write transaction that exists only while the claim is held.

        Raises
        ------
        LeaseLost
            Somebody else holds the work; nothing was written.
        """
        with self.database.write() as connection:
            row = connection.execute(
                self._held(sa.update(work), claim)
                .values(state="held", lease_until=database_now() + self.lease_seconds)
                .returning(work.c.id)
            ).one_or_none()
            if row is None:
                raise LeaseLost(f"Work '{claim.id}' ({claim.kind}) passed to another worker.")
            yield connection

    def give_back(self, connection: sa.Connection, claim: Claim, *, delay_seconds: float) -> None:
        """End a step whose work goes on later; use inside ``fenced``."""
        connection.execute(
            self._held(sa.update(work), claim).values(
                state="waiting",
                owner=None,
                lease_until=None,
                not_before=database_now() + delay_seconds,
            )
        )

    def go_on(self, connection: sa.Connection, claim: Claim, *, delay_seconds: float) -> None:
        """End a step that did what it should: failures before it count no more.

        Use inside ``fenced``, for work of many steps; otherwise three errors in six hours of
        polling would end it.
        """
        self.give_back(connection, claim, delay_seconds=delay_seconds)
        connection.execute(sa.update(work).where(work.c.id == claim.id).values(errors=0, losses=0))

    def finish(self, connection: sa.Connection, claim: Claim) -> None:
        """End the work; use inside ``fenced``, with the result in the same transaction."""
        connection.execute(
            self._held(sa.update(work), claim).values(
                state="done", owner=None, lease_until=None, finished_at=database_now()
            )
        )

    def record_error(
        self, connection: sa.Connection, claim: Claim, message: str, *, delay_seconds: float
    ) -> bool:
        """Count a failed attempt; use inside ``fenced``. True when it was the last one allowed.

        The caller then finishes the work as failed; otherwise it waits for the next attempt.
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
        """Whether cancellation was asked for; use inside ``fenced``."""
        statement = sa.select(work.c.cancel_requested).where(work.c.id == claim.id)
        return bool(connection.execute(statement).scalar_one())

    def watch(self, claims: Sequence[Claim]) -> dict[str, str]:
        """What became of these claims, by work id: ``held``, ``cancelled`` or ``lost``."""
        if not claims:
            return {}
        statement = sa.select(work.c.id, work.c.state, work.c.owner, work.c.cancel_requested)
        with self.database.read() as connection:
            rows = connection.execute(
                statement.where(work.c.id.in_([claim.id for claim in claims]))
            ).all()
        found = {row.id: row for row in rows}
        return {claim.id: _fate(claim, found.get(claim.id)) for claim in claims}

    def has_open(self, kinds: Sequence[str]) -> bool:
        """Whether work of these kinds is left, due or not, held or not."""
        statement = sa.select(work.c.id).where(work.c.state != "done", work.c.kind.in_(kinds))
        with self.database.read() as connection:
            return connection.execute(statement.limit(1)).first() is not None

    def sweep(self) -> int:
        """Make work whose holder fell silent claimable again, and give the number of rows.

        Work that lost its holder ``MAX_LOSSES`` times stays claimable: the next holder sees
        ``losses`` in its claim and ends it as failed.
        """
        silent = sa.and_(work.c.state == "held", work.c.lease_until < database_now())
        with self.database.read() as connection:
            if connection.execute(sa.select(work.c.id).where(silent).limit(1)).first() is None:
                return 0
        with self.database.write() as connection:
            result = connection.execute(
                sa.update(work)
                .where(silent)
                # The owner stays: until somebody else claims, it may take its work up again.
                .values(state="waiting", lease_until=None, losses=work.c.losses + 1)
            )
        return result.rowcount

    @staticmethod
    def request_cancel(connection: sa.Connection, kind: str, subject: str) -> str | None:
        """Ask for cancellation inside the caller's transaction.

        Gives the state of the work before: ``waiting`` (it was ended here), ``held`` (its holder
        learns it at the next beat), or None when there is no open work.
        """
        open_work = sa.and_(work.c.kind == kind, work.c.subject == subject, work.c.state != "done")
        state: str | None = connection.execute(
            sa.select(work.c.state).where(open_work).with_for_update()
        ).scalar_one_or_none()
        if state == "waiting":
            connection.execute(
                sa.update(work)
                .where(open_work)
                .values(state="done", cancel_requested=True, finished_at=database_now())
            )
        elif state == "held":
            connection.execute(sa.update(work).where(open_work).values(cancel_requested=True))
        return state

    @staticmethod
    def withdraw(connection: sa.Connection, kind: str, subject: str) -> None:
        """End open work whose subject is no more, inside the caller's transaction.

        A holder can write nothing afterwards, and the same subject may be put in again at once.
        """
        connection.execute(
            sa.update(work)
            .where(work.c.kind == kind, work.c.subject == subject, work.c.state != "done")
            .values(
                state="done",
                owner=None,
                lease_until=None,
                cancel_requested=True,
                finished_at=database_now(),
            )
        )

    @staticmethod
    def _due(kinds: Sequence[str]) -> sa.Select[tuple[str]]:
        return (
            sa.select(work.c.id)
            .where(work.c.state == "waiting", work.c.not_before <= database_now())
            .where(work.c.kind.in_(kinds))
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
