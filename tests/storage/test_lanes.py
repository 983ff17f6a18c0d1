"""Lanes: work that is done in its order, the oldest first."""

from __future__ import annotations

import sqlalchemy as sa

from forecast_service.storage.database import Database, database_now
from forecast_service.storage.queue import Claim, Queue, new_id
from forecast_service.storage.tables import work
from forecast_service.storage.work import add_work, move_to_end

KINDS = ["run"]


def claim(queue: Queue) -> Claim:
    claimed = queue.claim(new_id(), KINDS)
    assert claimed is not None
    return claimed


def test_only_the_oldest_work_of_a_lane_can_be_claimed(queue: Queue, database: Database) -> None:
    for subject in ("first", "second", "other"):
        with database.write() as connection:
            add_work(connection, "run", subject, lane=None if subject == "other" else "lane")
    claims = [queue.claim(new_id(), KINDS) for _ in range(3)]

    assert {each.subject for each in claims if each} == {"first", "other"}
    first = next(each for each in claims if each and each.subject == "first")
    with queue.fenced(first) as connection:
        queue.give_back(connection, first, delay_seconds=60)
    assert queue.claim(new_id(), KINDS) is None  # it waits in front of the others
    with database.write() as connection:
        connection.execute(sa.update(work).values(not_before=0.0))
    first = claim(queue)
    with queue.fenced(first) as connection:
        queue.finish(connection, first)
    assert claim(queue).subject == "second"


def test_work_can_let_the_others_of_its_lane_pass(queue: Queue, database: Database) -> None:
    for subject in ("first", "second"):
        with database.write() as connection:
            add_work(connection, "run", subject, lane="lane")
    first = claim(queue)
    with queue.fenced(first) as connection:
        queue.give_back(connection, first, delay_seconds=0)
        move_to_end(connection, first.id)

    assert claim(queue).subject == "second"


def test_a_lane_keeps_its_order_when_the_clock_is_set_back(
    queue: Queue, database: Database
) -> None:
    with database.write() as connection:  # the clock was an hour ahead
        add_work(connection, "run", "b", lane="lane")
        connection.execute(sa.update(work).values(requested_at=database_now() + 3600))
        add_work(connection, "run", "a", lane="lane")
    first = claim(queue)
    assert first.subject == "b"
    with queue.fenced(first) as connection:
        queue.give_back(connection, first, delay_seconds=0)
        move_to_end(connection, first.id)

    assert claim(queue).subject == "a"
