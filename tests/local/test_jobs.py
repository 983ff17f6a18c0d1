"""Jobs end to end, as a worker performs them: import, train, forecast."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from forecast_service import forecast_store
from forecast_service.database import Database
from forecast_service.errors import LeaseLost
from forecast_service.local import catalog, jobs
from forecast_service.queue import Queue
from forecast_service.settings import Settings
from forecast_service.tables import work

from .support import RELATED, TARGET, TARGET_FIELDS, World

DAYS = 70
FIRST = dt.date(2015, 1, 1)


@pytest.fixture
def world(database: Database, settings: Settings, queue: Queue) -> World:
    return World(database, settings, queue)


def sales(items: str = "12", days: int = DAYS, first: dt.date = FIRST) -> str:
    """Rows that repeat weekly: item 1 sells 10 to 16, item 2 twenty more, and so on."""
    return "".join(
        f"{item},{first + dt.timedelta(days=day)},{10 * int(item) + day % 7}\n"
        for item in items
        for day in range(days)
    )


def test_import_train_and_forecast_give_every_series_its_coming_days(world: World) -> None:
    target = world.dataset("demand", TARGET, TARGET_FIELDS)
    world.imported(target, world.put(sales()))
    predictor = world.perform(world.predictor())
    assert predictor.status == "ACTIVE", predictor.message
    forecast = world.perform(world.forecast(predictor.arn))

    assert forecast.status == "ACTIVE", forecast.message
    assert forecast.details["series"] == 2
    with world.database.read() as connection:
        stored = forecast_store.read(connection, forecast.arn, '["2"]')
    assert stored is not None
    points = forecast_store.predictions(stored)["p50"]
    assert points[0] == {"Timestamp": "2015-03-12T00:00:00", "Value": 20.0}
    assert len(points) == 7
