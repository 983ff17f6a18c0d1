"""Time: frequency codes, period starts, seasons, public holidays. No time zones."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.common.countries import iso_country
from forecast_service.errors import InvalidData

__all__ = [
    "LEAST_HISTORY",
    "WEEKDAYS",
    "Frequency",
    "Times",
    "floor",
    "holiday_dates",
    "last_day",
    "next_periods",
    "parse_frequency",
    "period_starts",
    "periods_between",
    "require_trainable",
    "season_length",
    "usable_season",
    "weekday_of",
]

Times = npt.NDArray[np.datetime64]
"""Period starts, datetime64[s]."""

_LIMITS = {"Y": 1, "M": 11, "W": 4, "D": 6, "H": 23, "min": 59}
_SECONDS = {"W": 604_800, "D": 86_400, "H": 3_600, "min": 60}
_SEASON = {"Y": 1, "M": 12, "W": 52, "D": 7, "H": 24, "min": 1_440}
_FIRST_MONDAY = 4 * 86_400  # 1970-01-05, in seconds since the epoch
_TRAINABLE = ("H", "D", "W", "M")

WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
LEAST_HISTORY = {"H": 48, "D": 14, "W": 4, "M": 4}
"""Fewest periods of history before a backtest window: two of the shorter cycle, if any."""


@dataclass(frozen=True)
class Frequency:
    """Length of a period: ``multiple`` times ``unit``, as in ``2W`` or ``15min``.

    ``weekday`` is the day on which a week begins; 0 is Monday.
    """

    unit: str
    multiple: int = 1
    weekday: int = 0

    def __str__(self) -> str:
        begin = f"-{WEEKDAYS[self.weekday]}" if self.weekday else ""
        return f"{self.unit if self.multiple == 1 else f'{self.multiple}{self.unit}'}{begin}"


def parse_frequency(code: str) -> Frequency:
    """The frequency that a code of Amazon Forecast names.

    ``[n](Y|M|W|D|H|min)``; n: min 1-59, H 1-23, D 1-6, W 1-4, M 1-11, Y 1. A week begins on
    Monday; ``W-TUE`` … ``W-SUN`` name another day (Amazon has a separate field for it, the
    TimeAlignmentBoundary).

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
    match = re.fullmatch(r"([1-9]\d?)?(Y|M|W|D|H|min)(?:(?<=W)-([A-Z]{3}))?", code)
    multiple = int(match[1] or 1) if match else 0
    begin = match[3] or "MON" if match else ""
    if not match or multiple > _LIMITS[match[2]] or begin not in WEEKDAYS:
        allowed = ", ".join(f"{unit} 1-{most}" for unit, most in _LIMITS.items())
        raise InvalidData(
            f"'{code}' is not a frequency. Allowed are a number and a unit ({allowed}), "
            "for instance 'D', '2W' or '15min'."
        )
    return Frequency(match[2], multiple, WEEKDAYS.index(begin))


def require_trainable(code: str) -> None:
    """Raise InvalidData for a frequency on which no algorithm can be trained."""
    frequency = parse_frequency(code)
    if frequency.unit not in _TRAINABLE or frequency.multiple > 1:
        raise InvalidData(
            f"Frequency '{code}' cannot be trained on: models need hours, days, weeks or months. "
            f"Use one of {', '.join(_TRAINABLE)}."
        )


def season_length(code: str) -> int:
    """Periods after which the main pattern repeats: 7 for days, 24 for hours, 12 for months.

    It is 1 (no season) if the multiple does not divide the season.

    Example
    -------
    >>> season_length("D"), season_length("15min"), season_length("3M"), season_length("5D")
    (7, 96, 4, 1)
    """
    frequency = parse_frequency(code)
    seasons, rest = divmod(_SEASON[frequency.unit], frequency.multiple)
    return seasons if rest == 0 else 1


def usable_season(season: int, n_periods: int) -> int:
    """The season, or 1 (none) if a history of ``n_periods`` is shorter than the season.

    Example
    -------
    >>> usable_season(52, 52), usable_season(52, 51), usable_season(7, 600)
    (52, 1, 7)
    """
    return season if n_periods >= season else 1


