"""Periods: whether the rows of an import are days, weeks or months, and counting in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.calendar import WEEKDAYS, parse_frequency
from forecast_service.errors import InvalidData
from forecast_service.importer.files.findings import Findings
from forecast_service.importer.files.sheets import Sheet
from forecast_service.importer.files.text_columns import iso
from forecast_service.importer.long_rows import DAYS, Ints

__all__ = ["DAILY", "WEEKDAY_NAMES", "Periods", "choose_periods"]

Days = Ints | np.int64
Flags = npt.NDArray[np.bool_]

MONDAY_OFFSET = 3  # 1970-01-01 was a Thursday
MOSTLY = 0.9  # share of the steps between rows from which the others count as mistakes
LEAST_STEPS = 3  # between rows of a series, to tell weeks and months from single days
SHORTEST_MONTH = 28
MONTHS = (30, 31)  # days from one row to the next, most often, if a row is a month
FEW_MONTHS = (28, 29)  # the same, if there are few months and February is one
SLACK = 15  # a step counts as another when they differ by at most this part: 90 days, 92 days
WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NOUNS = {"D": "day", "W": "week", "M": "month"}


@dataclass(frozen=True)
class Periods:
    """The periods of rows: days, weeks that begin on one weekday, or months.

    A period is a day since 1970-01-01: its first one. ``code`` is the engine's frequency code.
    """

    code: str = "D"

    @property
    def noun(self) -> str:
        """Such as ``week``."""
        return NOUNS[self.unit]

    @property
    def unit(self) -> str:
        """D, W or M."""
        return parse_frequency(self.code).unit

    @property
    def weekday(self) -> int:
        """On which weeks begin; 0 is Monday."""
        return parse_frequency(self.code).weekday

    def floor(self, day: Ints) -> Ints:
        """First day of the period that holds each day."""
        return self._day(self._index(day))

    def after(self, day: Days, count: int | Ints) -> Ints:
        """The period that comes ``count`` periods later (negative: earlier)."""
        return self._day(self._index(day) + count)

    def between(self, first: Days, last: Days) -> Ints:
        """How many periods ``last`` comes after ``first``."""
        return self._index(last) - self._index(first)

    def slot(self, day: Ints) -> Ints:
        """Weekday of each day, 0 is Monday; a month has none (0)."""
        if self.unit == "M":
            return np.zeros_like(day)
        return np.asarray((day + MONDAY_OFFSET) % 7)

    def _index(self, day: Days) -> Ints:
        days = np.asarray(day, dtype=np.int64)
        if self.unit == "M":
            return np.asarray(days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64))
        return (days + MONDAY_OFFSET - self.weekday) // 7 if self.unit == "W" else days

    def _day(self, index: Ints) -> Ints:
        if self.unit == "M":
            return np.asarray(
                index.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
            )
        return index * 7 - MONDAY_OFFSET + self.weekday if self.unit == "W" else index


DAILY = Periods()


def choose_periods(
    sheets: Sequence[Sheet], series: Ints, day: Ints, *, fixed: str | None, fresh: Flags | None
) -> Periods:
    """What a row is: as the dataset group has it (``fixed``), else by the steps between rows.

    ``series`` and ``day`` have one entry per row of the sheets, one after the other. ``fresh``
    flags those after the last sale that is known already: corrections of single days have steps
    of any size. None: this import replaces all data.

    Raises
    ------
    InvalidData
        The rows are weeks and some are not dated on their weekday, or they are something else
        than what the dataset group has, or neither days, nor weeks, nor months.
    """
    rows = slice(None) if fresh is None else _told(series, fresh)
    found = _recognised(series[rows], day[rows])
    if fixed is not None:
        # Days are what is found, too, where rows of weeks or months were left out.
        allowed = {Periods(fixed).unit} if fresh is None else {Periods(fixed).unit, DAILY.unit}
        if found is not None and found.unit not in allowed:
            raise InvalidData(
                f"'{sheets[0].name}' has a row per {found.noun}, and the dataset group one per "
                f"{Periods(fixed).noun}. Import the same kind of data, or set "
                "FORECAST_DATASET_NAME and FORECAST_DATASET_GROUP to new names."
            )
        found = Periods(fixed)
    found = found or DAILY
    if found.unit == "W":
        _refuse_other_weekdays(sheets, found)
    return found


def _recognised(series: Ints, day: Ints) -> Periods | None:
    """Periods by the most common step from a row of a series to the next; None: too few rows."""
    code = np.sort(series * DAYS + day)
    steps = np.diff(code % DAYS)[np.diff(code // DAYS) == 0]
    steps = steps[steps > 0]
    if len(steps) < LEAST_STEPS:
        return None
    usual = int(np.argmax(np.bincount(steps)))
    if usual == 7 and (steps % 7 == 0).mean() >= MOSTLY:
        weekdays = np.bincount((day + MONDAY_OFFSET) % 7, minlength=7)
        begin = WEEKDAYS[int(np.argmax(weekdays))]
        return Periods("W" if begin == WEEKDAYS[0] else f"W-{begin}")
    is_month = usual in MONTHS or (usual in FEW_MONTHS and _follow_months(day))
    if is_month and (steps >= SHORTEST_MONTH).mean() >= MOSTLY:
        return Periods("M")
    if usual >= 7 and (np.abs(steps - usual) <= usual // SLACK).mean() >= MOSTLY:
        about = "" if (steps == usual).all() else "about "
        raise InvalidData(
            f"The rows of a store are {about}{usual} days apart. Send a row per day, per week "
            "(always dated on the same weekday) or per month."
        )
    return DAILY


def _told(series: Ints, fresh: Flags) -> Flags:
    """Flags the fresh rows of those series that have enough of them to tell their periods."""
    counts = np.bincount(series[fresh], minlength=int(series.max(initial=0)) + 1)
    return fresh & (counts > LEAST_STEPS)[series]


def _follow_months(day: Ints) -> bool:
    """Whether all days are the same one of their months, or the last."""
    days = day.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    from_start = days - months.astype("datetime64[D]")
    to_end = (months + 1).astype("datetime64[D]") - days
    return bool((from_start == from_start[0]).all() or (to_end == to_end[0]).all())


def _refuse_other_weekdays(sheets: Sequence[Sheet], weeks: Periods) -> None:
    for sheet in sheets:

        def describe(row: int, sheet: Sheet = sheet) -> str:
            day = int(sheet.days[row])
            return (
                f"{iso(day)} is a {WEEKDAY_NAMES[(day + MONDAY_OFFSET) % 7]}; the data have a row "
                f"per week, dated on {WEEKDAY_NAMES[weeks.weekday]}s. Date every week on the same "
                "weekday"
            )

        findings = Findings(sheet.name, sheet.raw.places)
        wrong: npt.NDArray[np.bool_] = (sheet.days + MONDAY_OFFSET) % 7 != weeks.weekday
        findings.add(np.flatnonzero(wrong), describe)
        findings.refuse()
