"""Files in which some series have a row per day and others a row per week or month."""

from __future__ import annotations

import datetime as dt

import pytest

from forecast_service.errors import InvalidData, Remedy

from .rows import START, csv_text, day


def days_of(store: str, count: int = 84, step: int = 1) -> list[tuple[object, ...]]:
    return [(store, day(i), 100) for i in range(0, count, step)]


def months_of(store: str, count: int = 12) -> list[tuple[object, ...]]:
    return [(store, dt.date(2024 + m // 12, m % 12 + 1, 1), 3000) for m in range(count)]


def text(*parts: list[tuple[object, ...]]) -> str:
    return csv_text("store,date,sales", [row for part in parts for row in part])


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (
            (days_of("A"), days_of("B", step=7)),
            "1 store has one row per day: A; 1 store has one row per week: B",
        ),
        (
            (*(days_of(f"S{n}", step=7) for n in range(5)), days_of("D")),
            "1 store has one row per day: D; 5 stores have one row per week, such as S0, S1, S2",
        ),
        (
            (days_of("A", 366), months_of("B")),
            "1 store has one row per day: A; 1 store has one row per month: B",
        ),
        (
            (days_of("A", 366, 7), months_of("B")),
            "1 store has one row per week: A; 1 store has one row per month: B",
        ),
        (
            (days_of("A"), days_of("B", 140, 14)),
            "1 store has one row per day: A; 1 store has rows at other even distances: B",
        ),
    ],
)
def test_mixed_frequencies_are_refused_by_name(refusal, write_file, parts, sentence):
    error = refusal(write_file(text(*parts)))

    assert error.detail == (
        f"'sales.csv' mixes frequencies: {sentence}. Send rows of one frequency for all, or import "
        "the others with FORECAST_DATASET_NAME and FORECAST_DATASET_GROUP set to new names."
    )
    assert error.remedy == Remedy.COUNT_MISSING_AS_ZERO


def test_a_store_with_gaps_among_days_is_daily(imports, write_file):
    gaps = [row for i, row in enumerate(days_of("B")) if i % 5 not in (1, 2)]

    assert imports.dry_run({"sales": write_file(text(days_of("A"), gaps))}).frequency == "D"


def test_few_rows_a_week_apart_prove_nothing(imports, write_file):
    few = days_of("B", 28, 7)

    assert imports.dry_run({"sales": write_file(text(days_of("A"), few))}).frequency == "D"


def test_weeks_with_missing_rows_among_weeks_are_weeks(imports, write_file):
    gaps = [row for i, row in enumerate(days_of("B", 280, 7)) if i % 5 != 2]

    report = imports.dry_run({"sales": write_file(text(days_of("A", 280, 7), gaps))})

    assert report.frequency == "W"


def test_a_market_on_saturdays_is_daily_where_missing_days_are_zero(imports, write_file):
    market = [(s, d, v) for s, d, v in days_of("M") if dt.date.fromisoformat(d).weekday() == 5]
    path = write_file(text(days_of("A"), market))

    report = imports.dry_run({"sales": path}, options={"missing": "zero"})

    assert (report.frequency, START.weekday()) == ("D", 0)


def test_weeks_of_one_new_store_are_not_added_to_days(shop, imports, write_file):
    path = write_file(text(days_of("9", step=7)))

    with pytest.raises(InvalidData, match="one row per week"):
        imports.dry_run({"sales": path}, "INCREMENTAL")
