"""Periods: recognises rows as days, weeks or months, and counts in them."""

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
MOSTLY = 0.9  # of the steps between rows; if so many agree, the others are mistakes
LEAST_STEPS = 3  # fewer steps between rows do not show whether they are weeks or months
SHORTEST_MONTH = 28
MONTHS = (30, 31)  # most frequent step in days, if a row is a month
FEW_MONTHS = (28, 29)  # the same, for a few months with a February
SLACK = 15  # steps that differ by at most a 15th count as equal: 90 and 92 days
WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NOUNS = {"D": "day", "W": "week", "M": "month"}


@dataclass(frozen=True)
class Periods:
    """Days, weeks that begin on one weekday, or months.

    A period is given by its first day, counted from 1970-01-01. ``code`` is the frequency code of
    the engine.
    """

    code: str = "D"

    @property
    def noun(self) -> str:
        """``day``, ``week`` or ``month``."""
        return NOUNS[self.unit]

    @property
    def unit(self) -> str:
        """D, W or M."""
        return parse_frequency(self.code).unit

    @property
    def weekday(self) -> int:
        """First day of the weeks; 0 is Monday."""
        return parse_frequency(self.code).weekday

    def floor(self, day: Ints) -> Ints:
        """First day of the period that contains each day."""
        return self._day(self._index(day))

    def after(self, day: Days, count: int | Ints) -> Ints:
        """The period that comes ``count`` periods later (negative: earlier)."""
        return self._day(self._index(day) + count)

    def between(self, first: Days, last: Days) -> Ints:
        """Number of periods from ``first`` to ``last``."""
        return self._index(last) - self._index(first)

    def slot(self, day: Ints) -> Ints:
        """Weekday of each day, 0 is Monday; always 0 for months."""
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
    """The periods of the rows: those of the dataset group, or else by the steps between rows.

    Parameters
    ----------
    series, day: one entry per row of the sheets, one sheet after the other.
    fixed: frequency of the dataset group; None before its first import.
    fresh: flags the rows after the last sale of earlier imports. Only these show the periods:
        corrections of single days have steps of any size. None: this import replaces all data.

    Raises
    ------
    InvalidData
        The rows are not days, weeks or months; they differ from the dataset group; or some weeks
        have another weekday.
    """
    rows = slice(None) if fresh is None else _enough_fresh_rows(series, fresh)
    periods = _recognise(series[rows], day[rows])
    if fixed is not None:
        # Weeks or months with missing rows look like days.
        allowed = {Periods(fixed).unit} if fresh is None else {Periods(fixed).unit, DAILY.unit}
        if periods is not None and periods.unit not in allowed:
            raise InvalidData(
                f"'{sheets[0].name}' has one row per {periods.noun}, but the dataset group has one "
                f"per {Periods(fixed).noun}. Import the same kind of data, or set "
                "FORECAST_DATASET_NAME and FORECAST_DATASET_GROUP to new names."
            )
        periods = Periods(fixed)
    periods = periods or DAILY
    if periods.unit == "W":
        _refuse_other_weekdays(sheets, periods)
    return periods


def _recognise(series: Ints, day: Ints) -> Periods | None:
    """Periods by the most frequent step between rows of a series; None: too few rows."""
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
            f"The rows of a store are {about}{usual} days apart. Send one row per day, per week "
            "(always dated on the same weekday) or per month."
        )
    return DAILY


def _enough_fresh_rows(series: Ints, fresh: Flags) -> Flags:
    """The fresh rows of series that have enough of them to recognise their periods."""
    counts = np.bincount(series[fresh], minlength=int(series.max(initial=0)) + 1)
    return fresh & (counts > LEAST_STEPS)[series]


def _follow_months(day: Ints) -> bool:
    """Whether all dates have the same day of the month, or all are the last of their months."""
    days = day.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    from_start = days - months.astype("datetime64[D]")
    to_end = (months + 1).astype("datetime64[D]") - days
    return bool((from_start == from_start[0]).all() or (to_end == to_end[0]).all())


def _refuse_other_weekdays(sheets: Sequence[Sheet], weeks: Periods) -> None:
    for sheet in sheets:

        def describe(row: int, sheet: Sheet = sheet) -> str:
            day = int(sheet.days[row])
            own, usual = (day + MONDAY_OFFSET) % 7, weeks.weekday
            return (
                f"{iso(day)} is a {WEEKDAY_NAMES[own]}, but the other weeks are dated on "
                f"{WEEKDAY_NAMES[usual]}s. Date every week on the same weekday"
            )

        findings = Findings(sheet.name, sheet.raw.places)
        wrong: npt.NDArray[np.bool_] = (sheet.days + MONDAY_OFFSET) % 7 != weeks.weekday
        findings.add(np.flatnonzero(wrong), describe)
        findings.refuse()
