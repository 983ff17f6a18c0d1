"""Rules that fill covariates: in empty cells, and on days after the known future."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from forecast_service.common.wording.coded import say
from forecast_service.importer.files.column_names import OPEN
from forecast_service.importer.files.periods import DAILY, Periods
from forecast_service.importer.long_rows import DAYS, Floats, Ints, LongRows

__all__ = ["FillRules", "open_by_rests", "rule_for"]

OPEN_DAYS = 56  # eight weeks, to see on which weekdays a store opens


def rule_for(covariates: Collection[str]) -> str:
    """The rule that fills covariates with these names, in words."""
    return say("rule_with_open" if OPEN in covariates else "rule_without_open")


class FillRules:
    """The rules for one import, learned from rows of covariates (NaN is unknown)."""

    def __init__(
        self,
        rows: LongRows,
        last_sale: Ints,
        periods: Periods = DAILY,
        rests: npt.NDArray[np.bool_] | None = None,
        *,
        opens_by_rests: bool = False,
    ) -> None:
        """``last_sale`` is the day of the last sale of every series; -1 when it never sold.

        ``rests``: per series and weekday, whether its store never sold then; with
        ``opens_by_rests``, it is open on all other days.
        """
        self._n = len(rows.keys)
        self._periods = periods
        self._rests = np.zeros((self._n, 7), dtype=bool) if rests is None else rests
        self._last = {
            name: self._last_known(rows, column)
            for name, column in rows.values.items()
            if not _is_binary(column)
        }
        self._open: Floats | None = None
        if opens_by_rests:
            self._open = (~self._rests).astype(np.float64)
        elif OPEN in rows.values and OPEN not in self._last:
            self._open = self._weekdays(rows, last_sale)

    def values_by_rule(self, name: str, series: Ints, day: Ints) -> Floats:
        """Value of a covariate by rule, for each pair of series and day."""
        if name == OPEN and self._open is not None:
            return self._open[series, self._periods.slot(day)]
        if name in self._last:
            return self._last[name][series]
        return np.zeros(len(series))

    def fill_cells(self, rows: LongRows) -> tuple[LongRows, int]:
        """The rows without NaN, and the number of filled cells.

        A column with other numbers than 0 and 1 is carried forward inside each series.
        """
        count = 0
        values = dict(rows.values)
        for name, column in rows.values.items():
            empty = np.isnan(column)
            if not empty.any():
                continue
            count += int(empty.sum())
            filled = _carry(rows.series, column) if name in self._last else column.copy()
            is_empty = np.isnan(filled)
            series, day = rows.series[is_empty], rows.day[is_empty]
            filled[is_empty] = self.values_by_rule(name, series, day)
            values[name] = filled
        return LongRows(rows.keys, rows.series, rows.day, values), count

    def extend(self, covered_until: Ints, until: int, rows: LongRows) -> LongRows:
        """New rows from the day after ``covered_until`` to ``until``.

        ``covered_until`` has a day per series; -1 leaves the series out.
        """
        missing = self._periods.between(covered_until, np.int64(until))
        lengths = np.where(covered_until < 0, 0, np.maximum(missing, 0))
        series = np.repeat(np.arange(self._n), lengths)
        starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
        ahead = 1 + np.arange(len(series)) - starts
        day = self._periods.after(covered_until[series], ahead)
        values = {name: self.values_by_rule(name, series, day) for name in rows.values}
        return LongRows(rows.keys, series, day, values)

    def complete(self, rows: LongRows, first: Ints, last: Ints, until: int) -> LongRows:
        """New rows for days without one: inside what is planned, and on rest days of the past.

        ``first`` and ``last`` are the days of the first and last sale of every series; -1: none.
        """
        covered = np.minimum(rows.last_days(), until)
        begins = np.where(self._completes_past(), first, self._periods.after(last, 1))
        lengths = np.where(
            (last < 0) | (covered < begins), 0, self._periods.between(begins, covered) + 1
        )
        series = np.repeat(np.arange(self._n), lengths)
        ahead = np.arange(len(series)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        day = self._periods.after(begins[series], ahead)
        needed = (day > last[series]) | self._is_closed(series, day)
        needed &= ~np.isin(series * DAYS + day, rows.code)
        series, day = series[needed], day[needed]
        values = {name: self.values_by_rule(name, series, day) for name in rows.values}
        return LongRows(rows.keys, series, day, values)

    def _completes_past(self) -> npt.NDArray[np.bool_]:
        """Per series: whether it has rest days that ``open`` can state."""
        return np.asarray(self._rests.any(axis=1) & (self._open is not None))

    def _is_closed(self, series: Ints, day: Ints) -> npt.NDArray[np.bool_]:
        if self._open is None:
            return np.zeros(len(series), dtype=bool)
        return np.asarray(self._rests[series, self._periods.slot(day)])

    def _weekdays(self, rows: LongRows, last_sale: Ints) -> Floats:
        """1 (open) or 0 (closed) per series and weekday; shape (n, 7), Monday first."""
        column = rows.values[OPEN]
        last = last_sale[rows.series]
        recent = (rows.day > last - OPEN_DAYS) & (rows.day <= last) & ~np.isnan(column)
        slot = rows.series[recent] * 7 + self._periods.slot(rows.day[recent])
        shape = (self._n, 7)
        count = np.bincount(slot, minlength=self._n * 7).reshape(shape)
        opened = np.bincount(slot, weights=column[recent], minlength=self._n * 7).reshape(shape)
        unseen = (~self._rests).astype(np.float64)
        return np.where(count == 0, unseen, (opened * 2 >= count).astype(np.float64))

    def _last_known(self, rows: LongRows, column: Floats) -> Floats:
        """The last known value per series; the average of all rows where a series has none."""
        known = np.flatnonzero(~np.isnan(column))
        average = float(column[known].mean()) if len(known) else 0.0
        last = np.full(self._n, average)
        last[rows.series[known]] = column[known]  # the last assignment stays
        return last


def open_by_rests(rows: LongRows, rests: npt.NDArray[np.bool_], periods: Periods) -> LongRows:
    """The rows with the covariate ``open`` as the rest days of stores state it."""
    opened = 1.0 - rests[rows.series, periods.slot(rows.day)].astype(np.float64)
    return LongRows(rows.keys, rows.series, rows.day, {**rows.values, OPEN: opened})


def _is_binary(column: Floats) -> bool:
    return bool(np.all((column == 0) | (column == 1) | np.isnan(column)))


def _carry(series: Ints, column: Floats) -> Floats:
    """Replace every NaN by the value before it, or else after it, in the same series."""
    forward = column[_carry_index(series, ~np.isnan(column))]
    backward = column[::-1][_carry_index(series[::-1], ~np.isnan(column[::-1]))][::-1]
    return np.where(np.isnan(forward), backward, forward)


def _carry_index(series: Ints, known: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    own = np.arange(len(series))
    at = np.maximum.accumulate(np.where(known, own, 0))
    return np.where(series[at] == series, at, own)
