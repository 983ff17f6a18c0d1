"""Last year: the day of last year that a day is compared with."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from forecast_service.common.easter import easter_sunday
from forecast_service.engine.calendar import holiday_dates
from forecast_service.engine.periods.frequency import parse_frequency

__all__ = ["Days", "aligned_last_year"]

Days = npt.NDArray[np.datetime64]
"""Days, datetime64[D]."""

WEEKS = np.timedelta64(364, "D")  # 52 weeks: the same weekday
NEAR = np.timedelta64(45, "D")  # the same holiday is at most so far from 52 weeks before
AROUND_EASTER = range(-8, 9)  # days from Easter Sunday that sell as no other week does
OF_EASTER = (39, 49, 50, 60)  # Ascension, Pentecost, Corpus Christi
EVES = ((12, 24), (12, 31))
FIXED = ((1, 1), (12, 25), (12, 26))  # where the country is unknown
OTHER_WEEKS = (1, -1, 2, -2, 3, -3)

Special = dict[np.datetime64, tuple[object, ...]]


def aligned_last_year(dates: Days, country: str | None, frequency: str = "D") -> Days:
    """The day of last year that each date is compared with: ``datetime64[D]``, in their order.

    An ordinary day has the same weekday, 52 weeks before. A public holiday of the country (ISO
    3166 or Amazon's code), the days around Easter, Christmas Eve and New Year's Eve have the same
    day of last year, whatever its weekday. No ordinary day is compared with such a day: it gets
    the same weekday of the nearest ordinary week. Without a country, Easter and its feasts,
    Christmas and New Year's Day count.

    ``dates``: days of any unit of time. ``frequency``: of periods that begin on these days. Weeks
    have the week 52 weeks before, months the same month.

    Example
    -------
    >>> days = np.array(["2026-04-05", "2026-06-17", "2026-12-25"], dtype="datetime64[D]")
    >>> aligned_last_year(days, "DE").astype(str).tolist()
    ['2025-04-20', '2025-06-18', '2025-12-25']
    """
    days = np.asarray(dates).astype("datetime64[D]")
    unit = parse_frequency(frequency).unit
    if unit in ("M", "Y"):
        months = days.astype("datetime64[M]")
        return np.asarray((months - 12).astype("datetime64[D]") + (days - months))
    if unit == "W" or not len(days):
        return np.asarray(days - WEEKS)
    special = _special_days(days, country)
    by_key = _by_key(special)
    return np.array([_day_before(day, special, by_key) for day in days], dtype="datetime64[D]")


def _day_before(
    day: np.datetime64, special: Special, by_key: Mapping[tuple[object, ...], list[np.datetime64]]
) -> np.datetime64:
    base: np.datetime64 = day - WEEKS
    key = special.get(day)
    if key is not None:
        near = [other for other in by_key[key] if abs(other - base) <= NEAR and other < day]
        if near:
            return min(near, key=lambda other: abs(other - base))
    weeks = (base + np.timedelta64(7 * number, "D") for number in (0, *OTHER_WEEKS))
    return next((other for other in weeks if other not in special and other < day), base)


def _by_key(special: Special) -> dict[tuple[object, ...], list[np.datetime64]]:
    by_key: dict[tuple[object, ...], list[np.datetime64]] = {}
    for day, key in special.items():
        by_key.setdefault(key, []).append(day)
    return by_key


def _special_days(days: Days, country: str | None) -> Special:
    """Every day that is no ordinary one, with what it is, in the years of the days and before."""
    first, last = (int(str(day)[:4]) for day in (days.min(), days.max()))
    years = range(first - 2, last + 1)
    special: Special = {}
    for year in years:
        fixed = (*EVES, *FIXED) if country is None else EVES
        for month, number in fixed:
            special[_date(year, month, number)] = (month, number)
        if country is None:
            sunday = np.datetime64(easter_sunday(year), "D")
            for offset in OF_EASTER:
                special[sunday + offset] = ("easter", offset)
    if country is not None:
        special |= _holidays(country, years)
    for year in years:  # last: the distance from Easter counts more than a name
        sunday = np.datetime64(easter_sunday(year), "D")
        if country is None or _keeps_easter(special, sunday):
            special |= {sunday + offset: ("easter", offset) for offset in AROUND_EASTER}
    return special


def _keeps_easter(special: Special, sunday: np.datetime64) -> bool:
    """Whether Good Friday or Easter Monday is a public holiday."""
    return any(special.get(sunday + offset, ("",))[0] == "holiday" for offset in (-2, 1))


def _holidays(country: str, years: range) -> Special:
    """Public holidays by name; the second day of a holiday of several days is the second."""
    special: Special = {}
    for name, times in holiday_dates(country, years).items():
        before, number = None, 0
        for day in times.astype("datetime64[D]"):
            number = number + 1 if before is not None and day - before < NEAR else 1
            before = day
            special[day] = ("holiday", name, number)
    return special


def _date(year: int, month: int, day: int) -> np.datetime64:
    return np.datetime64(f"{year}-{month:02d}-{day:02d}", "D")
