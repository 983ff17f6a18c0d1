"""Jobs that are deleted, stopped, fail, or raise an error for the worker."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from forecast_service.errors import BackendUnavailable, InvalidData
from forecast_service.local import catalog
from forecast_service.local.jobs import lifecycle
from forecast_service.local.jobs.job import Finish, Job
from forecast_service.storage.queue import Claim, new_id
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.work import cancel_work

from ..support import World, open_work, perform, sales


def test_a_job_that_was_deleted_before_it_began_ends_quietly(world: World, target: str) -> None:
    arn = world.import_job(target, world.put(sales()))
    with world.database.write() as connection:
        catalog.delete(connection, arn)

    perform(world, world.claim())

    assert open_work(world) == 0


def _interrupted_at_its_end(
    world: World, monkeypatch: pytest.MonkeyPatch, interrupt: Callable[[str], None]
) -> None:
    """Do an import, and interrupt it just before its last transaction."""
    real = lifecycle.WORK["dataset-import-job"]

    def interrupted(job: Job) -> Finish:
        finish = real(job)
        interrupt(job.resource.arn)
        return finish

    monkeypatch.setitem(lifecycle.WORK, "dataset-import-job", interrupted)
    perform(world, world.claim())


def test_a_job_that_is_deleted_while_it_runs_leaves_no_data(
    world: World, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def delete(arn: str) -> None:
        with world.database.write() as connection:
            catalog.delete(connection, arn)

    world.import_job(target, world.put(sales()))
    _interrupted_at_its_end(world, monkeypatch, delete)

    assert SnapshotStore(world.database, world.settings.home).version(target) == 0
    assert open_work(world) == 0


def test_a_job_that_is_being_stopped_ends_as_stopped(
    world: World, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(arn: str) -> None:
        with world.database.write() as connection:
            catalog.update(connection, arn, status="CREATE_STOPPING")

    arn = world.import_job(target, world.put(sales()))
    _interrupted_at_its_end(world, monkeypatch, stop)

    assert world.get(arn).status == "CREATE_STOPPED"
    assert SnapshotStore(world.database, world.settings.home).version(target) == 0
    assert open_work(world) == 0


def test_unusable_data_fail_the_job_with_a_message(world: World, target: str) -> None:
    world.put(sales())
    arn = world.import_job(target, "s3://sales/nothing")

    job = world.perform(arn)

    assert job.status == "CREATE_FAILED"
    assert job.message is not None
    assert job.message.startswith("No objects found in s3 path s3://sales/nothing,")
    assert open_work(world) == 0


@pytest.mark.parametrize("error", [BackendUnavailable("away"), ZeroDivisionError("bug")])
def test_other_errors_reach_the_worker(
    world: World, target: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(job: Job) -> Finish:
        raise error

    arn = world.import_job(target, world.put(sales()))
    monkeypatch.setitem(lifecycle.WORK, "dataset-import-job", broken)

    with pytest.raises(type(error)):
        perform(world, world.claim())

    assert world.get(arn).status == "CREATE_IN_PROGRESS"
    assert open_work(world) == 1


def test_the_worker_can_fail_and_stop_a_job(world: World, target: str) -> None:
    first = world.import_job(target, world.put(sales()))
    second = world.import_job(target, world.put(sales()))

    with world.database.write() as connection:
        lifecycle.fail(connection, first, "It raised three times: ZeroDivisionError.")
        lifecycle.stop(connection, second)

    assert (world.get(first).status, world.get(first).message) == (
        "CREATE_FAILED",
        "It raised three times: ZeroDivisionError.",
    )
    assert world.get(second).status == "CREATE_STOPPED"


def test_a_job_that_needs_a_deleted_resource_fails(world: World, target: str) -> None:
    arn = world.import_job(target, world.put(sales()))
    claim = Claim(new_id(), lifecycle.KIND, arn, new_id(), 0, 0, False)
    job = Job(world.database, world.settings, world.queue, claim, world.get(arn))

    with pytest.raises(InvalidData, match=r"^'gone' was deleted before this job began"):
        job.get("gone")


def test_a_job_in_the_worker_s_own_process_stops_at_its_next_note(
    world: World, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = world.import_job(target, world.put(sales()))
    went_on = []

    def work_on(job: Job) -> Finish:
        with world.database.write() as connection:
            cancel_work(connection, lifecycle.KIND, arn)
            catalog.update(connection, arn, status="CREATE_STOPPING")
        job.progress(0.5, "computing")
        went_on.append(True)
        return lambda connection: {}

    monkeypatch.setitem(lifecycle.WORK, "dataset-import-job", work_on)
    job = world.perform(arn)

    assert (job.status, went_on, open_work(world)) == ("CREATE_STOPPED", [], 0)
