"""Panels from rows: periods, aggregation and filling."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pytest

from forecast_service.local.files.schema import DatasetSchema
from forecast_service.local.jobs.sources import Source

from .sources_of_rows import NAN, NAN_FILLING, SALES, Row, panel_of, related, source, target

WEEKS = (  # Mondays of 2015
    *("01-05", "01-12", "01-19", "01-26", "02-02"),
    *("02-09", "02-16", "02-23", "03-02", "03-09"),
)


def test_every_series_ends_with_the_last_day_of_the_whole_data_set() -> None:
    built = panel_of(target([("a", 1, 1.0), ("a", 2, 2.0), ("b", 3, 3.0)]))

    assert built.panel.keys == (("a",), ("b",))
    np.testing.assert_equal(built.panel.target, [[1, 2, NAN], [NAN, NAN, 3]])
    assert [str(at)[:10] for at in built.known_future.timestamps] == ["2015-01-04", "2015-01-05"]


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [("sum", 12.0), ("avg", 4.0), ("first", 6.0), ("min", 1.0), ("max", 6.0)],
)
def test_rows_of_one_day_are_aggregated(aggregation: str, expected: float) -> None:
    times = ["2015-01-02T09:00:00", "2015-01-02T00:00:00", "2015-01-02T23:59:59"]
    rows = [("a", 1, 3.0), *(("a", at, v) for at, v in zip(times, (6.0, 1.0, 5.0), strict=True))]

    built = panel_of(target(rows), demand={**NAN_FILLING, "aggregation": aggregation})

    assert built.panel.target.tolist() == [[3.0, expected]]


def test_an_aggregate_ignores_missing_values() -> None:
    rows = [("a", 1, 1.0), ("a", 1, None), ("a", 2, None), ("a", 3, NAN), ("a", 3, 3.0)]

    np.testing.assert_equal(panel_of(target(rows)).panel.target, [[1, NAN, 3]])


@pytest.mark.parametrize(
    ("methods", "expected"),
    [
        ({}, [NAN, 2, 0, 4, 0]),  # Amazon's defaults: sum, none, zero, zero
        ({"middlefill": "nan", "backfill": "nan"}, [NAN, 2, NAN, 4, NAN]),
        ({"middlefill": "mean", "backfill": "max"}, [NAN, 2, 2, 4, 4]),
        (
            {"middlefill": "value", "middlefill_value": "7.5", "backfill": "min"},
            [NAN, 2, 7.5, 4, 2],
        ),
    ],
)
def test_gaps_of_the_target_are_filled_as_configured(
    methods: Mapping[str, str], expected: list[float]
) -> None:
    rows = [("a", 2, 2.0), ("a", 4, 4.0), ("b", 1, 1.0), ("b", 5, 5.0)]

    built = panel_of(target(rows), demand=methods)

    np.testing.assert_equal(built.panel.target[0], expected)


def test_weeks_that_days_cover_only_in_part_are_not_learned_from() -> None:
    rows = [("a", day, 1.0) for day in range(1, 32)]  # Thursday 1 to Saturday 31

    built = panel_of(target(rows), frequency="W")

    assert [str(start)[:10] for start in built.panel.timestamps] == [
        "2015-01-05",
        "2015-01-12",
        "2015-01-19",
    ]
    assert built.panel.target.tolist() == [[7.0, 7.0, 7.0]]
    assert [str(start)[:10] for start in built.known_future.timestamps] == [
        "2015-02-02",
        "2015-02-09",
    ]
    assert built.notes == (
        "The period that begins on 2015-01-26 is not learned from, because it is incomplete: its "
        "data end on 2015-01-31. The forecast begins with 2015-02-02.",
        "The period that begins on 2014-12-29 is not learned from, because it is incomplete: its "
        "data begin on 2015-01-01.",
    )


def hours(first: str, last: str, *without: int) -> list[Row]:
    """A row of 1 for each hour from first to last, except these hours of the day."""
    times = np.arange(np.datetime64(first), np.datetime64(last) + np.timedelta64(1, "h"))
    kept = [time for time in times.tolist() if time.hour not in without]
    return [("a", time.isoformat(), 1.0) for time in kept]


@pytest.mark.parametrize(
    ("rows", "frequency", "periods", "begins"),
    [
        (hours("2015-01-01T00", "2015-01-09T22"), "D", 9, "2015-01-10"),
        (hours("2015-01-01T00", "2015-01-09T12"), "D", 8, "2015-01-10"),
        (hours("2015-01-05T00", "2015-02-01T22"), "W", 4, "2015-02-02"),
        (hours("2015-01-05T08", "2015-02-01T20", *range(8), 21, 22, 23), "W", 4, "2015-02-02"),
        (hours("2015-01-05T08", "2015-01-31T20", *range(8), 21, 22, 23), "W", 3, "2015-02-02"),
        (hours("2015-01-01T00", "2015-04-30T22"), "M", 4, "2015-05-01"),
    ],
    ids=["night missing", "half a day", "whole weeks", "shop hours", "no Sunday", "months"],
)
def test_whole_last_periods_of_hours_are_kept(
    rows: Sequence[Row], frequency: str, periods: int, begins: str
) -> None:
    built = panel_of(target(rows), frequency=frequency)

    assert built.panel.n_periods == periods
    assert str(built.known_future.timestamps[0])[:10] == begins


def days(first: str, last: str, weekdays: int = 7) -> list[Row]:
    """A row of 1 for each day of the first ``weekdays`` days of weeks."""
    times = np.arange(np.datetime64(first), np.datetime64(last) + np.timedelta64(1, "D"))
    return [("a", str(time), 1.0) for time in times if time.item().weekday() < weekdays]


@pytest.mark.parametrize(
    ("rows", "periods", "begins"),
    [
        (days("2015-01-01", "2015-06-30"), 6, "2015-07-01"),
        (days("2015-01-01", "2015-06-20"), 5, "2015-07-01"),
        (days("2015-01-01", "2015-05-29", weekdays=5), 5, "2015-06-01"),  # a Friday
        ([("a", f"2015-{month:02d}-01", 1.0) for month in range(1, 7)], 6, "2015-07-01"),
    ],
    ids=["whole", "part of June", "closed on weekends", "a row per month"],
)
def test_months_are_whole_if_their_last_days_are_there(
    rows: Sequence[Row], periods: int, begins: str
) -> None:
    built = panel_of(target(rows), frequency="M")

    assert built.panel.n_periods == periods
    assert str(built.known_future.timestamps[0])[:10] == begins


def test_months_of_weeks_are_whole_until_a_week_is_missing() -> None:
    mondays = [("a", f"2015-{day}", 1.0) for day in (*WEEKS, "03-16", "03-23")]

    with_all = panel_of(target([*mondays, ("a", "2015-03-30", 1.0)]), frequency="M")
    without_last = panel_of(target(mondays), frequency="M")

    assert (with_all.panel.n_periods, without_last.panel.n_periods) == (3, 2)
    assert with_all.known_future.timestamps[0] == without_last.known_future.timestamps[0]


def test_related_values_of_a_period_that_is_not_learned_from_are_passed_over() -> None:
    weeks = [("a", f"2015-{day}", float(number)) for number, day in enumerate(WEEKS)]

    built = panel_of(target(days("2015-01-05", "2015-02-18")), related(weeks), frequency="W")

    assert built.panel.covariates["promo"].tolist() == [[0, 1, 2, 3, 4, 5]]
    assert built.known_future.covariates["promo"].tolist() == [[7, 8]]


def test_weeks_without_sundays_are_whole() -> None:
    rows = [("a", day, 1.0) for day in range(5, 32) if day not in (11, 18, 25)]

    built = panel_of(target(rows), frequency="W")

    assert built.panel.target.tolist() == [[6.0, 6.0, 6.0, 6.0]]


def test_a_dimension_that_is_not_used_is_aggregated_away() -> None:
    rows = [("milk", "s1", 1, 1.0), ("milk", "s2", 1, 10.0), ("milk", "s1", 2, 2.0)]

    built = panel_of(target(rows, "location"))

    assert built.panel.keys == (("milk",),)
    assert built.panel.target.tolist() == [[11.0, 2.0]]


def test_keys_are_the_item_and_then_the_dimensions_in_schema_order() -> None:
    rows = [("milk", "s1", "web", 1, 1.0), ("milk", "s2", "shop", 1, 10.0)]

    built = panel_of(target(rows, "location", "channel"), dimensions=("channel", "location"))

    assert built.panel.keys == (("milk", "s1", "web"), ("milk", "s2", "shop"))


def test_item_metadata_become_attributes_of_the_series() -> None:
    fields = {"item_id": "string", "category": "string"}
    metadata = source("ITEM_METADATA", fields, [("a", "food"), ("c", None)])

    built = panel_of(target([*SALES, ("b", 1, 1.0)]), metadata=metadata)

    assert dict(built.panel.attributes) == {"category": ("food", "")}


def test_a_million_rows_need_no_call_per_row() -> None:
    stores, days = 1_000, 900
    items = np.repeat(np.arange(stores), days).astype(str)
    times = np.tile(np.datetime64("2013-01-01") + np.arange(days), stores).astype("datetime64[ms]")
    table = pa.table(
        {
            "item_id": pa.array(items).dictionary_encode(),
            "timestamp": pa.array(times),
            "demand": pa.array(np.arange(stores * days, dtype=np.float64)),
        }
    )
    fields = (("item_id", "string"), ("timestamp", "timestamp"), ("demand", "float"))
    sales = Source(table, DatasetSchema("TARGET_TIME_SERIES", "item_id", fields))

    calls: Counter[str] = Counter()
    sys.setprofile(lambda _frame, event, _argument: calls.update([event]))
    try:
        built = panel_of(sales)
    finally:
        sys.setprofile(None)

    assert built.panel.target.shape == (stores, days)
    assert calls["call"] + calls["c_call"] < 20 * stores


@pytest.mark.parametrize(
    ("frequency", "begin", "expected"),
    [
        ("3D", "2017-12-01", ["2019-02-03", "2019-02-06"]),  # as Amazon answered
        ("3M", "2017-12-01", ["2019-03-01", "2019-06-01"]),  # as Amazon answered
        ("2W", "2017-12-01", ["2019-02-04", "2019-02-18"]),
        ("2W@1970-01-04", "2017-12-01", ["2019-02-03", "2019-02-17"]),  # Sundays
        ("M@1970-01-15", "2017-12-01", ["2019-02-15", "2019-03-15"]),
        ("Y@1970-07-01", "2014-07-01", ["2019-07-01", "2020-07-01"]),
        ("D@1970-01-01T06:00:00", "2018-12-01", ["2019-01-31T06:00:00", "2019-02-01T06:00:00"]),
    ],
)
def test_forecasts_begin_after_the_period_of_the_last_row(
    frequency: str, begin: str, expected: list[str]
) -> None:
    days = np.arange(begin, "2019-02-01", dtype="datetime64[D]").astype(str).tolist()

    built = panel_of(target([("a", day, 1.0) for day in days]), frequency=frequency)

    starts = [str(at).removesuffix("T00:00:00") for at in built.known_future.timestamps]
    assert starts == expected


def test_minutes_are_added_up_to_periods_that_begin_with_the_first_row() -> None:
    minutes = [f"2015-01-02T10:{minute:02d}:20" for minute in range(7, 37)]

    built = panel_of(target([("a", at, 1.0) for at in minutes]), frequency="15min")

    assert built.panel.target.tolist() == [[15.0, 15.0]]
    assert str(built.panel.timestamps[0]) == "2015-01-02T10:07:00"


def test_models_learn_from_the_newest_of_very_many_periods() -> None:
    rows = [("a", "2015-01-01T00:00:00", 1.0), ("a", "2015-03-01T00:00:00", 2.0)]

    built = panel_of(target(rows), frequency="min")

    assert built.panel.target.shape == (1, 50_000)
    assert built.panel.target[0, -1] == 2.0
    assert built.notes == (
        "Models learn from the newest 50,000 periods, which begin at 2015-01-25T06:41:00. The "
        "34,961 periods before are left out.",
    )


@pytest.mark.slow
def test_models_learn_from_fewer_periods_of_many_series() -> None:
    ends = [("2015-01-01T00:00:00", 1.0), ("2015-02-01T00:00:00", 2.0)]
    rows = [(f"{item:04}", at, value) for item in range(1_000) for at, value in ends]

    built = panel_of(target(rows), frequency="min")

    assert built.panel.target.shape == (1_000, 20_000)


def test_related_series_of_several_minutes_join_their_periods() -> None:
    minutes = [f"2015-01-02T10:{minute:02d}:00" for minute in range(0, 60, 5)]
    promotions = [f"2015-01-02T{hour}:{at:02d}:00" for hour in (10, 11) for at in range(0, 60, 15)]

    built = panel_of(
        target([("a", at, 1.0) for at in minutes]),
        related([("a", at, float(number)) for number, at in enumerate(promotions)]),
        frequency="15min",
    )

    assert built.panel.target.tolist() == [[3.0] * 4]
    assert built.panel.covariates["promo"].tolist() == [[0.0, 1.0, 2.0, 3.0]]
    assert built.known_future.covariates["promo"].tolist() == [[4.0, 5.0]]
