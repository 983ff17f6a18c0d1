"""Frequency codes, period starts, seasons, holidays."""

from __future__ import annotations

import re

import numpy as np
import pytest

from forecast_service.common.countries import COUNTRIES
from forecast_service.engine.calendar import (
    floor,
    holiday_dates,
    next_periods,
    period_starts,
    periods_between,
)
from forecast_service.engine.periods.frequency import parse_frequency, season_length
from forecast_service.errors import InvalidData

CODES = ["Y", "M", "3M", "W", "2W", "W-FRI", "W-SUN", "D", "3D", "H", "8H", "min", "15min"]
CODES += ["Y@1970-07-01", "M@1970-01-15", "3M@1970-03-15", "2W@1970-01-02", "3D@1970-01-02"]
CODES += ["D@1970-01-01T06:00:00", "5H@1970-01-01T03:00:00", "7min@1970-01-01T00:03:00"]


def times(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[s]")


@pytest.mark.parametrize("code", CODES)
def test_a_frequency_code_survives_parsing(code: str) -> None:
    assert str(parse_frequency(code)) == code


@pytest.mark.parametrize(
    "code",
    [
        "",
        "d",
        "0D",
        "7D",
        "5W",
        "12M",
        "2Y",
        "60min",
        "24H",
        "D@1",
        "S",
        "W-MIN",
        "D-FRI",
        "W-",
    ],
)
def test_a_code_outside_the_limits_is_refused(code: str) -> None:
    with pytest.raises(InvalidData, match=re.escape(f"'{code}' is not a frequency.")):
        parse_frequency(code)


def test_refusal_lists_the_allowed_codes() -> None:
    with pytest.raises(InvalidData) as caught:
        parse_frequency("60min")

    assert str(caught.value) == (
        "'60min' is not a frequency. Allowed are a number and a unit (Y 1-1, M 1-11, W 1-4, D 1-6, "
        "H 1-23, min 1-59), for instance 'D', '2W' or '15min'."
    )


@pytest.mark.parametrize(
    ("code", "first", "second"),
    [
        ("3D", "2017-12-01T10:00:00", "2017-12-04"),
        ("2W", "2017-12-01", "2017-12-11"),  # the Monday before, two weeks later
        ("2W@1970-01-04", "2017-12-01", "2017-12-10"),  # weeks begin on Sundays
        ("3M", "2017-12-01", "2018-03-01"),
        ("3M@1970-01-15", "2017-12-01", "2018-02-15"),
        ("8H", "2017-12-01T10:30:00", "2017-12-01T18:00:00"),
        ("15min", "2017-12-01T10:07:30", "2017-12-01T10:22:00"),
        ("D", "2017-12-01T10:00:00", "2017-12-02"),
    ],
)
def test_periods_of_several_units_begin_with_the_first_row(
    code: str, first: str, second: str
) -> None:
    begun = str(parse_frequency(code).begun_at(np.datetime64(first, "s")))

    assert next_periods(np.datetime64(first, "s"), begun, 1) == times(second)


@pytest.mark.parametrize(
    ("code", "moment", "start"),
    [
        ("Y", "2015-06-17T10:20:30", "2015-01-01"),
        ("M", "2015-06-17T10:20:30", "2015-06-01"),
        ("3M", "2015-06-17T10:20:30", "2015-04-01"),
        ("W", "2015-06-17T10:20:30", "2015-06-15"),  # a Monday
        ("W", "2015-06-15T00:00:00", "2015-06-15"),
        ("W-FRI", "2015-06-17T10:20:30", "2015-06-12"),
        ("W-SUN", "2015-06-14T00:00:00", "2015-06-14"),
        ("D", "2015-06-17T10:20:30", "2015-06-17"),
        ("H", "2015-06-17T10:20:30", "2015-06-17T10:00:00"),
        ("15min", "2015-06-17T10:20:30", "2015-06-17T10:15:00"),
        ("D", "1969-12-31T23:00:00", "1969-12-31"),
        ("D@1970-01-01T06:00:00", "2015-06-17T05:59:59", "2015-06-16T06:00:00"),
        ("M@1970-01-15", "2015-03-14T23:00:00", "2015-02-15"),
        ("3M@1970-03-15", "2015-06-14", "2015-03-15"),
        ("Y@1970-07-01", "2015-06-30", "2014-07-01"),
        ("2W@1970-01-02", "2015-06-17", "2015-06-05"),  # a Friday
    ],
)
def test_floor_gives_the_start_of_the_period(code: str, moment: str, start: str) -> None:
    assert floor(times(moment), code) == times(start)


@pytest.mark.parametrize("code", CODES)
def test_next_periods_follow_without_a_gap(code: str) -> None:
    first = floor(times("2015-06-17T10:20:30"), code)[0]

    following = next_periods(first, code, 5)

    assert periods_between(first, following, code).tolist() == [1, 2, 3, 4, 5]
    assert np.array_equal(floor(following, code), following)
    assert np.array_equal(period_starts(following[0], following[-1], code), following)


def test_next_periods_include_a_leap_day() -> None:
    days = next_periods(np.datetime64("2016-02-27"), "D", 3)

    assert days.astype("datetime64[D]").astype(str).tolist() == [
        "2016-02-28",
        "2016-02-29",
        "2016-03-01",
    ]


@pytest.mark.parametrize(
    ("code", "length"),
    [("D", 7), ("W", 52), ("M", 12), ("15min", 96), ("2D", 7), ("Y", 1)],
)
def test_season_length_follows_from_the_frequency(code: str, length: int) -> None:
    assert season_length(code) == length


def test_holidays_are_named_and_dated() -> None:
    holidays = holiday_dates("DE", [2014, 2015])

    assert holidays["German Unity Day"].tolist() == times("2014-10-03", "2015-10-03").tolist()


def test_uk_means_great_britain() -> None:
    assert holiday_dates("UK", [2015]).keys() == holiday_dates("GB", [2015]).keys()
    assert "Good Friday" in holiday_dates("GB", [2015])


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_allowed_country_has_holidays(country: str) -> None:
    assert len(holiday_dates(country, [2015])) > 3


def test_holidays_of_an_unknown_country_are_refused() -> None:
    with pytest.raises(InvalidData, match="Country 'XX' has no known public holidays"):
        holiday_dates("XX", [2015])
