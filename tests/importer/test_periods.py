"""Weekly and monthly files: recognised by their dates, counted in their own periods."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from forecast_service.errors import InvalidData
from forecast_service.importer import Imports
from forecast_service.importer.understanding.report import ImportReport

from .rows import csv_text, daily

FRIDAY = dt.date(2010, 2, 5)


def weekly(weeks: int, first: dt.date = FRIDAY, future: int = 0) -> str:
    """Two stores with sales per week, and a holiday in every tenth week."""
    rows = [
        (store, first + dt.timedelta(weeks=week), 1000 + week, week % 10 == 0)
        if week < weeks
        else (store, first + dt.timedelta(weeks=week), None, week % 10 == 0)
        for store in (1, 2)
        for week in range(weeks + future)
    ]
    return csv_text("Store,Date,Weekly_Sales,IsHoliday", rows)


def monthly(months: int, day_of: Callable[[int, int], dt.date]) -> str:
    rows = [(1, day_of(2020 + m // 12, m % 12 + 1), 5000 + m) for m in range(months)]
    return csv_text("store,month_start,sales", rows)


@pytest.fixture
def report(imports: Imports) -> Callable[..., ImportReport]:
    """The report of a first import of these files; nothing is kept."""
    return lambda **files: imports.dry_run(files)


def month_end(year: int, month: int) -> dt.date:
    return dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)


def test_a_weekly_file_is_recognised_and_reported(report, write_file):
    found = report(sales=write_file(weekly(60, future=13)))

    assert found.lines() == [
        "Read sales.csv: 146 rows (sales).",
        "Sales: 120 weekly rows of 2 stores, 2010-02-05 to 2011-03-25.",
        "Weekly data: every row is a week, dated on its Friday, and so is every forecast.",
        "Stores per region: all 2.",
        "Columns read: Store as store, Date as date, Weekly_Sales as sales.",
        "Covariates: IsHoliday (is_holiday).",
        "sales: 123,540 in total, from 1,000 to 1,059, last on 2011-03-25.",
        "is_holiday: 16 in total, from 0 to 1, last on 2011-06-24.",
        "Known future: 13 weeks, 2011-04-01 to 2011-06-24.",
        "Horizon: 13 weeks, because the known future is that long.",
        "Fixed for later imports: one row per week and store; horizon 13 weeks; covariates "
        "is_holiday. A full import with 'replace' can change them.",
    ]


@pytest.mark.parametrize(
    ("weeks", "horizon", "reason"),
    [
        (60, 13, "it is the default, as no file has future weeks"),
        (
            20,
            5,
            "at most a quarter of the 20 weeks of history is allowed; without this limit it would "
            "be 13 (it is the default, as no file has future weeks)",
        ),
    ],
)
def test_the_horizon_is_counted_in_weeks(report, write_file, weeks, horizon, reason):
    found = report(sales=write_file(weekly(weeks)))

    assert (found.horizon, found.horizon_reason) == (horizon, reason)


@pytest.mark.parametrize("day_of", [lambda y, m: dt.date(y, m, 1), month_end], ids=["1st", "end"])
def test_a_month_is_named_by_its_first_day(report, write_file, day_of):
    found = report(sales=write_file(monthly(30, day_of)))

    assert (found.frequency, found.horizon) == ("M", 6)
    assert (found.first_sale_on, found.last_sale_on) == ("2020-01-01", "2022-06-01")
    assert "Monthly data: every row is a month, named by its first day." in found.lines()


def test_the_dataset_group_records_its_periods(import_files, write_file, group):
    import_files(sales=write_file(weekly(30)))

    assert group().frequency == "W-FRI"
    assert group().last_sale_on == "2010-08-27"


def test_weeks_to_the_horizon_are_filled_by_rule(import_files, write_file, imports, one):
    report = import_files(sales=write_file(weekly(40, future=2)))
    added = "Store,Date,Weekly_Sales\n1,2010-11-12,7\n2,2010-11-12,8\n"

    report = import_files("INCREMENTAL", sales=write_file(added))

    assert report.lines()[1] == "Sales: 2 weekly rows of 2 stores, 2010-11-12 to 2010-11-12."
    assert (report.by_rule.first_on, report.by_rule.last_on) == ("2010-11-26", "2010-11-26")
    assert imports.history("1", start="2010-11-12")[0]["sales"] == 7


def test_a_missing_week_is_a_gap(report, write_file):
    lines = weekly(40).splitlines()

    found = report(sales=write_file("\n".join([*lines[:10], *lines[13:]]) + "\n"))

    assert (found.gaps.series, found.gaps.longest_days) == (1, 21)


def test_a_week_on_another_weekday_is_refused_by_its_line(refusal, write_file):
    error = refusal(write_file(weekly(20) + "1,2010-06-26,5,False\n"))

    assert error.errors[0].detail == (
        "2010-06-26 is a Saturday, but the other weeks are dated on Fridays. "
        "Date every week on the same weekday"
    )
    assert "42" in error.errors[0].pointer


def test_weeks_are_refused_where_days_are_expected(shop, refusal, write_file):
    error = refusal(write_file(weekly(60)))

    assert error.detail.startswith(
        "'sales.csv' has one row per week, but the dataset group has one per day."
    )


@pytest.mark.parametrize("step", [14, 28])
def test_other_steps_are_refused(refusal, write_file, step):
    rows = [(1, FRIDAY + dt.timedelta(days=step * index), 5) for index in range(20)]

    error = refusal(write_file(csv_text("store,date,sales", rows)))

    assert error.detail == (
        f"The rows of a store are {step} days apart. Send one row per day, per week (always dated "
        "on the same weekday) or per month."
    )


def every_month(first: dt.date, step: int) -> str:
    starts = [first.month - 1 + step * index for index in range(8)]
    rows = [(1, dt.date(2012 + m // 12, m % 12 + 1, first.day), 5) for m in starts]
    return csv_text("store,date,sales", rows)


@pytest.mark.parametrize(("months", "days"), [(2, "61"), (3, "91"), (6, "181"), (12, "365")])
def test_quarters_and_years_are_refused(refusal, write_file, months, days):
    error = refusal(write_file(every_month(dt.date(2012, 1, 1), months)))

    assert error.detail.startswith(f"The rows of a store are about {days} days apart.")


@pytest.mark.parametrize("day_of", [lambda y, m: dt.date(y, m, 1), month_end], ids=["1st", "end"])
def test_few_months_with_a_february_are_months(report, write_file, day_of):
    rows = [(1, day_of(2023, month), 5) for month in range(2, 6)]

    assert report(sales=write_file(csv_text("store,date,sales", rows))).frequency == "M"


def weeks_of_shop(first: str, count: int) -> str:
    day = dt.date.fromisoformat(first)
    rows = [(s, day + dt.timedelta(weeks=w), 70) for s in ("1", "2") for w in range(count)]
    return csv_text("store,date,sales", rows)


def test_weeks_are_not_appended_to_days(shop, write_file, imports):
    after = dt.date.fromisoformat(imports.history("1")[-1]["date"]) + dt.timedelta(days=1)

    with pytest.raises(InvalidData) as caught:
        imports.dry_run({"sales": write_file(weeks_of_shop(str(after), 4))}, "INCREMENTAL")

    assert caught.value.detail.startswith(
        "'sales.csv' has one row per week, but the dataset group has one per day."
    )


def test_single_days_a_week_apart_are_corrected(shop, import_files, write_file, imports):
    first = imports.history("1")[0]["date"]

    import_files("INCREMENTAL", sales=write_file(weeks_of_shop(first, 4)))

    assert imports.history("1")[7]["sales"] == 70


def test_a_store_that_opens_three_days_a_week_has_daily_data(report, write_file):
    text = daily(["1"], 60).splitlines()
    kept = [
        text[0],
        *(line for n, line in enumerate(text[1:]) if n % 7 in (0, 2, 4)),
    ]

    assert report(sales=write_file("\n".join(kept) + "\n")).frequency == "D"


def test_dates_with_hyphens_may_begin_with_the_day(report, write_file):
    rows = [(1, f"{FRIDAY + dt.timedelta(weeks=week):%d-%m-%Y}", 5) for week in range(20)]

    found = report(sales=write_file(csv_text("Store,Date,Weekly_Sales", rows)))

    assert (found.frequency, found.first_sale_on) == ("W-FRI", "2010-02-05")