def _ordinals(times: Times, frequency: Frequency) -> npt.NDArray[np.int64]:
    """Number of the period that holds each time; consecutive periods differ by one."""
    if frequency.unit in ("Y", "M"):
        months = times.astype("datetime64[M]").astype(np.int64)
        size = frequency.multiple * (12 if frequency.unit == "Y" else 1)
        return np.asarray(months // size, dtype=np.int64)
    seconds = times.astype("datetime64[s]").astype(np.int64)
    return np.asarray(
        (seconds - _origin(frequency)) // (_SECONDS[frequency.unit] * frequency.multiple),
        dtype=np.int64,
    )


def _origin(frequency: Frequency) -> int:
    """A moment at which a period begins, in seconds since the epoch."""
    return _FIRST_MONDAY + frequency.weekday * _SECONDS["D"] if frequency.unit == "W" else 0


def _starts(ordinals: npt.NDArray[np.int64], frequency: Frequency) -> Times:
    if frequency.unit in ("Y", "M"):
        size = frequency.multiple * (12 if frequency.unit == "Y" else 1)
        return (ordinals * size).astype("datetime64[M]").astype("datetime64[s]")
    step = _SECONDS[frequency.unit] * frequency.multiple
    return (ordinals * step + _origin(frequency)).astype("datetime64[s]")


def floor(times: Times, code: str) -> Times:
    """Start of the period that holds each time.

    Days begin at midnight, weeks on Monday (or the day of the code), months on day 1. Periods of
    several units are counted from 1970-01-01 (weeks: Monday 1970-01-05), so that ``3M`` gives the
    quarters of a year.

    Example
    -------
    >>> floor(np.array(["2015-06-17T10:20:00"], dtype="datetime64[s]"), "W")
    array(['2015-06-15T00:00:00'], dtype='datetime64[s]')
    """
    frequency = parse_frequency(code)
    return _starts(_ordinals(np.asarray(times), frequency), frequency)


def period_starts(first: np.datetime64, last: np.datetime64, code: str) -> Times:
    """Every period start from the one that holds ``first`` to the one that holds ``last``."""
    frequency = parse_frequency(code)
    begin, end = _ordinals(np.array([first, last]), frequency)
    return _starts(np.arange(begin, end + 1), frequency)


def next_periods(last: np.datetime64, code: str, count: int) -> Times:
    """The ``count`` period starts that follow the period of ``last``.

    Example
    -------
    >>> next_periods(np.datetime64("2015-01-31"), "D", 2).astype(str).tolist()
    ['2015-02-01T00:00:00', '2015-02-02T00:00:00']
    """
    frequency = parse_frequency(code)
    now = _ordinals(np.array([last]), frequency)[0]
    return _starts(now + 1 + np.arange(count), frequency)


def last_day(start: str, code: str) -> str:
    """The last day of the period that begins on a day, as ISO dates.

    Example
    -------
    >>> last_day("2026-11-23", "W"), last_day("2026-02-01", "M"), last_day("2026-11-30", "D")
    ('2026-11-29', '2026-02-28', '2026-11-30')
    """
    if code == "D":
        return start
    following = next_periods(np.datetime64(start, "s"), code, 1)[0]
    return str((following - np.timedelta64(1, "s")).astype("datetime64[D]"))


def periods_between(first: np.datetime64, times: Times, code: str) -> npt.NDArray[np.int64]:
    """Number of periods from ``first`` to each time (negative: before it)."""
    frequency = parse_frequency(code)
    origin = _ordinals(np.array([first]), frequency)[0]
    return np.asarray(_ordinals(np.asarray(times), frequency) - origin, dtype=np.int64)


def weekday_of(times: Times) -> npt.NDArray[np.int64]:
    """The weekday of each time, of any unit; 0 is Monday.

    Example
    -------
    >>> weekday_of(np.array(["2026-11-30", "2026-12-06"], dtype="datetime64[D]")).tolist()
    [0, 6]
    """
    days = np.asarray(times).astype("datetime64[D]").astype(np.int64)
    return np.asarray((days + 3) % 7)  # 1970-01-01 was a Thursday


def holiday_dates(country: str, years: Iterable[int]) -> dict[str, Times]:
    """Public holidays of a country by name, each with its days (datetime64[s]) in these years.

    ``country`` is a code of ISO 3166 or of Amazon: ``GB`` and ``UK`` are the same.

    Raises
    ------
    InvalidData
        The public holidays of this country are not known.
    """
    import holidays  # half a second, and only needed when a country is set

    code = iso_country(country)
    try:
        names = holidays.country_holidays(code, years=list(years), expand=False, language="en_US")
    except NotImplementedError as error:
        raise InvalidData(
            f"Country '{country}' has no known public holidays. "
            "Use a two-letter ISO code such as 'DE', or leave the country out."
        ) from error
    by_name: dict[str, list[np.datetime64]] = {}
    for day in sorted(names):
        for name in names.get_list(day):
            by_name.setdefault(name, []).append(np.datetime64(day, "s"))
    return {name: np.array(days) for name, days in sorted(by_name.items())}
