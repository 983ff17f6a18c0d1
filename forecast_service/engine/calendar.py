"""Time: period starts, weekdays, public holidays. No time zones."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from forecast_service.common.countries import iso_country
from forecast_service.engine.periods.frequency import Times, parse_frequency
from forecast_service.errors import InvalidData

__all__ = [
    "floor",
    "holiday_dates",
    "last_day",
    "next_periods",
    "period_starts",
    "periods_between",
    "weekday_of",
]


def floor(times: Times, code: str) -> Times:
    """Start of the period that holds each time.

    Days begin at midnight, weeks on Monday, months on day 1, unless the code says otherwise.
    Periods of several units without an origin in the code are counted from 1970-01-01 (weeks:
    Monday 1970-01-05), so that ``3M`` gives the quarters of a year.

    Example
    -------
    >>> floor(np.array(["2015-06-17T10:20:00"], dtype="datetime64[s]"), "W")
    array(['2015-06-15T00:00:00'], dtype='datetime64[s]')
    """
    frequency = parse_frequency(code)
    return frequency.starts(frequency.ordinals(times))


def period_starts(first: np.datetime64, last: np.datetime64, code: str) -> Times:
    """Every period start from the one that holds ``first`` to the one that holds ``last``."""
    frequency = parse_frequency(code)
    begin, end = frequency.ordinals(np.array([first, last]))
    return frequency.starts(np.arange(begin, end + 1))


def next_periods(last: np.datetime64, code: str, count: int) -> Times:
    """The ``count`` period starts that follow the period of ``last``.

    Example
    -------
    >>> next_periods(np.datetime64("2015-01-31"), "D", 2).astype(str).tolist()
    ['2015-02-01T00:00:00', '2015-02-02T00:00:00']
    """
    frequency = parse_frequency(code)
    now = frequency.ordinals(np.array([last]))[0]
    return frequency.starts(now + 1 + np.arange(count))


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
    origin = frequency.ordinals(np.array([first]))[0]
    return np.asarray(frequency.ordinals(times) - origin, dtype=np.int64)


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
