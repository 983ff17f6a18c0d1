"""Requests for a training: which run they get, and never two runs at a time."""

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
    naive,
    work,
)

from forecast_service.errors import InvalidRequest, NoForecast, UnknownStore
from forecast_service.runs import TrainingRuns
from forecast_service.session import ForecastSession
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.queue import Queue
from forecast_service.storage.tables import stores

from .looking import predictors, step

PROCESSES = 3


def test_without_data_there_is_nothing_to_train(
    session: ForecastSession, settings: Settings, database: Database
) -> None:
    with pytest.raises(NoForecast, match="No sales were imported yet"):
        TrainingRuns(database, settings, session).request(1)


def test_an_unknown_store_is_refused_and_existing_ones_named(runs: TrainingRuns) -> None:
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


def test_within_tolerance_nothing_is_started(trained: TrainingRuns) -> None:
    decision = trained.request(1)

    assert (decision.started, decision.joined, decision.run) == (False, False, None)
    assert decision.rule == "within_tolerance"
    assert decision.newer_days_of_sales == 0


def test_a_request_from_before_the_predictor_counts_as_age_zero(trained: TrainingRuns) -> None:
    decision = trained.request(1, datetime(2015, 8, 1, 9, tzinfo=UTC))

    assert (decision.age_days, decision.rule) == (0.0, "within_tolerance")


def test_an_old_predictor_is_replaced(trained: TrainingRuns, database: Database) -> None:
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


def test_a_store_without_predictor_is_a_reason_to_train(
    trained: TrainingRuns, new_sales: Callable[[range, range], None], settings: Settings
) -> None:
    new_sales(range(9, 10), range(60, 120))
    work(settings)

    assert trained.request(9).rule == "unknown_store"
    assert trained.list()[0].joined == 0


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


def test_the_clock_of_the_database_decides_which_stores_a_predictor_includes(
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
