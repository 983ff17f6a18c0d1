"""The steps of a training run, from waiting to serving or failed."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from support import (
    group_of,
    work,
)

from forecast_service.common.keys import series_key
from forecast_service.runs import KIND, TrainingRuns
from forecast_service.settings import Settings
from forecast_service.storage import forecast_store
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.queue import Queue
from forecast_service.storage.stored_forecast import period_starts
from forecast_service.storage.tables import forecasts, imports, resources, series, training_runs
from forecast_service.storage.tables import work as work_table

from .looking import predictors, step


def test_a_run_ends_as_serving(runs: TrainingRuns, settings: Settings, database: Database) -> None:
    run = runs.request(1).run
    work(settings)

    assert run is not None
    done = runs.get(run.id)
    group = group_of(settings, database)
    assert (done.state, done.progress) == ("serving", 1.0)
    assert (group.current_forecast_arn, group.version) == (done.forecast_arn, 1)


def test_the_record_of_a_served_forecast_names_its_source(
    trained: TrainingRuns, database: Database
) -> None:
    with database.read() as connection:
        row = connection.execute(sa.select(forecasts)).mappings().one()

    assert (row["source"], row["algorithm"], row["data_until"], row["data_version"]) == (
        "local",
        "seasonal_naive",
        "2024-04-29",
        1,
    )


def test_a_run_begins_when_no_import_is_half_loaded(
    runs: TrainingRuns, queue: Queue, database: Database
) -> None:
    run = runs.request(1).run
    with database.write() as connection:
        connection.execute(sa.update(imports).values(state="loading"))
    step(runs, queue)

    assert run is not None
    assert runs.get(run.id).state == "waiting"
    with database.write() as connection:
        connection.execute(sa.update(imports).values(state="done"))
        connection.execute(sa.update(work_table).values(not_before=0.0))
    step(runs, queue)
    assert runs.get(run.id).state == "training"


def test_a_run_does_not_wait_forever_for_an_import(
    trained: TrainingRuns,
    new_sales: Callable[[range, range], None],
    queue: Queue,
    database: Database,
) -> None:
    new_sales(range(1, 4), range(100, 101))
    run = trained.request(1).run
    assert run is not None
    with database.write() as connection:
        connection.execute(sa.update(imports).values(state="loading"))
        connection.execute(
            sa.update(training_runs)
            .where(training_runs.c.id == run.id)
            .values(state="forecasting", started_at=database_now())
        )
    step(trained, queue)
    assert trained.get(run.id).state == "forecasting"
    with database.write() as connection:
        connection.execute(
            sa.update(training_runs).where(training_runs.c.id == run.id).values(started_at=0.0)
        )
        connection.execute(sa.update(work_table).values(not_before=0.0))
    step(trained, queue)

    ended = trained.get(run.id)
    assert ended.state == "failed"
    assert ended.message is not None
    assert ended.message.startswith("An import was still loading after a day")


def test_sundays_are_forecast_as_closed(
    trained: TrainingRuns, settings: Settings, database: Database
) -> None:
    arn = group_of(settings, database).current_forecast_arn
    with database.read() as connection:
        stored = forecast_store.read(connection, arn, series_key(["2"]))

    assert stored is not None
    sunday = period_starts(stored).index("2024-05-05T00:00:00")
    assert stored.values[:, sunday].tolist() == [0.0, 0.0, 0.0]


def test_new_sales_are_forecast_without_training(
    trained: TrainingRuns,
    new_sales: Callable[[range, range], None],
    settings: Settings,
    database: Database,
) -> None:
    new_sales(range(1, 2), range(120, 121))
    work(settings)

    newest = trained.list()[0]
    assert (newest.state, newest.trains, newest.data_until) == ("serving", False, "2024-04-30")
    assert predictors(database) == 1


def test_a_new_store_is_forecast_without_training(
    trained: TrainingRuns,
    new_sales: Callable[[range, range], None],
    settings: Settings,
    database: Database,
) -> None:
    new_sales(range(9, 10), range(60, 120))
    work(settings)

    arn = group_of(settings, database).current_forecast_arn
    with database.read() as connection:
        assert series_key(["9"]) in forecast_store.keys(connection, arn)


def test_the_follow_up_run_does_not_train_again(
    runs: TrainingRuns,
    new_sales: Callable[[range, range], None],
    queue: Queue,
    settings: Settings,
    database: Database,
) -> None:
    runs.request(1)
    step(runs, queue)
    new_sales(range(1, 4), range(120, 121))
    runs.request(1)
    work(settings)

    assert [run.state for run in runs.list()] == ["serving", "serving"]
    assert predictors(database) == 1
    assert runs.list()[0].data_until == "2024-04-30"


def test_a_waiting_run_is_given_back_while_another_is_running(
    runs: TrainingRuns, new_sales: Callable[[range, range], None], queue: Queue, database: Database
) -> None:
    runs.request(1)
    step(runs, queue)
    new_sales(range(1, 4), range(120, 121))
    second = runs.request(1).run
    with database.write() as connection:
        connection.execute(
            sa.update(work_table)
            .where(work_table.c.kind == KIND)
            .values(not_before=sa.case((work_table.c.subject == second.id, 0.0), else_=9e9))  # type: ignore[union-attr]
        )
    step(runs, queue)

    assert second is not None
    assert runs.get(second.id).state == "waiting"


def test_a_failed_forecast_is_repaired_without_training(
    runs: TrainingRuns, queue: Queue, settings: Settings, database: Database
) -> None:
    runs.request(1)
    work(settings)
    with database.write() as connection:
        connection.execute(sa.delete(forecasts))
        connection.execute(
            sa.update(resources)
            .where(resources.c.type == "forecast")
            .values(status="CREATE_FAILED", message="out of disk")
        )
    decision = runs.request(1)
    work(settings)

    assert decision.rule == "forecast_outdated"
    assert (runs.list()[0].state, predictors(database)) == ("serving", 1)


def test_a_training_that_fails_says_why(
    runs: TrainingRuns, queue: Queue, database: Database
) -> None:
    run = runs.request(1).run
    step(runs, queue)
    with database.write() as connection:
        connection.execute(
            sa.update(resources)
            .where(resources.c.type == "predictor")
            .values(status="CREATE_FAILED", message="the data are too short")
        )
        connection.execute(sa.update(work_table).values(not_before=0.0))
    step(runs, queue)

    assert run is not None
    failed = runs.get(run.id)
    assert failed.state == "failed"
    assert failed.message == ("The predictor of this run could not be made: the data are too short")


def test_a_run_that_takes_more_than_a_day_is_given_up(
    runs: TrainingRuns, queue: Queue, database: Database
) -> None:
    run = runs.request(1).run
    step(runs, queue)
    with database.write() as connection:
        connection.execute(
            sa.update(training_runs).values(started_at=training_runs.c.started_at - 25 * 3600)
        )
        connection.execute(sa.update(work_table).values(not_before=0.0))
    step(runs, queue)

    assert run is not None
    assert runs.get(run.id).message == "The predictor was not ready within a day."
    with database.read() as connection:
        status = connection.execute(
            sa.select(resources.c.status).where(resources.c.type == "predictor")
        ).scalar_one()
    assert status == "CREATE_STOPPED"


def test_a_series_without_a_forecast_holds_nothing_up(
    runs: TrainingRuns, settings: Settings, database: Database
) -> None:
    with database.write() as connection:
        connection.execute(
            sa.insert(series).values(
                dataset_group=settings.dataset_group,
                store="ghost",
                item="",
                last_sale_on="2024-04-29",
            )
        )
    runs.request(1)
    work(settings)

    with database.read() as connection:
        assumptions = connection.execute(sa.select(forecasts.c.assumptions)).scalar_one()
    assert runs.list()[0].state == "serving"
    assert "1 of 4 series are not part of this forecast" in assumptions
