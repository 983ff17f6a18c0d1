"""Accuracy of what was served: against a naive twin, incrementally, after corrections."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest
import sqlalchemy as sa
from support import FIRST_DAY, sold, work

from forecast_service.common.keys import series_key
from forecast_service.monitoring import accuracy
from forecast_service.monitoring.accuracy import FIELDS, LAGS, read_weeks
from forecast_service.monitoring.measures import measure, measure_naive, sums_of
from forecast_service.service import Service
from forecast_service.settings import Settings
from forecast_service.storage import forecast_store
from forecast_service.storage.database import database_now
from forecast_service.storage.tables import accuracy_weeks, dataset_groups, forecasts

from .conftest import Arrive

STORES = ("1", "2", "3")
Correct = Callable[[str, str, int], None]


def served_sums(service: Service) -> np.ndarray:
    """The sums (lags, fields, stores) over all weeks."""
    with service.database.read() as connection:
        weeks = read_weeks(connection, service.settings.dataset_group, 60)
    return sums_of(weeks, STORES)


def signatures(service: Service) -> dict[str, int]:
    statement = sa.select(accuracy_weeks.c.week, accuracy_weeks.c.signature)
    with service.database.read() as connection:
        return {row.week: row.signature for row in connection.execute(statement)}


def twin(service: Service, lag: int, actual: dict[tuple[str, dt.date], float]) -> np.ndarray:
    """Error, bias, sales and days per store, one day at a time and straight from the definition."""
    with service.database.read() as connection:
        rows = connection.execute(sa.select(forecasts)).mappings().all()
        values = {
            (row["forecast_arn"], store): forecast_store.read(
                connection, row["forecast_arn"], series_key([store])
            )
            for row in rows
            for store in STORES
        }
    sums = np.zeros((4, len(STORES)))
    for (store, day), sales in actual.items():
        latest = str(day - dt.timedelta(lag))
        known = [row for row in rows if row["data_until"] <= latest]
        if not known:
            continue
        newest = max(known, key=lambda row: (row["data_until"], row["created_at"]))
        stored = values[newest["forecast_arn"], store]
        assert stored is not None
        ahead = (day - dt.date.fromisoformat(stored.start[:10])).days
        median = stored.values[stored.forecast_types.index("0.5")][ahead]
        if sales or median:
            sums[:, STORES.index(store)] += abs(median - sales), median - sales, sales, 1
    return sums


def sales_of(days: range) -> dict[tuple[str, dt.date], float]:
    return {
        (store, FIRST_DAY + dt.timedelta(days=day)): float(sold(int(store), day))
        for store in STORES
        for day in days
    }


def test_nothing_is_measured_before_new_sales(service: Service) -> None:
    assert not served_sums(service).any()


def test_every_lag_is_as_the_definition_says(
    service: Service, arrive: Arrive, correct: Correct
) -> None:
    arrive(range(1, 4), range(182, 185))
    arrive(range(1, 4), range(185, 196))
    actual = sales_of(range(182, 196))
    special = FIRST_DAY + dt.timedelta(days=190)
    correct("2", str(special), 1000)
    actual["2", special] = 1000.0

    sums = served_sums(service)

    for lag in (1, 7, 14):
        assert sums[LAGS.index(lag), :4] == pytest.approx(twin(service, lag, actual))
    closed = sum(1 for store, day in actual if store == "1" and day.weekday() == 6)
    assert sums[0, FIELDS.index("days"), 0] == 14 - closed  # closed days do not count
    assert sums[0, FIELDS.index("error"), 1] > 500


def test_a_correction_is_measured_again_and_other_weeks_stay(
    service: Service, arrive: Arrive, correct: Correct
) -> None:
    arrive(range(1, 4), range(182, 203))
    before, first = served_sums(service), signatures(service)
    day = FIRST_DAY + dt.timedelta(days=183)  # in the first of three weeks

    correct("1", str(day), 5000)

    after, now = served_sums(service), signatures(service)
    error = FIELDS.index("error")
    assert after[0, error, 0] > before[0, error, 0] + 4000
    assert after[0, error, 1] == before[0, error, 1]
    monday = str(day - dt.timedelta(days=day.weekday()))
    # Weeks that compare the naive forecast with the corrected one change, too.
    assert now[monday] != first[monday]
    assert set(now) == set(first)


def test_sales_that_are_undone_are_no_longer_measured(service: Service, arrive: Arrive) -> None:
    arrive(range(1, 4), range(182, 189))
    assert served_sums(service).any()

    service.imports.undo()
    work(service.settings)

    assert not served_sums(service)[0, FIELDS.index("days")].any()


def test_forecasts_of_other_data_are_not_measured(service: Service, arrive: Arrive) -> None:
    with service.database.write() as connection:
        connection.execute(sa.update(dataset_groups).values(trained_after=database_now()))

    arrive(range(1, 4), range(182, 189))

    assert not served_sums(service).any()


def test_only_the_newest_weeks_are_kept(
    service: Service, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accuracy, "KEPT_WEEKS", 2)

    arrive(range(1, 4), range(182, 203))

    mondays = (FIRST_DAY + dt.timedelta(days=day) for day in (189, 196))
    assert sorted(signatures(service)) == [str(monday) for monday in mondays]


def test_unknown_days_do_not_count(service: Service, arrive: Arrive, settings: Settings) -> None:
    arrive(range(1, 3), range(182, 189))  # store 3 is late

    days = served_sums(service)[0, FIELDS.index("days")]

    assert days.tolist() == [6, 6, 0]


def test_measures_are_shares_of_the_sales() -> None:
    sums = np.array([30.0, -10.0, 200.0, 4.0, 3.0, 4.0, 50.0, 100.0])

    assert measure(sums) == {"wape": 0.15, "bias": -0.05, "coverage": 0.75, "days": 4}
    assert measure_naive(sums) == {"wape": 0.5}
    assert measure(np.zeros(8)) is None
    assert measure(np.array([0.0, 0, 0, 2, 0, 0, 0, 0])) == {
        "wape": None,
        "bias": None,
        "coverage": None,
        "days": 2,
    }
