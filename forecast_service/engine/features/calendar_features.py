"""Columns computed from the date: hour, weekday, day of the month, year, Christmas, holidays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from forecast_service.engine.calendar import next_periods, weekday_of
from forecast_service.engine.features.columns import Block, Column
from forecast_service.engine.periods.frequency import Frequency, Times, parse_frequency

__all__ = ["Calendar", "calendar", "columns", "holidays", "phases"]

Integers = npt.NDArray[np.intp]

HARMONICS = {"D": 12, "W": 8, "M": 5}  # of the year, at most half of the periods in a year
OTHER_HARMONICS = 4
OF_DAY = 12  # harmonics of the day, for minutes
OWN_HARMONICS = 4  # of the year; their effects may differ between series
CHRISTMAS = (12, 25)
BEFORE_CHRISTMAS = 14  # days with a column each
WEEKDAYS = 7
YEAR = 31_557_600  # seconds
HOUR, MINUTES = 3_600, 60
FINEST = 5  # minutes: slots of the hour with a column each
MONTH_END = 5  # last days of a month with a column each, counted backwards
EDGE = 3  # days at the start and at the end of a month; they interact with the weekday


@dataclass(frozen=True)
class Calendar:
    """Calendar facts of some periods, each (T,)."""

    frequency: Frequency
    phase: Integers
    """Place within the season: the weekday, or the hour of the day (see ``phases``)."""
    n_phases: int
    day: Integers
    days_left: Integers
    """Days left in the month; 1 on its last day."""
    angle: npt.NDArray[np.float64]
    """Place in the year, in radians."""
    time_of_day: Integers
    """Minutes since midnight."""
    to_christmas: Integers
    """Days until 25 December of the same year; negative after it."""


def phases(times: Times, frequency: str) -> tuple[Integers, int]:
    """Place within the season, and number of places.

    Days: the weekday on which a period begins. Hours and minutes: the hour of the day; the slot
    of the day for periods of several hours. Weeks, months and years have a single place.
    """
    parsed = parse_frequency(frequency)
    if parsed.unit == "D":
        return weekday_of(times).astype(np.intp), WEEKDAYS
    if parsed.is_subdaily:
        slot = max(parsed.seconds // HOUR, 1)
        hours = times.astype("datetime64[h]").astype(np.int64) % 24
        return np.asarray(hours // slot, dtype=np.intp), -(-24 // slot)
    return np.zeros(len(times), dtype=np.intp), 1


def calendar(times: Times, frequency: str) -> Calendar:
    """The calendar facts of these periods."""
    return _calendar(times.astype("datetime64[s]").tobytes(), frequency)


@lru_cache(maxsize=8)
def _calendar(raw: bytes, frequency: str) -> Calendar:
    times = np.frombuffer(raw, dtype="datetime64[s]")
    days = times.astype("datetime64[D]")
    months, years = days.astype("datetime64[M]"), days.astype("datetime64[Y]")
    phase, n_phases = phases(times, frequency)
    month, day = CHRISTMAS
    christmas = (years.astype("datetime64[M]") + (month - 1)).astype("datetime64[D]") + (day - 1)
    return Calendar(
        frequency=parse_frequency(frequency),
        phase=phase,
        n_phases=n_phases,
        day=(days - months).astype(np.intp) + 1,
        days_left=((months + 1).astype("datetime64[D]") - days).astype(np.intp),
        angle=2 * np.pi * ((days - years).astype(np.float64) + 0.5) / 365.25,
        time_of_day=(times - days).astype("timedelta64[m]").astype(np.intp),
        to_christmas=(christmas - days).astype(np.intp),
    )


def columns(times: Times, frequency: str, *, yearly: bool) -> Iterator[Block]:
    """All calendar columns of this frequency except holidays, values (T,)."""
    facts = calendar(times, frequency)
    yield from _within_month(times, facts)
    if yearly:
        per_year = round(YEAR / facts.frequency.seconds)
        most = HARMONICS.get(facts.frequency.unit, OTHER_HARMONICS)
        yield from _year(facts, min(most, per_year // 2))
    if facts.frequency.unit not in ("M", "Y"):
        yield from _christmas(facts, weekly=facts.frequency.unit == "W")


def _within_month(times: Times, facts: Calendar) -> Iterator[Block]:
    """Columns of the hour, the weekday and the day of the month, as the frequency allows."""
    unit = facts.frequency.unit
    if unit not in ("W", "M", "Y"):
        yield from _season(facts)
    if facts.frequency.is_subdaily:
        yield from _weekdays(times)
        yield from _month(facts)
        yield from _season_by_weekday(times, facts)
        if unit == "min":
            yield from _minutes(facts)
    elif unit == "D" and not facts.frequency.is_long:
        yield from _month(facts)
        yield from _month_edges(facts)
    elif unit in ("D", "W"):
        yield _block("month start", "month", "monthly", facts.day <= WEEKDAYS)
        yield _block("month end", "month", "monthly", facts.days_left <= WEEKDAYS)
    elif unit == "M":
        yield from _trading_days(times, facts.frequency)


def holidays(times: Times, frequency: str, dates: Mapping[str, Sequence[int]]) -> Iterator[Block]:
    """Public holidays and the days around them; ``dates`` are days since 1970 by name.

    For periods of several days, values count the days of the holiday in each period. If they are
    shorter than a month, they also have the counts of the period before and the period after.
    """
    parsed = parse_frequency(frequency)
    for name, holiday in dates.items():
        if parsed.is_long:
            starts = [*times, *next_periods(times[-1], frequency, 2)]
            within = _count_dates(np.array(starts), holiday)
            padded = np.concatenate([[0.0], within])
            around = {-1: padded[2:], 1: padded[:-2]} if parsed.unit in ("D", "W") else {}
            yield _block(f"holiday {name}", "holiday", "holidays", within[:-1])
        else:
            days = times.astype("datetime64[D]").astype(np.int64)
            around = {shift: np.isin(days - shift, holiday) for shift in (-2, -1, 1, 2)}
            yield _block(f"holiday {name}", "holiday", "holidays", np.isin(days, holiday))
        for shift, near in around.items():
            yield _block(f"holiday {name} {shift:+d}", "around holidays", "holidays", near)


def _count_dates(starts: Times, dates: Sequence[int]) -> npt.NDArray[np.float64]:
    """Number of the dates (days since 1970) in each period except the last, (T - 1,)."""
    days = starts.astype("datetime64[D]").astype(np.int64)
    place = np.searchsorted(np.sort(np.array(dates, dtype=np.int64)), days)
    return np.diff(place).astype(np.float64)


def _block(
    name: str, group: str, part: str, values: npt.NDArray[np.generic], *, own: bool = False
) -> Block:
    return Block(Column(name, group, part, own), values)


def _season(facts: Calendar) -> Iterator[Block]:
    for k in range(facts.n_phases):
        yield _block(f"season {k}", "season", "weekly", facts.phase == k, own=True)


def _weekdays(times: Times) -> Iterator[Block]:
    weekday, count = phases(times, "D")
    for k in range(count):
        yield _block(f"weekday {k}", "weekday", "weekly", weekday == k, own=True)


def _season_by_weekday(times: Times, facts: Calendar) -> Iterator[Block]:
    """Columns of each hour on each weekday: a Friday night is no later Thursday night."""
    weekday = phases(times, "D")[0]
    for k in range(facts.n_phases):
        for day in range(WEEKDAYS):
            both = (facts.phase == k) & (weekday == day)
            name = f"season {k} on weekday {day}"
            yield _block(name, "season by weekday", "weekly", both, own=True)


def _minutes(facts: Calendar) -> Iterator[Block]:
    """Columns of the time of day, smooth and by the minute of the hour."""
    angle = 2 * np.pi * facts.time_of_day / (24 * MINUTES)
    for k in range(1, OF_DAY + 1):
        group, own = f"day {(k - 1) // 4}", k <= OWN_HARMONICS
        yield _block(f"day cos {k}", group, "daily", np.cos(k * angle), own=own)
        yield _block(f"day sin {k}", group, "daily", np.sin(k * angle), own=own)
    width = max(facts.frequency.multiple, FINEST)
    for k in range(-(-MINUTES // width)):
        slot = facts.time_of_day % MINUTES // width == k
        yield _block(f"minute {k * width}", "minute", "daily", slot)


def _trading_days(times: Times, frequency: Frequency) -> Iterator[Block]:
    """Number of each weekday in a period of months; together they give its length."""
    after = frequency.starts(frequency.ordinals(times) + 1).astype("datetime64[D]")
    for k, mask in enumerate(np.eye(WEEKDAYS, dtype=bool)):
        count = np.busday_count(times.astype("datetime64[D]"), after, weekmask=mask)
        usual = 4.0 * frequency.multiple
        yield _block(f"weekdays {k}", "trading days", "monthly", count - usual)


def _month(facts: Calendar) -> Iterator[Block]:
    for k in range(1, 32):
        own = k in (1, 30, 31)
        yield _block(f"day {k}", "day of month", "monthly", facts.day == k, own=own)
    for k in range(1, MONTH_END + 1):
        name, last = f"days left {k}", facts.days_left == k
        yield _block(name, "day of month", "monthly", last, own=k <= 2)


def _month_edges(facts: Calendar) -> Iterator[Block]:
    for k in range(facts.n_phases):
        for name, edge in (("start", facts.day <= EDGE), ("end", facts.days_left <= EDGE)):
            both = (facts.phase == k) & edge
            yield _block(f"season {k} at month {name}", "season at month edge", "monthly", both)


def _year(facts: Calendar, harmonics: int) -> Iterator[Block]:
    for k in range(1, harmonics + 1):
        group, own = f"year {(k - 1) // 4}", k <= OWN_HARMONICS
        yield _block(f"year cos {k}", group, "yearly", np.cos(k * facts.angle), own=own)
        yield _block(f"year sin {k}", group, "yearly", np.sin(k * facts.angle), own=own)
    if facts.frequency.unit == "D":
        for k in range(facts.n_phases):
            for wave, values in _waves(facts.angle):
                both = (facts.phase == k) * values
                name = f"season {k} {wave}"
                own = k >= 5 and wave.endswith("1")
                yield _block(name, "season by year", "yearly", both, own=own)


def _waves(angle: npt.NDArray[np.float64]) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
    for k in (1, 2):
        yield f"cos {k}", np.cos(k * angle)
        yield f"sin {k}", np.sin(k * angle)


def _christmas(facts: Calendar, *, weekly: bool) -> Iterator[Block]:
    """Columns of the days and weeks around Christmas.

    The effect of a day is a step from the day next to it. So a day that was a Sunday last year,
    with nearly all stores closed, gets an effect close to that of its neighbours.
    """
    left = facts.to_christmas
    for k in () if weekly else range(1, BEFORE_CHRISTMAS + 1):
        within = (left > 0) & (left <= k)
        yield _block(f"christmas within {k}", "christmas", "christmas", within, own=k <= 9)
    for k in range(0 if weekly else 2, 5):
        week = (left > WEEKDAYS * k) & (left <= WEEKDAYS * (k + 1))
        yield _block(f"christmas week -{k}", "christmas", "christmas", week)
    for k in () if weekly else range(1, WEEKDAYS):
        past = (left < 0) & (left >= -k)
        yield _block(f"christmas past {k}", "christmas", "christmas", past)
    if weekly:
        yield _block("christmas +", "christmas", "christmas", left <= 0)
