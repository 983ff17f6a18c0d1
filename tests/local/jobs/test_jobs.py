"""Whole jobs as a worker does them: import, training and forecast, also interrupted."""

from __future__ import annotations

import dataclasses

import pytest
import sqlalchemy as sa

from forecast_service.errors import BackendUnavailable, LeaseLost
from forecast_service.local import catalog
from forecast_service.local.jobs import lifecycle
from forecast_service.local.jobs.job import Finish, Job
from forecast_service.storage import forecast_store
from forecast_service.storage.queue import Claim
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.stored_forecast import predictions
from forecast_service.storage.tables import imports, work
from forecast_service.storage.work import add_work

from ..support import World, open_work, perform, sales


def take_over(world: World) -> Claim:
    """Claim held work as another worker, after its lease has run out."""
    with world.database.write() as connection:
        connection.execute(sa.update(work).where(work.c.state == "held").values(lease_until=0.0))
    assert world.queue.sweep() == 1
    return world.claim()


def test_import_training_and_forecast_cover_every_series(world: World, target: str) -> None:
    world.import_rows(target, world.put(sales()))
    predictor = world.perform(world.predictor())
    forecast = world.perform(world.forecast(predictor.arn))

    assert (predictor.status, forecast.status) == ("ACTIVE", "ACTIVE")
    with world.database.read() as connection:
        stored = forecast_store.read(connection, forecast.arn, '["2"]')
    assert stored is not None
    points = predictions(stored)["p50"]
    assert points[0] == {"Timestamp": "2015-03-12T00:00:00", "Value": 20.0}
    assert len(points) == 7
    assert open_work(world) == 0


def test_a_job_whose_lease_was_lost_before_it_began_does_nothing(world: World, target: str) -> None:
    arn = world.import_job(target, world.put(sales()))
    first = world.claim()
    second = take_over(world)

    with pytest.raises(LeaseLost):
        perform(world, first)

    assert world.get(arn).status == "CREATE_PENDING"
    perform(world, second)
    assert world.get(arn).status == "ACTIVE"


@pytest.mark.parametrize("kind", ["dataset-import-job", "predictor", "forecast"])
def test_a_job_that_loses_its_lease_at_the_end_writes_nothing(
    world: World, target: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = _job_of_kind(world, target, kind)
    others: list[Claim] = []
    real = lifecycle.WORK[kind]

    def slow(job: Job) -> Finish:
        finish = real(job)
        if not others:
            others.append(take_over(world))
        return finish

    monkeypatch.setitem(lifecycle.WORK, kind, slow)
    before = _visible(world, arn)
    with pytest.raises(LeaseLost):
        perform(world, world.claim())

    assert _visible(world, arn) == before
    perform(world, others[0])
    assert world.get(arn).status == "ACTIVE"
    assert _visible(world, arn) != before
    assert open_work(world) == 0


def _job_of_kind(world: World, target: str, kind: str) -> str:
    if kind == "dataset-import-job":
        return world.import_job(target, world.put(sales()))
    world.import_rows(target, world.put(sales()))
    predictor = world.predictor()
    if kind == "predictor":
        return predictor
    world.perform(predictor)
    return world.forecast(predictor)


def _visible(world: World, arn: str) -> tuple[object, ...]:
    """The visible result of a job."""
    with world.database.read() as connection:
        stored = forecast_store.keys(connection, arn)
    return (
        SnapshotStore(world.database, world.settings.home).datasets(),
        world.get(arn).details.get("models"),
        stored,
    )


@pytest.mark.parametrize("kind", ["predictor", "forecast"])
def test_a_job_reads_nothing_while_an_import_is_half_loaded(
    world: World, target: str, kind: str
) -> None:
    arn = _job_of_kind(world, target, kind)
    with world.database.write() as connection:
        connection.execute(
            sa.insert(imports).values(
                id="half",
                dataset_group="store_demand_group",
                state="loading",
                mode="FULL",
                files={},
                options={},
                requested_at=0.0,
            )
        )
    claim = world.claim()

    with pytest.raises(BackendUnavailable, match=r"half loaded\. Try again in a moment") as waits:
        perform(world, claim)

    assert waits.value.retryable
    with world.database.write() as connection:
        connection.execute(sa.update(imports).values(state="done"))
    perform(world, claim)
    assert world.get(arn).status == "ACTIVE"


def test_files_of_an_interrupted_import_are_swept(
    world: World, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = lifecycle.WORK["dataset-import-job"]

    def killed(job: Job) -> Finish:
        real(job)
        raise KeyboardInterrupt

    arn = world.import_job(target, world.put(sales()))
    monkeypatch.setitem(lifecycle.WORK, "dataset-import-job", killed)
    with pytest.raises(KeyboardInterrupt):
        perform(world, world.claim())
    monkeypatch.undo()
    perform(world, take_over(world))

    snapshots = SnapshotStore(world.database, world.settings.home)
    assert world.get(arn).status == "ACTIVE"
    assert len(snapshots.sweep(catalog.used_snapshots, grace_seconds=0)) == 1
    assert snapshots.read(target).num_rows == 140


def test_a_second_worker_does_not_repeat_a_finished_job(world: World, target: str) -> None:
    arn = world.import_job(target, world.put(sales()))
    perform(world, world.claim())
    with world.database.write() as connection:
        add_work(connection, lifecycle.KIND, arn)

    perform(world, world.claim())

    assert SnapshotStore(world.database, world.settings.home).version(target) == 1
    assert open_work(world) == 0


def test_progress_is_refused_after_the_lease_is_lost(world: World, target: str) -> None:
    arn = world.import_job(target, world.put(sales()))
    claim = world.claim()
    job = Job(world.database, world.settings, world.queue, claim, world.get(arn))

    job.progress(0.4, "reading the files")
    job.progress(0.5, "too soon to be written")

    assert (world.get(arn).progress, world.get(arn).progress_note) == (0.4, "reading the files")
    take_over(world)
    with pytest.raises(LeaseLost):
        dataclasses.replace(job, noted_at=0.0).progress(0.6, "late")


def test_the_data_of_a_running_training_are_not_swept(
    world: World, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.import_rows(target, world.put(sales()))
    arn = world.predictor()
    train = lifecycle.WORK["predictor"]

    def interrupted(job: Job) -> Finish:
        finish = train(job)
        take = world.import_job(target, world.put(sales(days=71)))
        claim = world.claim()
        assert claim.subject == take
        perform(world, claim)
        job.snapshots.sweep(catalog.used_snapshots, grace_seconds=0)
        return finish

    monkeypatch.setitem(lifecycle.WORK, "predictor", interrupted)
    predictor = world.perform(arn)

    store = SnapshotStore(world.database, world.settings.home)
    assert predictor.details["snapshot"] == {target: 1}
    assert store.read(target, 1).num_rows == 140
