"""Matrices from the rows of a table: one row per series, one column per period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from forecast_service.common.codes import combined, dictionary_codes
from forecast_service.engine.panel import FloatArray

__all__ = ["Positions", "SeriesRows", "aggregate", "series_rows", "spread"]

Positions = npt.NDArray[np.int64]

DENSE_SIZE = 20_000_000  # up to this many codes, a lookup table replaces sorting


@dataclass(frozen=True)
class SeriesRows:
    """The series of each row of a table; ``keys`` are sorted."""

    keys: tuple[tuple[str, ...], ...]
    rows: Positions
    """Index into ``keys``, one per row of the table."""


def series_rows(table: pa.Table, names: Sequence[str]) -> SeriesRows:
    """The series of a table; the text columns ``names`` identify them."""
    columns = [dictionary_codes(table[name]) for name in names]
    codes, size = combined([(codes, max(len(texts), 1)) for codes, texts in columns])
    first, rows = _distinct(codes, size)
    parts = [[texts[code] for code in codes[first].tolist()] for codes, texts in columns]
    keys = list(zip(*parts, strict=True))
    order = sorted(range(len(keys)), key=keys.__getitem__)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return SeriesRows(tuple(keys[index] for index in order), rank[rows])


def _distinct(codes: Positions, size: int) -> tuple[Positions, Positions]:
    """One row per distinct code, and for every row the index of its code among them."""
    if size > DENSE_SIZE:
        _, first, rows = np.unique(codes, return_index=True, return_inverse=True)
        return first, rows
    last_row = np.full(size, -1, dtype=np.int64)
    last_row[codes] = np.arange(len(codes))
    present = np.flatnonzero(last_row >= 0)
    lookup = np.empty(size, dtype=np.int64)
    lookup[present] = np.arange(len(present))
    return last_row[present], lookup[codes]


def spread(
    rows: Positions, periods: Positions, values: FloatArray, shape: tuple[int, int]
) -> FloatArray:
    """A matrix with each value at its series and period; the last of several wins, gaps are NaN."""
    matrix = np.full(shape, np.nan)
    matrix.reshape(-1)[rows * shape[1] + periods] = values
    return matrix


def aggregate(
    rows: Positions, periods: Positions, values: FloatArray, shape: tuple[int, int], how: str
) -> FloatArray:
    """A matrix that combines the values of each series and period by sum, avg, first, min or max.

    Missing values (NaN) are ignored; a period without values is NaN.
    """
    is_known = ~np.isnan(values)
    rows, periods, values = rows[is_known], periods[is_known], values[is_known]
    cells = rows * shape[1] + periods
    counts = np.bincount(cells, minlength=shape[0] * shape[1])
    if how == "first" or (counts.size and counts.max() == 1):
        return spread(rows[::-1], periods[::-1], values[::-1], shape)
    return _combine(cells, values, counts, how).reshape(shape)


def _combine(cells: Positions, values: FloatArray, counts: Positions, how: str) -> FloatArray:
    if how in ("min", "max"):
        worst, fold = (np.inf, np.minimum) if how == "min" else (-np.inf, np.maximum)
        result = np.full(len(counts), worst)
        fold.at(result, cells, values)
        return np.where(counts > 0, result, np.nan)
    total = np.bincount(cells, weights=values, minlength=len(counts))
    divisor = counts if how == "avg" else 1
    with np.errstate(invalid="ignore"):
        return np.where(counts > 0, total / divisor, np.nan)
