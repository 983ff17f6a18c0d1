"""Fixtures for training runs: a chain without a predictor, and a trained one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support import (
    import_sales,
    import_small_chain,
    naive,
    work,
)

from forecast_service.runs import TrainingRuns
from forecast_service.session import ForecastSession, open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return naive(settings)


@pytest.fixture
def session(settings: Settings, database: Database) -> ForecastSession:
    return open_session(settings, database)


@pytest.fixture
def runs(session: ForecastSession, settings: Settings, database: Database) -> TrainingRuns:
    """Runs of a chain of three stores without a predictor."""
    import_small_chain(session, settings, database)
    return TrainingRuns(database, settings, session)


@pytest.fixture
def trained(runs: TrainingRuns, settings: Settings) -> TrainingRuns:
    """Runs of a chain with a served forecast."""
    runs.request(None)
    work(settings)
    return runs


@pytest.fixture
def new_sales(
    session: ForecastSession, settings: Settings, database: Database
) -> Callable[[range, range], None]:
    """A function that imports more days of some stores."""

    def arrive(store_numbers: range, days: range) -> None:
        import_sales(session, settings, database, stores=store_numbers, days=days)

    return arrive
