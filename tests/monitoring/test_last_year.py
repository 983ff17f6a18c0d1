"""The day of last year that a day is compared with."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_service.monitoring.last_year import Days, aligned_last_year


def days(first: str, last: str) -> Days:
    return np.arange(first, np.datetime64(last) + 1, dtype="datetime64[D]")


def before(day: str, country: str | None = "DE", frequency: str = "D") -> str:
    dates = np.array([day], dtype="datetime64[D]")
    return str(aligned_last_year(dates, country, frequency)[0])


def test_an_ordinary_day_has_the_same_weekday():
    dates = days("2026-06-15", "2026-09-30")

    assert (dates - aligned_last_year(dates, "DE") == np.timedelta64(364, "D")).all()


@pytest.mark.parametrize(
    ("day", "aligned"),
    [
        ("2026-04-03", "2025-04-18"),  # Good Friday
        ("2026-04-02", "2025-04-17"),  # the Thursday before it sells much
        ("2026-04-06", "2025-04-21"),  # Easter Monday
        ("2026-05-14", "2025-05-29"),  # Ascension
        ("2026-05-25", "2025-06-09"),  # Monday of Pentecost
        ("2026-12-25", "2025-12-25"),
        ("2026-12-24", "2025-12-24"),
        ("2026-10-03", "2025-10-03"),  # the Day of Unity, on another weekday
    ],
)
def test_a_holiday_has_the_same_holiday_of_last_year(day, aligned):
    assert before(day) == aligned


@pytest.mark.parametrize("country", ["DE", None, "US", "TR", "CN"])
def test_no_ordinary_day_is_compared_with_a_holiday(country):
    dates = days("2025-01-01", "2028-12-31")

    aligned = aligned_last_year(dates, country)

    moved = (dates - aligned).astype(int) % 7 != 0
    assert (aligned < dates).all()
    assert moved.mean() < 0.05  # only holidays leave their weekday
    if country == "DE":
        assert before("2026-04-18") == "2025-05-03"  # 52 weeks before is Easter Saturday


def test_without_a_country_easter_and_christmas_count():
    assert before("2026-04-03", None) == "2025-04-18"
    assert before("2026-12-26", None) == "2025-12-26"
    assert before("2026-10-03", None) == "2025-10-04"


def test_feasts_of_other_calendars_are_followed():
    assert before("2026-03-21", "TR") == "2025-03-31"  # the second day of Ramadan's feast


def test_weeks_and_months_have_their_own_period():
    assert before("2026-06-15", "DE", "W") == "2025-06-16"
    assert before("2026-06-01", "DE", "M") == "2025-06-01"
    assert aligned_last_year(days("2026-06-15", "2026-06-14"), "DE").tolist() == []
