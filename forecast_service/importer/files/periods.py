"""Periods: days, weeks or months, and how to count in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast_service.engine.periods.frequency import parse_frequency
from forecast_service.importer.long_rows import Ints

__all__ = ["DAILY", "MONDAY_OFFSET", "WEEKDAY_NAMES", "Periods", "weekday_name"]

Days = Ints | np.int64
MONDAY_OFFSET = 3  # 1970-01-01 was a Thursday
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

    def starts_on(self, day: int) -> bool:
        """Whether periods are weeks that begin on the weekday of this day."""
        return self.unit == "W" and (day + MONDAY_OFFSET) % 7 == self.weekday

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


def weekday_name(day: int) -> str:
    """Monday to Sunday, of a day counted from 1970-01-01."""
    return WEEKDAY_NAMES[(day + MONDAY_OFFSET) % 7]
