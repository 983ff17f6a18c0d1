"""A forecast whose days have passed says so, also if nobody imported anything."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from forecast_service.common.instants import today
from forecast_service.reading.staleness import staleness
from forecast_service.storage.database import Database
from forecast_service.storage.forecast_store import forecast_row
from forecast_service.storage.groups import read_group
from tests.resources.rows import FORECAST, GROUP, import_group, insert_store, serve_forecast

DAYS = ("2015-06-14", "2015-07-31")


@pytest.fixture
def served(database: Database) -> Database:
    with database.write() as connection:
        import_group(connection)
        insert_store(connection, "1")
        serve_forecast(connection, [["1"]])
    return database


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2015-06-13", None),
        ("2015-06-14", None),
        ("2015-06-15", "some of its days have passed: it begins on 2015-06-14; import newer sales"),
        ("2015-07-31", "some of its days have passed: it begins on 2015-06-14; import newer sales"),
        (
            "2015-08-01",
            "all of its days have passed: it goes from 2015-06-14 to 2015-07-31; import newer "
            "sales",
        ),
    ],
)
def test_days_that_have_passed_are_named(served: Database, day: str, expected: str | None) -> None:
    with served.read() as connection:
        group = read_group(connection, GROUP)
        row = forecast_row(connection, FORECAST)
        assert group is not None
        assert row is not None

        assert staleness(connection, group, row, DAYS, date.fromisoformat(day)) == expected


@pytest.mark.parametrize(
    ("timezone", "expected"),
    [("UTC", "2026-11-30"), ("Asia/Tokyo", "2026-12-01"), ("America/Los_Angeles", "2026-11-30")],
)
def test_today_is_the_day_at_the_stores(timezone: str, expected: str) -> None:
    now = datetime(2026, 11, 30, 18, 0, tzinfo=UTC)

    assert today(timezone, now).isoformat() == expected
