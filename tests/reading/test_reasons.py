"""Sentences about the parts of a forecast."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_service.reading.outlook.covariate_kinds import promoted_on
from forecast_service.reading.outlook.reasons import no_parts, reasons_of

DATES = np.datetime64("2026-12-14", "D") + np.arange(21)  # from a Monday on
OPEN = np.ones(21, dtype=bool)


def texts(**parts: dict[str, float]) -> list[str]:
    """The sentences about a level of 1,000 a day and these parts, by ISO date."""
    columns = {"level": np.full(21, 1000.0)}
    for name, days in parts.items():
        column = np.zeros(21)
        for day, units in days.items():
            column[np.datetime64(day) == DATES] = units
        columns[name] = column
    holidays = {"2026-12-25": "Christmas Day"}
    closed = np.zeros(21, dtype=bool)
    return [reason["text"] for reason in reasons_of(columns, DATES, holidays, closed)]


def test_the_level_comes_first() -> None:
    assert texts() == ["An average open day sells 1,000."]


def test_a_holiday_is_named_by_the_nearest_public_one() -> None:
    days = {"2026-12-23": 400.0, "2026-12-24": 600.0}

    assert texts(holiday=days)[1] == (
        "The holiday (Christmas Day) adds 500 a day from 23 December to 24 December."
    )


def test_a_promotion_without_a_column_of_flags_is_found_by_its_effect() -> None:
    days = {"2026-12-14": 300.0, "2026-12-15": 300.0, "2026-12-21": -300.0}

    assert texts(promotion=days)[1] == (
        "The promotion adds 300 a day from 14 December to 15 December and takes away 300 a day on "
        "21 December."
    )


def test_the_days_of_a_promotion_are_those_of_its_columns_of_flags() -> None:
    flags, price = np.zeros(21), np.full(21, 9.9)
    flags[[0, 1, 4]] = 1.0
    covariates = {"promo": flags, "promo_price": price, "school_holiday": 1 - flags}

    promoted = promoted_on(covariates, {})

    assert promoted is not None
    assert np.flatnonzero(promoted).tolist() == [0, 1, 4]
    assert promoted_on({"promo_price": price}, {}) is None


def test_the_flags_say_when_a_promotion_runs_whatever_it_changes() -> None:
    effect, promoted = np.zeros(21), np.zeros(21, dtype=bool)
    effect[:3], promoted[:3] = (900.0, 30.0, 30.0), True
    parts = {"level": np.full(21, 1000.0), "promotion": effect}

    _, reason = reasons_of(parts, DATES, {}, np.zeros(21, dtype=bool), promoted)

    assert (reason["from"], reason["to"]) == ("2026-12-14", "2026-12-16")


def test_the_larger_part_comes_before_the_smaller_one() -> None:
    everywhere = [str(day) for day in DATES]

    found = texts(
        temperature=dict.fromkeys(everywhere, -50.0), season=dict.fromkeys(everywhere, 80.0)
    )

    assert found[1:] == [
        "The time of year adds 80 on an average day.",
        "'temperature' takes away 50 on an average day.",
    ]


def test_an_effect_that_goes_up_and_down_is_said_as_one_that_varies() -> None:
    swings = {str(day): 200.0 * (-1) ** place for place, day in enumerate(DATES[:20])}

    assert texts(price=swings)[1] == "The price changes a day by 190, up or down."


def test_a_small_effect_is_not_worth_a_sentence() -> None:
    assert texts(season={"2026-12-14": 15.0}) == ["An average open day sells 1,000."]


def test_a_forecast_of_nothing_has_no_reasons() -> None:
    parts = {"level": np.zeros(21)}

    assert reasons_of(parts, DATES, {}, OPEN) == []


@pytest.mark.parametrize(
    ("source", "start"),
    [
        ("amazon", "Amazon Forecast does not say"),
        ("local", "The forecast (tsb) has no parts"),
    ],
)
def test_a_forecast_without_parts_says_why(source: str, start: str) -> None:
    assert no_parts(source, "tsb")["text"].startswith(start)
