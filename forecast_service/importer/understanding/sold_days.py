"""Days without a row: which of them sold nothing, and what looks as if they did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.importer.files.periods import Periods
from forecast_service.importer.long_rows import DAYS, Ints, LongRows, sorted_rows

__all__ = ["SoldDays", "add_zeros", "only_sold_days"]

WEEK = 7
LEAST_ROWS = 5
FEW_DAYS = 0.7  # share of days with rows; more are days of an ordinary history with some gaps
OFTEN = 0.5  # of the series must look like this


@dataclass(frozen=True)
class SoldDays:
    """Series that seem to have rows on the days of their sales only."""

    series: int
    rows: int
    days: int
    """Rows, and days from the first row of each to its last."""
    example: int
    example_rows: int
    example_days: int


def only_sold_days(
    rows: LongRows, periods: Periods, rests: npt.NDArray[np.bool_]
) -> SoldDays | None:
    """What looks like rows on days with sales only; None if it does not.

    No row of any series says 0, and most series have rows on fewer than seven tenths of their
    days. ``rests`` flags the weekdays per series on which its store never sells: they do not count.
    """
    target = rows.values["target"]
    if not len(rows) or (target == 0).any():
        return None
    n_series = len(rows.keys)
    count = np.bincount(rows.series, minlength=n_series)
    first = np.full(n_series, np.iinfo(np.int64).max)
    np.minimum.at(first, rows.series, rows.day)
    known = count > 0
    span = np.zeros(n_series, dtype=np.int64)
    span[known] = periods.between(first[known], rows.last_days()[known]) + 1
    span = span * (WEEK - rests.sum(axis=1)) // WEEK
    gaps = _gaps(rows, periods)
    few = (count >= LEAST_ROWS) & (count < FEW_DAYS * span) & (gaps >= LEAST_ROWS - 1)
    if not few.any() or few.sum() < OFTEN * (count >= LEAST_ROWS).sum():
        return None
    example = int(np.flatnonzero(few)[np.argmin(count[few] / span[few])])
    return SoldDays(
        int(few.sum()),
        int(count[few].sum()),
        int(span[few].sum()),
        example,
        int(count[example]),
        int(span[example]),
    )


def add_zeros(rows: LongRows, old: LongRows, ends: Ints, periods: Periods) -> tuple[LongRows, int]:
    """The rows and one of 0 for each period without a row, and the number of these.

    Periods count from the last earlier sale of a series, or else from its first row, to ``ends``
    (a day per series; -1: none). Rows that say "unknown" stay.
    """
    begins = old.last_days()
    first = np.full(len(rows.keys), np.iinfo(np.int64).max)
    np.minimum.at(first, rows.series, rows.day)
    begins = np.where(begins >= 0, begins, np.where(first <= ends, first, -1))
    lengths = np.where(
        (begins >= 0) & (ends > begins), np.maximum(periods.between(begins, ends), 0), 0
    )
    series = np.repeat(np.arange(len(rows.keys)), lengths)
    ahead = 1 + np.arange(len(series)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    day = periods.after(begins[series], ahead)
    absent = ~np.isin(series * DAYS + day, rows.code)
    series, day = series[absent], day[absent]
    zeros = {name: np.zeros(len(series)) for name in rows.values}
    added = LongRows(rows.keys, series, day, zeros)
    values = {n: np.concatenate([rows.values[n], added.values[n]]) for n in rows.values}
    joined = sorted_rows(
        rows.keys,
        np.concatenate([rows.series, series]),
        np.concatenate([rows.day, day]),
        values,
    )
    return joined, len(series)


def _gaps(rows: LongRows, periods: Periods) -> Ints:
    """The number of gaps between the rows of each series."""
    inside = np.diff(rows.series) == 0
    wide = periods.after(rows.day[:-1], 1) < rows.day[1:]
    return np.bincount(rows.series[:-1][inside & wide], minlength=len(rows.keys))
