"""Cancelled and failed runs: what is stopped, and what runs instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from support import (
    group_of,
    work,
)

from forecast_service.errors import Conflict, NotFound
from forecast_service.runs import KIND, TrainingRuns, steps
from forecast_service.service import Service
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.queue import MAX_ERRORS, MAX_LOSSES, Queue, new_id
from forecast_service.storage.tables import resources
from forecast_service.storage.tables import work as work_table
from forecast_service.worker.endings import note_failure

from .looking import step


def test_a_waiting_run_is_cancelled_at_once(runs: TrainingRuns, queue: Queue) -> None:
    run = runs.request(1).run

    assert run is not None
    assert runs.cancel(run.id).state == "cancelled"
    assert not queue.has_open([KIND])


def test_cancelling_stops_the_computation(
    runs: TrainingRuns, queue: Queue, settings: Settings, database: Database
) -> None:
    run = runs.request(1).run
    step(runs, queue)
    assert run is not None
    runs.cancel(run.id)
    work(settings)

    with database.read() as connection:
        status = connection.execute(
            sa.select(resources.c.status).where(resources.c.type == "predictor")
        ).scalar_one()
    assert (runs.get(run.id).state, status) == ("cancelled", "CREATE_STOPPED")


def test_a_step_in_flight_can_write_nothing_after_the_cancellation(
    runs: TrainingRuns, queue: Queue
) -> None:
    run = runs.request(1).run
    claim = queue.claim(new_id(), [KIND])
    assert run is not None
    assert claim is not None
    step_and_cancel = runs.session.forecast.create_predictor

    class Interrupted:
        """A client that cancels the run during the request."""

        def __getattr__(self, name: str) -> object:
            return getattr(runs.session.forecast, name)

        def create_predictor(self, **request: object) -> object:
            runs.cancel(run.id)
            return step_and_cancel(**request)

    interrupted = replace(runs.session, forecast=Interrupted())
    with pytest.raises(Conflict):
        steps.RunStep(interrupted, runs.settings, queue, claim).go()

    assert runs.get(run.id).state == "cancelled"
    statuses = [p["Status"] for p in runs.session.forecast.list_predictors()["Predictors"]]
    assert statuses == ["CREATE_STOPPED"]


def test_an_ended_run_cannot_be_cancelled(trained: TrainingRuns) -> None:
    run = trained.list()[0]

    with pytest.raises(Conflict, match="cannot be cancelled: it is 'serving' already"):
        trained.cancel(run.id)


def test_after_a_cancelled_run_the_next_one_trains(
    runs: TrainingRuns, queue: Queue, settings: Settings
) -> None:
    first = runs.request(1).run
    step(runs, queue)
    assert first is not None
    runs.cancel(first.id)
    second = runs.request(1)
    work(settings)

    assert second.started
    assert second.run is not None
    assert runs.get(second.run.id).state == "serving"


def test_a_run_that_does_not_exist_is_not_found(runs: TrainingRuns) -> None:
    with pytest.raises(NotFound, match="Training run 'x' does not exist"):
        runs.get("x")


def test_new_sales_are_forecast_although_the_training_is_cancelled(
    trained: TrainingRuns,
    new_sales: Callable[[range, range], None],
    settings: Settings,
    database: Database,
) -> None:
    training = trained.request(1, force=True).run
    new_sales(range(1, 4), range(120, 121))
    assert training is not None
    trained.cancel(training.id)
    work(settings)

    group = group_of(settings, database)
    served = trained.list()[0]
    assert (served.state, served.trains, served.data_version) == ("serving", False, 2)
    assert group.current_forecast_arn == served.forecast_arn


def test_new_sales_are_forecast_although_the_training_fails(
    trained: TrainingRuns,
    new_sales: Callable[[range, range], None],
    settings: Settings,
    database: Database,
    queue: Queue,
) -> None:
    training = trained.request(1, force=True).run
    new_sales(range(1, 4), range(120, 121))
    claim = queue.claim(new_id(), [KIND])
    assert training is not None
    assert claim is not None
    with queue.fenced(claim) as connection:
        steps.fail(connection, training.id, "it failed")
        queue.finish(connection, claim)
    work(settings)

    states = [(run.state, run.trains) for run in trained.list()]
    assert states[:2] == [("serving", False), ("failed", True)]


def test_a_failed_forecast_is_not_repeated(
    trained: TrainingRuns, new_sales: Callable[[range, range], None], queue: Queue
) -> None:
    new_sales(range(1, 4), range(120, 121))
    claim = queue.claim(new_id(), [KIND])
    assert claim is not None
    with queue.fenced(claim) as connection:
        steps.fail(connection, claim.subject, "it failed")
        queue.finish(connection, claim)

    assert not queue.has_open([KIND])


def test_a_broken_run_is_stopped_before_the_next_one_trains(
    runs: TrainingRuns, settings: Settings, database: Database, queue: Queue
) -> None:
    broken = runs.request(1).run
    step(runs, queue)
    service = Service(settings, database)
    for _ in range(MAX_ERRORS):
        with database.write() as connection:
            connection.execute(sa.update(work_table).values(not_before=0.0))
        claim = queue.claim(new_id(), [KIND])
        assert claim is not None
        note_failure(service, claim, "it broke", is_away=False)
    following = runs.request(1).run
    work(settings)

    assert broken is not None
    assert following is not None
    assert [runs.get(run.id).state for run in (broken, following)] == ["failed", "serving"]
    with database.read() as connection:
        statuses = connection.execute(
            sa.select(resources.c.status)
            .where(resources.c.type == "predictor")
            .order_by(resources.c.sequence)
        ).scalars()
        assert list(statuses) == ["CREATE_STOPPED", "ACTIVE"]


def test_a_run_is_stopped_after_too_many_dead_workers(
    runs: TrainingRuns, settings: Settings, database: Database, queue: Queue
) -> None:
    run = runs.request(1).run
    step(runs, queue)
    is_run = work_table.c.kind == KIND
    with database.write() as connection:
        connection.execute(
            sa.update(work_table).where(is_run).values(losses=MAX_LOSSES, not_before=0.0)
        )
    work(settings)

    assert run is not None
    assert runs.get(run.id).state == "failed"
    assert "The worker died 20 times" in str(runs.get(run.id).message)
    with database.read() as connection:
        statement = sa.select(resources.c.status).where(resources.c.type == "predictor")
        assert connection.execute(statement).scalar_one() == "CREATE_STOPPED"


@pytest.mark.parametrize(("between", "state"), [(1, "training"), (0, "failed")])
def test_only_errors_in_a_row_end_a_run(
    runs: TrainingRuns,
    settings: Settings,
    database: Database,
    queue: Queue,
    between: int,
    state: str,
) -> None:
    run = runs.request(1).run
    step(runs, queue)
    service = Service(settings, database)
    for attempt in range(2 * MAX_ERRORS if between else MAX_ERRORS):
        make_due(database)
        claim = queue.claim(new_id(), [KIND])
        assert claim is not None
        note_failure(service, claim, f"odd {attempt}", is_away=False)
        for _ in range(between):  # a successful check of the predictor
            make_due(database)
            step(runs, queue)

    assert run is not None
    assert runs.get(run.id).state == state


def make_due(database: Database) -> None:
    with database.write() as connection:
        connection.execute(sa.update(work_table).values(not_before=0.0))
