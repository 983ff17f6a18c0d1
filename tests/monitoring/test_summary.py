"""The summary of a forecast: sums of weeks, against last week and last year."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sqlalchemy as sa
from support import group_of, runs_of, sold, work

from forecast_service.engine.calendar import weekday_of
from forecast_service.monitoring.forecast_values import ForecastValues, StoreFacts
from forecast_service.monitoring.monitor import KIND, is_summarised, schedule
from forecast_service.monitoring.store_sales import StoreSales
from forecast_service.monitoring.summary import Summary, read_summary, summarise, write_summary
from forecast_service.monitoring.week_totals import past_weeks, week_totals
from forecast_service.service import Service
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.tables import forecast_summaries
from forecast_service.storage.tables import work as work_table
from forecast_service.worker import Worker
from forecast_service.worker.kinds import KINDS

from .conftest import Arrive

LEVELS = (0.1, 0.5, 0.9)


def served_summary(service: Service) -> Summary:
    group = group_of(service.settings, service.database)
    assert group.current_forecast_arn is not None
    with service.database.read() as connection:
        summary = read_summary(connection, group.current_forecast_arn)
    assert summary is not None
    return summary


def test_a_week_is_compared_with_the_last_one(service: Service) -> None:
    summary = served_summary(service)

    week = [sum(sold(store, day) for day in range(175, 182)) for store in (1, 2, 3)]
    assert summary.stores == ("1", "2", "3")
    assert summary.last_week.tolist() == week
    assert summary.middle[:, 0] == pytest.approx(week, rel=0.01)  # the naive forecast repeats it
    assert np.isnan(summary.last_year).all()  # half a year of history


def test_the_summary_is_there_before_the_forecast_is_served(
    service: Service, arrive: Arrive, settings: Settings
) -> None:
    before = group_of(settings, service.database).current_forecast_arn
    runs_of(settings, service.database).request(None, force=True)
    others = [kind for kind in KINDS if kind != KIND]

    assert not Worker(settings).run_until_idle(3, kinds=others)  # the run waits for the summary
    assert group_of(settings, service.database).current_forecast_arn == before

    work(settings)
    assert group_of(settings, service.database).current_forecast_arn != before
    assert served_summary(service).stores == ("1", "2", "3")


def test_a_forecast_is_served_without_a_summary_rather_than_late(
    service: Service, settings: Settings
) -> None:
    with service.database.write() as connection:
        assert not is_summarised(connection, "arn:new")  # the work is added now
        assert not is_summarised(connection, "arn:new")
        connection.execute(
            sa.update(work_table)
            .where(work_table.c.subject == "arn:new")
            .values(requested_at=work_table.c.requested_at - 600)
        )
        assert is_summarised(connection, "arn:new")

    work(settings)

    with service.database.write() as connection:
        assert is_summarised(connection, "arn:new")  # the work has ended; it had no values


def test_an_older_home_gets_its_summary_without_a_step_by_hand(
    service: Service, settings: Settings
) -> None:
    with service.database.write() as connection:
        connection.execute(sa.delete(forecast_summaries))

    assert schedule(service.database, settings)
    assert not schedule(service.database, settings)  # it is in the queue already
    assert Worker(settings).run_until_idle(60, kinds=[KIND])

    assert served_summary(service).last_week.sum() > 0
    assert not schedule(service.database, settings)


def sales_of_two_years(until: str, days: int = 800) -> StoreSales:
    """One store that sells 100 on Mondays, 101 on Tuesdays … and 5000 on Good Friday's eve."""
    periods = np.datetime64(until, "D") - np.arange(days)[::-1]
    weekday = weekday_of(periods)
    sales = (100.0 + weekday)[None]
    sales[0, periods == np.datetime64("2025-04-17")] = 5000
    return StoreSales(("1",), "D", periods.astype("datetime64[s]"), sales, sales)


def forecast_of(first: str, horizon: int = 14, stores: tuple[str, ...] = ("1",)) -> ForecastValues:
    periods = (np.datetime64(first, "D") + np.arange(horizon)).astype("datetime64[s]")
    quantiles = np.tile(np.array([90.0, 100.0, 110.0])[None, :, None], (len(stores), 1, horizon))
    return ForecastValues(stores, LEVELS, periods, quantiles, (StoreFacts(),) * len(stores))


