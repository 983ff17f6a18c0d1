"""A frequency: the length of a period, the moment at which periods begin, and their seasons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from forecast_service.errors import InvalidData

__all__ = [
    "WEEKDAYS",
    "Frequency",
    "Times",
    "parse_frequency",
    "season_length",
    "usable_season",
]

Times = npt.NDArray[np.datetime64]
"""Period starts, datetime64[s]."""
Integers = npt.NDArray[np.int64]

DAY = 86_400
_LIMITS = {"Y": 1, "M": 11, "W": 4, "D": 6, "H": 23, "min": 59}
_SECONDS = {"Y": 31_557_600, "M": 2_629_800, "W": 7 * DAY, "D": DAY, "H": 3_600, "min": 60}
_MONTHS = {"Y": 12, "M": 1}
_SEASON = {"Y": 1, "M": 12, "W": 52, "D": 7, "H": 24, "min": 1_440}
_HOUR = 60  # minutes
_MANY = 13  # a season of so many periods is rounded to whole periods
_FIRST = {"W": 4 * DAY}  # Monday 1970-01-05; other units begin at 1970-01-01
_CODE = re.compile(
    r"([1-9]\d?)?(Y|M|W|D|H|min)(?:(?<=W)-([A-Z]{3})|@(\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d)?))?"
)

WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_LEAST_HISTORY = {"min": 2 * _HOUR, "H": 48, "D": 14, "W": 4, "M": 4, "Y": 3}
_LEAST_PERIODS = 3


@dataclass(frozen=True)
class Frequency:
    """Periods of ``multiple`` times ``unit``, as in ``2W`` or ``15min``; one begins at ``origin``.

    ``origin`` is in seconds since 1970-01-01: the first start of a period since then. By default
    days begin at midnight, weeks on Monday, months on day 1, and periods of several units are
    counted from 1970-01-01.
    """

    unit: str
    multiple: int = 1
    origin: int = 0

    def __str__(self) -> str:
        """The code, with the origin unless it is the default: ``W-FRI``, ``3D@1970-01-02``."""
        if self.origin == _FIRST.get(self.unit, 0):
            return self.plain
        if self.unit == "W" and self.multiple == 1:
            return f"W-{WEEKDAYS[self.weekday]}"
        text = str(np.datetime64(self.origin, "s"))
        return f"{self.plain}@{text.removesuffix('T00:00:00')}"

    @property
    def plain(self) -> str:
        """The code of Amazon Forecast, which does not say where periods begin."""
        return self.unit if self.multiple == 1 else f"{self.multiple}{self.unit}"

    @property
    def short(self) -> str:
        """A code of at most five characters: the weekday of weeks, no other origin."""
        return str(self).partition("@")[0]

    @property
    def weekday(self) -> int:
        """The weekday on which a period begins; 0 is Monday. It is the same for all weeks."""
        return (self.origin // DAY + 3) % 7  # 1970-01-01 was a Thursday

    @property
    def seconds(self) -> int:
        """Length of a period; of months and years, the mean."""
        return _SECONDS[self.unit] * self.multiple

    @property
    def is_subdaily(self) -> bool:
        return self.seconds < DAY

    @property
    def is_long(self) -> bool:
        """Whether a period has more than one day, so that a holiday is a part of it."""
        return self.seconds > DAY

    @property
    def season(self) -> int:
        """Periods until the main pattern repeats: 7 days, 24 hours, 12 months; 1 means none."""
        return _repeats(_SEASON[self.unit], self.multiple)

    @property
    def cycle(self) -> int:
        """Periods until the pattern of a day or a week repeats; 1 for weeks, months and years."""
        return 1 if self.unit in ("W", "M", "Y") else self.season

    @property
    def short_season(self) -> int:
        """The season for models with a parameter per place in it: for minutes, that of an hour.

        Source: Amazon Forecast developer guide, "ARIMA", values of the parameter frequency.
        """
        if self.unit != "min":
            return self.season
        return 1 if _HOUR % self.multiple else _HOUR // self.multiple

    @property
    def least_history(self) -> int:
        """Fewest periods before a backtest window: two of the shorter cycle, if any."""
        return self.count(_LEAST_HISTORY, _LEAST_PERIODS)

    def count(self, lengths: Mapping[str, int], least: int = 1) -> int:
        """Periods that last about as long as ``lengths[unit]`` units, at least ``least``.

        Example
        -------
        >>> Frequency("D", 3).count({"D": 14}), Frequency("min", 15).count({"min": 2880})
        (5, 192)
        """
        return max(least, -(-lengths[self.unit] // self.multiple))

    def begun_at(self, first: np.datetime64) -> Frequency:
        """The same frequency; periods of several units begin with the unit that holds ``first``.

        Example
        -------
        >>> start = np.datetime64("2017-12-01T10:00:00")
        >>> str(parse_frequency("3D").begun_at(start)), str(parse_frequency("D").begun_at(start))
        ('3D@1970-01-03', 'D')
        """
        if self.multiple == 1:
            return self
        single = _frequency(self.unit, 1, self.origin)
        begin = single.starts(single.ordinals(np.array([first])))[0]
        return _frequency(self.unit, self.multiple, int(begin.astype("datetime64[s]").astype(int)))

    def ordinals(self, times: Times) -> Integers:
        """Number of the period that holds each time; consecutive periods differ by one."""
        seconds = np.asarray(times).astype("datetime64[s]")
        if self.unit in _MONTHS:
            month, within = _month_of(self.origin)
            months = (seconds - within).astype("datetime64[M]").astype(np.int64)
            return np.asarray((months - month) // self._months, dtype=np.int64)
        return np.asarray((seconds.astype(np.int64) - self.origin) // self.seconds, dtype=np.int64)

    def starts(self, ordinals: Integers) -> Times:
        """Starts of the periods with these numbers."""
        if self.unit in _MONTHS:
            month, within = _month_of(self.origin)
            months = (month + ordinals * self._months).astype("datetime64[M]")
            return np.asarray(months.astype("datetime64[s]") + within)
        return (ordinals * self.seconds + self.origin).astype("datetime64[s]")

    @property
    def _months(self) -> int:
        return self.multiple * _MONTHS[self.unit]


@lru_cache(maxsize=256)
def parse_frequency(code: str) -> Frequency:
    """The frequency that a code names.

    The codes of Amazon Forecast are ``[n](Y|M|W|D|H|min)``; n: min 1-59, H 1-23, D 1-6, W 1-4,
    M 1-11, Y 1. The engine's codes also say where periods begin: ``W-TUE`` … ``W-SUN``, or ``@``
    and the start of any period, such as ``M@1970-01-15``.

    Raises
    ------
    InvalidData
        The code is none of these.

    Example
    -------
    >>> parse_frequency("15min").multiple
    15
    >>> str(parse_frequency("1D"))
    'D'
    >>> parse_frequency("W-FRI").weekday
    4
    """
    match = _CODE.fullmatch(code)
    multiple = int(match[1] or 1) if match else 0
    day = match[3] or "MON" if match else ""
    if not match or multiple > _LIMITS[match[2]] or day not in WEEKDAYS:
        allowed = ", ".join(f"{unit} 1-{most}" for unit, most in _LIMITS.items())
        raise InvalidData(
            f"'{code}' is not a frequency. Allowed are a number and a unit ({allowed}), "
            "for instance 'D', '2W' or '15min'."
        )
    origin = _FIRST.get(match[2], 0) + WEEKDAYS.index(day) * DAY
    if match[4]:
        origin = int(np.datetime64(match[4], "s").astype(int))
    return _frequency(match[2], multiple, origin)


def season_length(code: str) -> int:
    """Periods until the main pattern repeats: 7 for days, 24 for hours, 12 for months.

    It is that of a week for days, of a day for hours and minutes, of a year for weeks and months,
    and of several of them if the multiple does not divide it.

    Example
    -------
    >>> [season_length(code) for code in ("D", "15min", "3M", "5D", "5H", "7min", "Y")]
    [7, 96, 4, 7, 24, 206, 1]
    """
    return parse_frequency(code).season


def usable_season(season: int, n_periods: int) -> int:
    """The season, or 1 (none) if a history of ``n_periods`` is shorter than the season.

    Example
    -------
    >>> usable_season(52, 52), usable_season(52, 51), usable_season(7, 600)
    (52, 1, 7)
    """
    return season if n_periods >= season else 1


def _repeats(cycle: int, multiple: int) -> int:
    """Periods of ``multiple`` units until a pattern of ``cycle`` units repeats.

    Many periods are rounded to the nearest whole number in one cycle; fewer span several cycles.
    """
    ratio = Fraction(cycle, multiple)
    return round(ratio) if ratio >= _MANY else ratio.numerator if cycle > 1 else 1


def _frequency(unit: str, multiple: int, origin: int) -> Frequency:
    """The frequency with this origin, moved to the first start since 1970-01-01."""
    any_start = Frequency(unit, multiple, origin)
    first = any_start.starts(any_start.ordinals(np.array(["1969-12-31T23:59:59"], "M8[s]")) + 1)
    return replace(any_start, origin=int(first[0].astype("datetime64[s]").astype(int)))


def _month_of(origin: int) -> tuple[int, np.timedelta64]:
    """The number of the month of a moment, and the time since it began."""
    moment = np.datetime64(origin, "s")
    month = moment.astype("datetime64[M]")
    return int(month.astype(int)), moment - month.astype("datetime64[s]")
