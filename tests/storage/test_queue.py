"""The queue: work has one holder at a time, and only the holder can write."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from forecast_service.errors import LeaseLost
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.queue import MAX_ERRORS, Claim, Queue, new_id
from forecast_service.storage.tables import work
from forecast_service.storage.work import add_work, cancel_work

KINDS = ["run"]


def put(database: Database, subject: str = "a", **options: float) -> str:
    with database.write() as connection:
        return add_work(connection, "run", subject, **options)


def claim(queue: Queue) -> Claim:
    claimed = queue.claim(new_id(), KINDS)
    assert claimed is not None
    return claimed


def column(database: Database, name: str) -> object:
    with database.read() as connection:
        return connection.execute(sa.select(work.c[name])).scalar_one()


def let_lease_expire(database: Database) -> None:
    with database.write() as connection:
        connection.execute(sa.update(work).values(lease_until=0.0))


def test_nothing_is_claimed_from_an_empty_queue(queue: Queue) -> None:
    assert queue.claim(new_id(), KINDS) is None


def test_work_has_one_holder(queue: Queue, database: Database) -> None:
    put(database)
    claim(queue)

    assert queue.claim(new_id(), KINDS) is None


def test_other_kinds_are_left_alone(queue: Queue, database: Database) -> None:
    put(database)

    assert queue.claim(new_id(), ["import"]) is None


def test_work_is_not_due_before_its_time(queue: Queue, database: Database) -> None:
    put(database, delay_seconds=60)

    assert queue.claim(new_id(), KINDS) is None


def test_the_work_that_is_due_longest_comes_first(queue: Queue, database: Database) -> None:
    put(database, "late", delay_seconds=-1)
    put(database, "early", delay_seconds=-2)

    assert [claim(queue).subject, claim(queue).subject] == ["early", "late"]


def test_a_subject_has_one_open_row(database: Database) -> None:
    put(database)

    with pytest.raises(sa.exc.IntegrityError):
        put(database)


def test_a_subject_can_come_again_after_the_end(queue: Queue, database: Database) -> None:
    put(database)
    claimed = claim(queue)
    with queue.fenced(claimed) as connection:
        queue.finish(connection, claimed)

    put(database)

    assert claim(queue).subject == "a"


def test_many_claimants_get_each_row_once(queue: Queue, database: Database) -> None:
    for number in range(20):
        put(database, str(number))
    taken: list[str] = []

    def take() -> None:
        while claimed := queue.claim(new_id(), KINDS):
            taken.append(claimed.subject)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == sorted(str(number) for number in range(20))


def test_a_step_gives_its_row_back_for_later(queue: Queue, database: Database) -> None:
    put(database)
    claimed = claim(queue)
    with queue.fenced(claimed) as connection:
        queue.give_back(connection, claimed, delay_seconds=0)

    assert claim(queue).id == claimed.id


def test_after_giving_back_nothing_can_be_written(queue: Queue, database: Database) -> None:
    put(database)
    claimed = claim(queue)
    with queue.fenced(claimed) as connection:
        queue.give_back(connection, claimed, delay_seconds=60)

    with pytest.raises(LeaseLost), queue.fenced(claimed):
        pass


def test_a_fence_that_fails_writes_nothing(queue: Queue, database: Database) -> None:
    put(database)
    claimed = claim(queue)

    def fail_at_the_end() -> None:
        with queue.fenced(claimed) as connection:
            queue.finish(connection, claimed)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_at_the_end()

    assert column(database, "state") == "held"


def test_work_of_a_silent_holder_is_taken_over(queue: Queue, database: Database) -> None:
    put(database)
    first = claim(queue)
    let_lease_expire(database)

    assert queue.sweep() == 1
    second = claim(queue)

    assert (second.id, second.losses) == (first.id, 1)


def test_a_holder_without_lease_can_change_nothing(queue: Queue, database: Database) -> None:
    put(database)
    first = claim(queue)
    let_lease_expire(database)
    queue.sweep()
    second = claim(queue)

    with pytest.raises(LeaseLost), queue.fenced(first) as connection:
        queue.finish(connection, first)
    with pytest.raises(LeaseLost):
        queue.beat(first)

    assert column(database, "owner") == second.owner


def test_a_holder_that_slept_goes_on_when_nobody_took_its_work(
    queue: Queue, database: Database
) -> None:
    put(database)
    claimed = claim(queue)
    let_lease_expire(database)
    queue.sweep()

    queue.beat(claimed)

    assert queue.claim(new_id(), KINDS) is None


def test_a_live_lease_is_not_swept(queue: Queue, database: Database) -> None:
    put(database)
    claim(queue)

    assert queue.sweep() == 0


def test_errors_count_up_to_the_last_attempt(queue: Queue, database: Database) -> None:
    put(database)
    ends = []
    for _ in range(MAX_ERRORS):
        claimed = claim(queue)
        with queue.fenced(claimed) as connection:
            ends.append(queue.record_error(connection, claimed, "no", delay_seconds=0))

    assert ends == [False] * (MAX_ERRORS - 1) + [True]


def test_losses_do_not_count_as_errors(queue: Queue, database: Database) -> None:
    put(database)
    claim(queue)
    let_lease_expire(database)
    queue.sweep()

    assert claim(queue).errors == 0


def test_waiting_work_is_cancelled_at_once(queue: Queue, database: Database) -> None:
    put(database)
    with database.write() as connection:
        assert cancel_work(connection, "run", "a") == "waiting"

    assert queue.claim(new_id(), KINDS) is None


def test_a_holder_learns_of_the_cancellation(queue: Queue, database: Database) -> None:
    put(database)
    claimed = claim(queue)
    with database.write() as connection:
        assert cancel_work(connection, "run", "a") == "held"

    assert queue.beat(claimed) is True
    assert queue.watch([claimed]) == {claimed.id: "cancelled"}


def test_the_next_holder_learns_of_a_cancellation_too(queue: Queue, database: Database) -> None:
    put(database)
    claim(queue)
    with database.write() as connection:
        cancel_work(connection, "run", "a")
    let_lease_expire(database)
    queue.sweep()

    assert claim(queue).cancel_requested is True


def test_cancelling_absent_work_returns_none(queue: Queue, database: Database) -> None:
    with database.write() as connection:
        assert cancel_work(connection, "run", "a") is None


def test_watching_separates_held_from_lost(queue: Queue, database: Database) -> None:
    put(database, "a")
    put(database, "b")
    kept, given = claim(queue), claim(queue)
    with queue.fenced(given) as connection:
        queue.give_back(connection, given, delay_seconds=0)

    assert queue.watch([kept, given]) == {kept.id: "held", given.id: "lost"}


def test_open_work_is_seen_whether_due_or_not(queue: Queue, database: Database) -> None:
    put(database, delay_seconds=60)

    assert queue.has_open(KINDS)
    assert not queue.has_open(["import"])


def test_a_clock_set_back_stops_no_work(queue: Queue, database: Database) -> None:
    hour = 3600.0
    put(database, "waiting", delay_seconds=5)
    put(database, "held", delay_seconds=-hour)
    held = claim(queue)
    times = ("not_before", "lease_until", "set_at", "requested_at")
    with database.write() as connection:  # the clock was an hour ahead when these were written
        ahead = {name: work.c[name] + hour for name in times}
        connection.execute(sa.update(work).values(ahead))

    assert queue.follow_clock() == 2
    assert queue.follow_clock() == 0
    with database.read() as connection:
        now = connection.execute(sa.select(database_now())).scalar_one()
        rows = {row.subject: row for row in connection.execute(sa.select(work))}
    assert now < rows["waiting"].not_before <= now + 5
    assert now < rows["held"].lease_until <= now + queue.lease_seconds
    assert queue.beat(held) is False


def test_a_loss_is_counted_apart_from_errors(queue: Queue, database: Database) -> None:
    put(database)
    lost = claim(queue)
    with queue.fenced(lost) as connection:
        queue.record_loss(connection, lost, "It was killed.", delay_seconds=0)

    again = claim(queue)
    assert (again.losses, again.errors) == (1, 0)
    assert column(database, "last_error") == "It was killed."
