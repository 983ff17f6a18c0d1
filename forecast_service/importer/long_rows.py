"""Long rows: sorted arrays with one entry per series and day, and how to combine them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = [
    "Floats",
    "Ints",
    "LongRows",
    "SeriesKey",
    "filled_from",
    "lookup",
    "series_title",
    "sorted_rows",
]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
SeriesKey = tuple[str, str]
"""Store and item; the item is empty in store-only data."""
DAYS = 1 << 20  # more than all days from the first to the last allowed year


def series_title(key: SeriesKey) -> str:
    """The name of a series for people: its store, and its item if there is one."""
    store, item = key
    return f"{store}/{item}" if item else store


@dataclass(frozen=True)
class LongRows:
    """Values per series and day, sorted; every pair of series and day occurs once.

    ``series[i]`` indexes ``keys``; ``day[i]`` counts days since 1970-01-01.
    """

    keys: tuple[SeriesKey, ...]
    series: Ints
    day: Ints
    values: Mapping[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.day)

    @property
    def code(self) -> Ints:
        """One number per series and day, ascending."""
        return self.series * DAYS + self.day

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> LongRows:
        """Some of the rows, in the same order."""
        values = {name: column[rows] for name, column in self.values.items()}
        return LongRows(self.keys, self.series[rows], self.day[rows], values)

    def last_days(self) -> Ints:
        """Last day of every series; -1 for a series without rows."""
        last = np.full(len(self.keys), -1, dtype=np.int64)
        last[self.series] = self.day  # ascending days: the last assignment stays
        return last

    def with_keys(self, keys: Sequence[SeriesKey]) -> LongRows:
        """The same rows, renumbered by ``keys``, which must contain all keys of the rows."""
        if self.keys == tuple(keys):
            return self
        position = {key: index for index, key in enumerate(keys)}
        table = np.array([position[key] for key in self.keys], dtype=np.int64)
        series = table[self.series] if len(self) else self.series
        return sorted_rows(tuple(keys), series, self.day, self.values)

    def merged_with(self, newer: LongRows) -> LongRows:
        """These rows and the newer ones, which win; both have the same keys and columns."""
        if not len(self):
            return newer
        if not len(newer):
            return self
        kept = self.take(~np.isin(self.code, newer.code))
        series = np.concatenate([kept.series, newer.series])
        day = np.concatenate([kept.day, newer.day])
        values = {
            name: np.concatenate([kept.values[name], newer.values[name]]) for name in newer.values
        }
        return sorted_rows(self.keys, series, day, values)


def sorted_rows(
    keys: tuple[SeriesKey, ...], series: Ints, day: Ints, values: Mapping[str, Floats]
) -> LongRows:
    """Long rows from rows in any order."""
    order = np.argsort(series * DAYS + day, kind="stable")
    return LongRows(keys, series, day, values).take(order)


def lookup(rows: LongRows, code: Ints) -> npt.NDArray[np.intp]:
    """Index of the row with each code; -1 for a code without a row."""
    own = rows.code
    if not len(own):
        return np.full(len(code), -1, dtype=np.intp)
    at = np.minimum(np.searchsorted(own, code), len(own) - 1)
    return np.where(own[at] == code, at, -1)


def filled_from(stated: LongRows, old: LongRows) -> LongRows:
    """The rows ``stated``, with their empty cells filled from those of ``old``."""
    if not len(old):
        return stated
    at = lookup(old, stated.code)
    values = {
        name: np.where(np.isnan(column) & (at >= 0), old.values[name][at], column)
        for name, column in stated.values.items()
    }
    return LongRows(stated.keys, stated.series, stated.day, values)
