"""Training runs: asked for, joined, done, cancelled, and never two at a time."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from support import (
    age_predictors,
    ask,
    group_row,
    import_sales,
    import_small_chain,
    naive,
    work,
)

from forecast_service import forecast_store
from forecast_service.database import Database
from forecast_service.errors import Conflict, InvalidRequest, NoForecast, NotFound, UnknownStore
from forecast_service.keys import series_key
from forecast_service.queue import Queue, new_id
from forecast_service.runs import KIND, TrainingRuns
from forecast_service.session import ForecastSession, open_session
from forecast_service.settings import Settings
from forecast_service.tables import forecasts, resources, series, stores, training_runs
from forecast_service.tables import work as work_table

PROCESSES = 3


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return naive(settings)


@pytest.fixture
def session(settings: Settings, database: Database) -> ForecastSession:
    return open_session(settings, database)


@pytest.fixture
def runs(session: ForecastSession, settings: Settings, database: Database) -> TrainingRuns:
    """Runs of a chain of three stores that nothing was trained on yet."""
    import_small_chain(session, settings, database)
    return TrainingRuns(database, settings, session)


@pytest.fixture
def trained(runs: TrainingRuns, settings: Settings) -> TrainingRuns:
    """Runs of a chain whose first forecast is served."""
    runs.request(None)
    work(settings)
    return runs


@pytest.fixture
def new_sales(
    session: ForecastSession, settings: Settings, database: Database
) -> Callable[[range, range], None]:
    """Imports more days of some stores."""

    def arrive(store_numbers: range, days: range) -> None:
        import_sales(session, settings, database, stores=store_numbers, days=days)

    return arrive


def step(runs: TrainingRuns, queue: Queue) -> None:
    """The next step of the run that is due first."""
    claim = queue.claim(new_id(), [KIND])
    assert claim is not None
    runs.step(queue, claim)


def predictors(database: Database) -> int:
    with database.read() as connection:
        statement = sa.select(sa.func.count()).where(resources.c.type == "predictor")
        return connection.execute(statement).scalar_one()


def test_without_data_there_is_nothing_to_train(
    session: ForecastSession, settings: Settings, database: Database
) -> None:
    with pytest.raises(NoForecast, match="No sales were imported yet"):
        TrainingRuns(database, settings, session).request(1)


def test_an_unknown_store_is_refused_with_those_that_exist(runs: TrainingRuns) -> None:
    with pytest.raises(UnknownStore, match="Store '7' is unknown: there are 3 stores, 1, 2, 3"):
        runs.request(7)


def test_a_request_far_ahead_is_refused(runs: TrainingRuns) -> None:
    with pytest.raises(InvalidRequest, match="at most one day ahead"):
        runs.request(1, datetime.now(UTC) + timedelta(days=2))


def test_the_first_request_starts_a_run(runs: TrainingRuns) -> None:
    decision = runs.request(1)

    assert (decision.started, decision.joined, decision.rule) == (True, False, "no_predictor")


def test_the_second_request_joins_the_run(runs: TrainingRuns) -> None:
    first = runs.request(1)
    second = runs.request(2)

    assert second.joined
    assert second.run is not None
    assert first.run is not None
    assert (second.run.id, second.run.joined) == (first.run.id, 1)


def test_a_run_ends_as_serving(runs: TrainingRuns, settings: Settings, database: Database) -> None:
    run = runs.request(1).run
    work(settings)

    assert run is not None
    done = runs.get(run.id)
    group = group_row(database)
    assert (done.state, done.progress) == ("serving", 1.0)
    assert (group["current_forecast_arn"], group["version"]) == (done.forecast_arn, 1)


def test_what_is_served_says_where_it_comes_from(trained: TrainingRuns, database: Database) -> None:
    with database.read() as connection:
        row = connection.execute(sa.select(forecasts)).mappings().one()

    assert (row["source"], row["algorithm"], row["data_until"], row["data_version"]) == (
        "local",
        "seasonal_naive",
        "2024-04-29",
        1,
    )


def test_sundays_are_forecast_as_closed(trained: TrainingRuns, database: Database) -> None:
    arn = group_row(database)["current_forecast_arn"]
    with database.read() as connection:
        stored = forecast_store.read(connection, arn, series_key(["2"]))

    assert stored is not None
    sunday = forecast_store.period_starts(stored).index("2024-05-05T00:00:00")
    assert stored.values[:, sunday].tolist() == [0.0, 0.0, 0.0]


def test_within_tolerance_nothing_is_started(trained: TrainingRuns) -> None:
    decision = trained.request(1)

    assert (decision.started, decision.joined, decision.run) == (False, False, None)
    assert decision.rule == "within_tolerance"
    assert decision.newer_days_of_sales == 0


def test_a_request_from_before_the_predictor_counts_as_age_zero(trained: TrainingRuns) -> None:
    decision = trained.request(1, datetime(2015, 8, 1, 9, tzinfo=UTC))

    assert (decision.age_days, decision.rule) == (0.0, "within_tolerance")


def test_an_old_predictor_is_trained_anew(trained: TrainingRuns, database: Database) -> None:
    age_predictors(database, days=2)
    decision = trained.request(1)

    assert (decision.started, decision.rule) == (True, "age")
    assert decision.age_days is not None
    assert decision.age_days >= 2


def test_fractions_of_a_day_are_allowed_as_tolerance(
    trained: TrainingRuns, session: ForecastSession, settings: Settings, database: Database
) -> None:
    age_predictors(database, days=0.3)
    strict = naive(settings, tolerance_days=0.25)

    assert trained.request(1).rule == "within_tolerance"
    assert TrainingRuns(database, strict, session).request(1).rule == "age"


def test_force_trains_whatever_the_age(
    trained: TrainingRuns, settings: Settings, database: Database
) -> None:
    decision = trained.request(1, force=True)
    work(settings)

    assert (decision.started, decision.rule) == (True, "forced")
    assert predictors(database) == 2


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


def test_a_request_joins_the_forecast_that_new_sales_started(
    trained: TrainingRuns, new_sales: Callable[[range, range], None]
) -> None:
    new_sales(range(1, 4), range(120, 122))
    decision = trained.request(1)

    assert (decision.joined, decision.rule) == (True, "forecast_outdated")
    assert decision.newer_days_of_sales == 2


def test_new_sales_can_be_made_a_reason_to_train(
    trained: TrainingRuns,
    new_sales: Callable[[range, range], None],
    session: ForecastSession,
    settings: Settings,
    database: Database,
) -> None:
    eager = naive(settings, retrain_rules=("age", "new_sales"))
    new_sales(range(1, 4), range(120, 122))
    decision = TrainingRuns(database, eager, session).request(1)
    work(settings)

    assert decision.rule == "new_sales"
    assert predictors(database) == 2


def test_a_store_that_the_predictor_does_not_know_is_a_reason_to_train(
    trained: TrainingRuns, new_sales: Callable[[range, range], None], settings: Settings
) -> None:
    new_sales(range(9, 10), range(60, 120))
    work(settings)

    assert trained.request(9).rule == "unknown_store"
    assert trained.list()[0].joined == 0


def test_a_store_that_is_new_is_forecast_without_training(
    trained: TrainingRuns,
    new_sales: Callable[[range, range], None],
    settings: Settings,
    database: Database,
) -> None:
    new_sales(range(9, 10), range(60, 120))
    work(settings)

    arn = group_row(database)["current_forecast_arn"]
    with database.read() as connection:
        assert series_key(["9"]) in forecast_store.keys(connection, arn)


def test_a_request_for_newer_data_waits_behind_the_running_one(
    runs: TrainingRuns,
    new_sales: Callable[[range, range], None],
    queue: Queue,
) -> None:
    first = runs.request(1).run
    step(runs, queue)
    new_sales(range(1, 4), range(120, 121))
    second = runs.request(1)
    third = runs.request(2)

    assert first is not None
    assert second.run is not None
    assert third.run is not None
    assert runs.get(first.id).state == "training"
    assert second.run.id == third.run.id != first.id
    assert second.run.state == "waiting"


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


def test_a_forced_request_makes_the_waiting_run_train(
    trained: TrainingRuns,
    new_sales: Callable[[range, range], None],
    settings: Settings,
    database: Database,
) -> None:
    new_sales(range(1, 4), range(120, 121))
    decision = trained.request(1, force=True)
    work(settings)

    assert decision.joined
    assert decision.run is not None
    assert (decision.run.trains, decision.run.forced) == (True, True)
    assert predictors(database) == 2


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


def test_a_waiting_run_is_cancelled_at_once(runs: TrainingRuns, queue: Queue) -> None:
    run = runs.request(1).run

    assert run is not None
    assert runs.cancel(run.id).state == "cancelled"
    assert not queue.has_open([KIND])


def test_cancelling_stops_what_is_computed(
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
        """A client whose caller is cancelled while the request is under way."""

        def __getattr__(self, name: str) -> object:
            return getattr(runs.session.forecast, name)

        def create_predictor(self, **request: object) -> object:
            runs.cancel(run.id)
            return step_and_cancel(**request)

    interrupted = ForecastSession(
        forecast=Interrupted(),
        forecastquery=runs.session.forecastquery,
        details=runs.session.details,
        bucket=runs.session.bucket,
        source="local",
    )
    with pytest.raises(Conflict):
        TrainingRuns(runs.database, runs.settings, interrupted).step(queue, claim)

    assert runs.get(run.id).state == "cancelled"
    statuses = [p["Status"] for p in runs.session.forecast.list_predictors()["Predictors"]]
    assert statuses == ["CREATE_STOPPED"]


def test_what_has_ended_cannot_be_cancelled(trained: TrainingRuns) -> None:
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


def test_a_rollback_serves_the_earlier_forecast(
    trained: TrainingRuns, settings: Settings, database: Database
) -> None:
    earlier = group_row(database)["current_forecast_arn"]
    trained.request(1, force=True)
    work(settings)
    trained.rollback(earlier)

    group = group_row(database)
    assert (group["current_forecast_arn"], group["version"]) == (earlier, 3)


def test_only_what_was_served_can_be_rolled_back_to(trained: TrainingRuns) -> None:
    with pytest.raises(NotFound, match="is not among those that were served"):
        trained.rollback("arn:aws:forecast:eu-west-1:000000000000:forecast/none")


def test_the_clock_of_the_database_decides_what_a_predictor_knows(
    trained: TrainingRuns, database: Database
) -> None:
    with database.write() as connection:
        connection.execute(sa.update(stores).values(imported_at=stores.c.imported_at + 3600))

    assert trained.request(1).rule == "unknown_store"


def test_fifty_requests_at_once_make_one_run(
    trained: TrainingRuns, settings: Settings, database: Database
) -> None:
    age_predictors(database, days=3)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as processes:
        counts = [17, 17, 16]
        answers = [
            answer
            for answered in processes.map(ask, [settings] * PROCESSES, counts)
            for answer in answered
        ]
    work(settings)

    assert len({run for run, _, _ in answers}) == 1
    assert [started for _, started, _ in answers].count(True) == 1
    assert [joined for _, _, joined in answers].count(True) == 49
    assert trained.list()[0].joined == 49
    assert trained.request(1).rule == "within_tolerance"
