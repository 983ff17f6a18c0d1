"""Date texts: reads a column of dates, weeks or months, written in any usual way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from forecast_service.errors import Remedy
from forecast_service.importer.values.conventions import UNKNOWN, Conventions
from forecast_service.importer.values.date_patterns import (
    COMPACT,
    DOTTED,
    MONTH,
    SERIAL,
    SLASHED,
    WEEK,
    WEEK_TITLE,
    YEAR_FIRST,
    full_year,
    named,
    without_time,
)
from forecast_service.importer.values.text_columns import EPOCH, Describe, encode, iso, shorten

__all__ = ["FIRST_YEAR", "LAST_YEAR", "Days", "choose_order", "parse_days"]

ORDER_WORDS = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}
FIRST_YEAR, LAST_YEAR = 1970, 2100
SERIAL_START = dt.date(1899, 12, 30).toordinal()  # day 0 of a spreadsheet
SERIAL_YEARS = (1990, 2060)  # whole numbers are days of a spreadsheet only if all are in these


@dataclass(frozen=True)
class Days:
    """A column of dates as days since 1970-01-01; -1 in the ``bad`` rows."""

    values: npt.NDArray[np.int64]
    bad: npt.NDArray[np.intp]
    describe: Describe
    remedy: Remedy | None = None
    note: str | None = None
    """How the dates were read, if they are not plainly dates."""


def choose_order(columns: Iterable[pa.ChunkedArray], known: str | None) -> str | None:
    """The order of day and month in all files of a delivery; None if nothing tells.

    A day above 12 in any of the files decides, or else ``known``.
    """
    firsts, seconds = 0, 0
    for column in columns:
        texts = _texts(column)
        dates = [m for text in texts if (m := SLASHED.fullmatch(text))]
        if not _year_is_last(texts):
            dates = [match for match in dates if len(match[4]) == 4]
        firsts += sum(int(match[1]) > 12 for match in dates)
        seconds += sum(int(match[3]) > 12 for match in dates)
    if firsts == seconds or known == "ymd":
        return known
    return "dmy" if firsts > seconds else "mdy"


def parse_days(column: pa.ChunkedArray, title: str, conventions: Conventions = UNKNOWN) -> Days:
    """The days of a column; ``conventions.date_order`` tells the order of dates like 1/2/2024."""
    codes, texts = encode(column)
    stripped = [text.strip() for text in texts]
    reader = _Reader(title, stripped, conventions)
    days = [reader.day(text) for text in stripped]
    table = np.array([-1 if day is None else day for day in days] + [-1], dtype=np.int64)
    values = table[codes]
    bad = np.flatnonzero(values < 0)
    remedies = {reader.remedy(stripped[code] if code >= 0 else "") for code in set(codes[bad])}

    def describe(row: int) -> str:
        return f"'{title}' {reader.fault(stripped[codes[row]] if codes[row] >= 0 else '')}"

    return Days(values, bad, describe, next(iter(remedies - {None}), None), reader.note(days))


class _Reader:
    """Reads the texts of one column, in the one way that its texts allow."""

    def __init__(self, title: str, texts: Sequence[str], conventions: Conventions) -> None:
        self.title = title
        self.texts = texts
        self.order = conventions.date_order
        self.adds_up = conventions.adds_up
        self.dates = [date for date, _ in map(without_time, texts) if date]
        self.serial = _are_serials(self.dates)
        compact = [match for date in self.dates if (match := COMPACT.fullmatch(date))]
        self.compact = len(compact) == len(self.dates)
        weeks = any(int(match[2]) > 12 for match in compact)
        self.compact_weeks = bool(WEEK_TITLE.search(title)) or (weeks and self.compact)
        self.year_is_last = _year_is_last(self.dates) or self.order in ("dmy", "mdy")

    def day(self, text: str) -> int | None:
        date, midnight = without_time(text)
        if not date or not (midnight or self.adds_up):
            return None
        parts = self._parts(date)
        try:
            day = None if parts is None else dt.date(*parts)
        except ValueError:
            return None
        if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
            return None
        return day.toordinal() - EPOCH

    def _parts(self, date: str) -> tuple[int, int, int] | None:
        """Year, month and day of a text."""
        if self.serial and (match := SERIAL.fullmatch(date)):
            day = dt.date.fromordinal(SERIAL_START + int(match[1]))
            return day.year, day.month, day.day
        if match := YEAR_FIRST.fullmatch(date):
            year, month, day_of_month = (int(g) for g in match.groups() if g and g.isdigit())
            return year, month, day_of_month
        if match := DOTTED.fullmatch(date):
            return self._with_year(match[3], int(match[2]), int(match[1]), ordered=False)
        if match := SLASHED.fullmatch(date):
            return self._slashed(match[1], match[3], match[4])
        return named(date) or self._week(date) or self._month(date)

    def _slashed(self, first: str, second: str, third: str) -> tuple[int, int, int] | None:
        if self.order == "ymd" and len(third) == 2:
            return full_year(first), int(second), int(third)
        if self.order not in ("dmy", "mdy"):
            return None
        day, month = (first, second) if self.order == "dmy" else (second, first)
        return self._with_year(third, int(month), int(day), ordered=True)

    def _with_year(
        self, year: str, month: int, day: int, *, ordered: bool
    ) -> tuple[int, int, int] | None:
        if len(year) == 2 and self.order == "ymd" and not ordered:
            return full_year(f"{day:02}"), month, int(year)
        if len(year) == 2 and not self.year_is_last:
            return None
        return full_year(year), month, day

    def _week(self, date: str) -> tuple[int, int, int] | None:
        """First day of a week by name."""
        if match := WEEK.fullmatch(date):
            year, week = int(match[1] or match[5]), int(match[2] or match[4])
        elif self.compact and self.compact_weeks and (match := COMPACT.fullmatch(date)):
            year, week = int(match[1]), int(match[2])
        else:
            return None
        try:
            monday = dt.date.fromisocalendar(year, week, 1)
        except ValueError:
            return None
        return monday.year, monday.month, monday.day

    def _month(self, date: str) -> tuple[int, int, int] | None:
        """First day of a month by name."""
        if match := MONTH.fullmatch(date):
            month = match[2] or match[3] or match[4] or match[5]
            return int(match[1] or match[6]), int(month), 1
        if self.compact and not self.compact_weeks and (match := COMPACT.fullmatch(date)):
            return int(match[1]), int(match[2]), 1
        return None

    def remedy(self, text: str) -> Remedy | None:
        """What helps with a text that was not read."""
        date, midnight = without_time(text)
        if date and not (midnight or self.adds_up) and self._parts(date) is not None:
            return Remedy.ADD_UP_ROWS
        return Remedy.NAME_DATE_ORDER if self._is_open(date) else None

    def _is_open(self, date: str) -> bool:
        """Whether the date can be read in several ways, and nothing tells which."""
        match = SLASHED.fullmatch(date) or DOTTED.fullmatch(date)
        if match is None:
            return False
        short = len(match.groups()[-1]) == 2
        has_order = self.order is not None or DOTTED.fullmatch(date) is not None
        return not has_order or (short and not self.year_is_last and self.order != "ymd")

    def fault(self, text: str) -> str:
        """Why a text was not read."""
        if not text:
            return "is empty; every row needs a date such as 2015-07-31"
        date, midnight = without_time(text)
        if self._is_open(date):
            return f"is {shorten(text)}; is the day or the month first? Write it as 2015-07-31"
        parts = self._parts(date)
        if not midnight and not self.adds_up and parts is not None:
            return (
                f"is {shorten(text)}, which has a time of day; add up the sales of each day first"
            )
        if parts is not None and not FIRST_YEAR <= parts[0] <= LAST_YEAR:
            return f"is {shorten(text)}; allowed are the years {FIRST_YEAR} to {LAST_YEAR}"
        if SERIAL.fullmatch(date):
            return (
                f"is {shorten(text)}, which is not a date; numbers are read as days of a "
                f"spreadsheet only if the whole column lies in {SERIAL_YEARS[0]} to "
                f"{SERIAL_YEARS[1]}"
            )
        if self.order is not None and SLASHED.fullmatch(date):
            return (
                f"is {shorten(text)}, which is not a date with the {ORDER_WORDS[self.order]}, "
                "as in other rows; write it as 2015-07-31"
            )
        return f"is {shorten(text)}, which is not a date; write it as 2015-07-31"

    def note(self, days: Sequence[int | None]) -> str | None:
        """How an example was read, if it is a number, a week or a month by name."""
        for text, day in zip(self.texts, days, strict=True):
            if day is None:
                continue
            date, _ = without_time(text)
            if self.serial:
                return (
                    f"'{self.title}' has day numbers of a spreadsheet: {shorten(text)} is read as "
                    f"{iso(day)}."
                )
            if YEAR_FIRST.fullmatch(date):
                return None
            if self._week(date) is not None:
                return (
                    f"'{self.title}' has ISO weeks: {shorten(text)} is the week that begins on "
                    f"Monday {iso(day)}."
                )
            if SLASHED.fullmatch(date) and self.order is not None:
                return (
                    f"'{self.title}' has dates with the {ORDER_WORDS[self.order]}: "
                    f"{shorten(text)} is read as {iso(day)}."
                )
            return None
        return None


def _texts(column: pa.ChunkedArray) -> list[str]:
    return [without_time(text.strip())[0] for text in encode(column)[1]]


def _are_serials(dates: Sequence[str]) -> bool:
    """Whether all texts are day numbers of a spreadsheet, in the years that sales come from."""
    if not dates or not all(SERIAL.fullmatch(date) for date in dates):
        return False
    first, last = (
        dt.date(SERIAL_YEARS[0], 1, 1).toordinal(),
        dt.date(SERIAL_YEARS[1], 12, 31).toordinal(),
    )
    return all(first <= SERIAL_START + int(date[:5]) <= last for date in dates)


def _year_is_last(dates: Sequence[str]) -> bool:
    """Whether the years of two digits stand last: they change less often than the days."""
    matches = [m for d in dates if (m := DOTTED.fullmatch(d) or SLASHED.fullmatch(d))]
    parts = [(m[1], m.groups()[-1]) for m in matches if len(m.groups()[-1]) == 2]
    return len({last for _, last in parts}) <= len({first for first, _ in parts})
