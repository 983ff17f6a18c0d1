"""Kept forecasts: they are listed, and an earlier one is served again."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from support import group_of, work

from forecast_service.errors import NotFound
from forecast_service.runs import KeptForecasts, TrainingRuns
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.tables import forecast_values, forecasts

Refused = pytest.mark.parametrize("name", ["none", "", "store_demand_group_"])


@pytest.fixture
def kept(settings: Settings, database: Database) -> KeptForecasts:
    return KeptForecasts(database, settings)


@pytest.fixture
def earlier(
    trained: TrainingRuns, settings: Settings, database: Database, kept: KeptForecasts
) -> str:
    """Id of the first of two forecasts; the second one is served."""
    arn = group_of(settings, database).current_forecast_arn
    assert arn is not None
    trained.request(1, force=True)
    work(settings)
    return arn.rpartition("/")[2]


def test_there_are_none_before_the_first_training(kept: KeptForecasts) -> None:
    assert kept.list() == []


def test_the_newest_forecast_comes_first_and_is_current(kept: KeptForecasts, earlier: str) -> None:
    newest, oldest = kept.list()

    assert (newest.is_current, oldest.is_current) == (True, False)
    assert oldest.id == earlier
    assert newest.created_at > oldest.created_at
    assert kept.list(limit=1) == [newest]


def test_an_earlier_forecast_is_served_again(
    kept: KeptForecasts,
    earlier: str,
    settings: Settings,
    database: Database,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before, newest = group_of(settings, database), kept.list()[0]
    with caplog.at_level(logging.INFO):
        now, previous = kept.make_current(earlier)

    after = group_of(settings, database)
    assert (now.id, now.is_current, previous) == (earlier, True, newest.id)
    assert after.current_forecast_arn == now.forecast_arn
    assert after.version == before.version + 1
    assert f"forecast '{earlier}' is served again in place of '{newest.id}'" in caplog.text


def test_the_current_forecast_stays_as_it_is(
    kept: KeptForecasts, earlier: str, settings: Settings, database: Database
) -> None:
    before, current = group_of(settings, database), kept.list()[0]

    assert kept.make_current(current.id) == (current, None)
    assert group_of(settings, database) == before


@Refused
def test_an_unknown_forecast_is_refused(kept: KeptForecasts, earlier: str, name: str) -> None:
    with pytest.raises(NotFound, match=f"Forecast '{name}' was never served"):
        kept.make_current(name)


def test_a_forecast_of_another_group_is_neither_listed_nor_served(
    kept: KeptForecasts, earlier: str, settings: Settings, database: Database
) -> None:
    with database.write() as connection:
        others = forecasts.c.forecast_arn.endswith(earlier)
        connection.execute(sa.update(forecasts).where(others).values(dataset_group="another"))

    assert earlier not in [forecast.id for forecast in kept.list()]
    with pytest.raises(NotFound):
        kept.make_current(earlier)


def test_a_forecast_whose_values_are_gone_is_neither_listed_nor_served(
    kept: KeptForecasts, earlier: str, settings: Settings, database: Database
) -> None:
    with database.write() as connection:
        pruned = forecast_values.c.forecast_arn.endswith(earlier)
        connection.execute(sa.delete(forecast_values).where(pruned))

    assert earlier not in [forecast.id for forecast in kept.list()]
    with pytest.raises(NotFound):
        kept.make_current(earlier)


def test_new_sales_are_forecast_after_a_rollback(
    kept: KeptForecasts,
    earlier: str,
    settings: Settings,
    new_sales: Callable[[range, range], None],
) -> None:
    kept.make_current(earlier)
    new_sales(range(1, 4), range(120, 121))
    work(settings)

    assert len(kept.list()) == 3
    assert kept.list()[0].is_current
