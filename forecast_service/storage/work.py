"""Work: rows of the queue, added and ended by those who do not claim them.

Every function works in the transaction of its caller. What a worker does: ``queue``.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from forecast_service.storage.database import database_now
from forecast_service.storage.queue import new_id
from forecast_service.storage.tables import work

__all__ = [
    "add_work",
    "cancel_work",
    "end_work",
    "move_to_end",
    "place_of_work",
    "withdraw_work",
]

PLACE_SECONDS = 0.0001  # between two places of a lane


def add_work(
    connection: sa.Connection,
    kind: str,
    subject: str,
    *,
    delay_seconds: float = 0.0,
    lane: str | None = None,
) -> str:
    """Add work and return its id.

    There is at most one open row per kind and subject: a second one raises IntegrityError.
    The work of a lane is done in its order: only the oldest that is open can be claimed.
    """
    work_id = new_id()
    connection.execute(
        sa.insert(work).values(
            id=work_id,
            kind=kind,
            subject=subject,
            state="waiting",
            not_before=database_now() + delay_seconds,
            set_at=database_now(),
            requested_at=database_now() if lane is None else _last_place(lane),
            lane=lane,
        )
    )
    return work_id


def place_of_work(connection: sa.Connection, work_id: str) -> float:
    """When the work was added (epoch seconds): its place in its lane."""
    statement = sa.select(work.c.requested_at).where(work.c.id == work_id)
    return float(connection.execute(statement).scalar_one())


def move_to_end(connection: sa.Connection, work_id: str) -> float:
    """Make the work the newest of its lane and return its new place."""
    own = work.c.id == work_id
    lane = connection.execute(sa.select(work.c.lane).where(own)).scalar_one()
    connection.execute(sa.update(work).where(own).values(requested_at=_last_place(lane)))
    return place_of_work(connection, work_id)


def cancel_work(connection: sa.Connection, kind: str, subject: str) -> str | None:
    """Request cancellation and return the state before it.

    ``waiting``: the work is ended here. ``held``: the holder sees the request at its next beat.
    None: there is no open work.
    """
    open_work = _is_open(kind, [subject])
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


def withdraw_work(connection: sa.Connection, kind: str, subject: str) -> None:
    """End the open work of a deleted subject.

    A holder can write nothing afterwards. The same subject may be added again at once.
    """
    connection.execute(
        sa.update(work)
        .where(_is_open(kind, [subject]))
        .values(
            state="done",
            owner=None,
            lease_until=None,
            cancel_requested=True,
            finished_at=database_now(),
        )
    )


def end_work(connection: sa.Connection, kind: str, subjects: Sequence[str]) -> None:
    """End open work that nobody holds: other work did it."""
    connection.execute(
        sa.update(work)
        .where(_is_open(kind, subjects))
        .values(state="done", owner=None, lease_until=None, finished_at=database_now())
    )


def _is_open(kind: str, subjects: Sequence[str]) -> sa.ColumnElement[bool]:
    return sa.and_(work.c.kind == kind, work.c.subject.in_(subjects), work.c.state != "done")


def _last_place(lane: str | None) -> sa.ColumnElement[float]:
    """Now, but later than all open work of the lane: even if the clock was set back."""
    other = work.alias("earlier")
    is_open = sa.and_(other.c.lane == lane, other.c.state.in_(("waiting", "held")))
    last = sa.select(sa.func.max(other.c.requested_at) + PLACE_SECONDS).where(is_open)
    place = sa.func.coalesce(last.scalar_subquery(), 0.0)
    return sa.case((place > database_now(), place), else_=database_now())