def test_last_year_is_aligned_by_weekday_and_by_easter() -> None:
    sales = sales_of_two_years("2026-03-29")

    summary = summarise(forecast_of("2026-03-30"), sales, "DE")

    # The week before Easter has the 5000 of Maundy Thursday last year; the one after has not.
    assert summary.last_year[0, 0] == 7 * 100 + 21 - 103 + 5000
    assert summary.last_year[0, 7] == 7 * 100 + 21


def test_the_coming_week_begins_today_if_the_forecast_has_so_many_days() -> None:
    summary = summarise(forecast_of("2026-03-30"), None, None)

    assert summary.start_on(np.datetime64("2026-04-02")) == 3
    assert summary.week(3) == (np.datetime64("2026-04-02"), np.datetime64("2026-04-08"))
    assert summary.start_on(np.datetime64("2026-04-09")) == 0  # only four days are left
    assert summary.start_on(np.datetime64("2027-01-01")) == 0
    assert summary.start_on(np.datetime64("2026-03-01")) == 0


def test_only_the_newest_summaries_are_kept(database: Database) -> None:
    summary = summarise(forecast_of("2026-03-30"), None, None)

    for number in range(12):
        with database.write() as connection:
            write_summary(connection, f"arn:{number}", summary)

    with database.read() as connection:
        arns = connection.execute(sa.select(forecast_summaries.c.forecast_arn)).scalars().all()
    assert "arn:11" in arns
    assert len(arns) == 8


def test_a_store_without_sales_or_forecast_has_no_numbers() -> None:
    sales = sales_of_two_years("2026-03-29")

    summary = summarise(forecast_of("2026-03-30", stores=("1", "new")), sales, None)

    assert np.isnan(summary.last_week).tolist() == [False, True]
    assert np.isnan(summary.last_year).all(axis=1).tolist() == [False, True]
    assert np.isfinite(summary.middle).all()


def test_a_weekday_that_never_sells_is_no_gap() -> None:
    sales, forecast = sales_of_two_years("2026-06-28"), forecast_of("2026-06-29")
    sold_days, quantiles = sales.sales.copy(), forecast.quantiles.copy()
    sold_days[:, weekday_of(sales.periods) == 6] = np.nan
    quantiles[:, :, weekday_of(forecast.periods) == 6] = 0.0

    summary = summarise(
        replace(forecast, quantiles=quantiles), replace(sales, sales=sold_days), None
    )

    assert summary.last_week.tolist() == [sum(100 + day for day in range(6))]
    assert summary.last_year[0, 0] == sum(100 + day for day in range(6))


def test_packing_keeps_everything() -> None:
    summary = summarise(forecast_of("2026-03-30"), sales_of_two_years("2026-03-29"), None)

    again = Summary.unpack(summary.pack())

    assert (again.stores, again.window, again.facts) == (("1",), 7, (StoreFacts(),))
    assert np.allclose(again.middle, summary.middle)
    assert again.periods.tolist() == summary.periods.tolist()


@pytest.mark.parametrize("together", [0.0, 0.5, 1.0])
def test_the_interval_of_a_week_holds_what_it_says(together: float) -> None:
    """Days that err together in part: four of five weeks are between p10 and p90."""
    random = np.random.default_rng(7)
    weeks = 2000
    common, own = random.normal(size=(weeks, 1)), random.normal(size=(weeks, 7))
    days = 1000 + 100 * (np.sqrt(together) * common + np.sqrt(1 - together) * own)
    past = past_weeks(days[:104].ravel())
    band = 1000 + 100 * np.array([-1.2816, 0.0, 1.2816])

    low, middle, high = week_totals(np.repeat(band[:, None], 7, axis=1), LEVELS, past)[:, 0]

    sums = days[104:].sum(axis=1)
    assert 0.72 < np.mean((sums >= low) & (sums <= high)) < 0.88
    assert middle == pytest.approx(7000, rel=0.01)


def test_a_short_history_gives_the_widest_interval() -> None:
    days = np.repeat(np.array([90.0, 100.0, 110.0])[:, None], 7, axis=1)

    sums = week_totals(days, LEVELS, past_weeks(np.full(30, 100.0)))

    assert sums[:, 0].tolist() == pytest.approx([630, 700, 770])


def test_one_day_keeps_its_quantiles() -> None:
    days = np.array([[90.0, 80.0], [100.0, 100.0], [110.0, 120.0]])

    assert week_totals(days, LEVELS, past_weeks(np.zeros(0)), days=1).tolist() == days.tolist()
