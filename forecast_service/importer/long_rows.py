"""Long rows: arrays with one entry per series and day, sorted, and how they are combined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["Floats", "Ints", "LongRows", "SeriesKey", "lookup", "sorted_rows"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
SeriesKey = tuple[str, str]
"""Store and item; the item is empty in store-only data."""
DAYS = 1 << 20  # more days than there are between the first and the last year allowed


@dataclass(frozen=True)
class LongRows:
    """Values of series on days, sorted by series and day, each pair once.

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
        """Some of the rows, which must keep their order."""
        values = {name: column[rows] for name, column in self.values.items()}
        return LongRows(self.keys, self.series[rows], self.day[rows], values)

    def last_days(self) -> Ints:
        """Last day of every series; -1 for a series without rows."""
        last = np.full(len(self.keys), -1, dtype=np.int64)
        last[self.series] = self.day  # ascending days: of several assignments the last one stays
        return last

    def with_keys(self, keys: Sequence[SeriesKey]) -> LongRows:
        """The same rows, numbered by ``keys``, which must hold all of its own keys."""
        if self.keys == tuple(keys):
            return self
        position = {key: index for index, key in enumerate(keys)}
        table = np.array([position[key] for key in self.keys], dtype=np.int64)
        series = table[self.series] if len(self) else self.series
        return sorted_rows(tuple(keys), series, self.day, self.values)

    def merged_with(self, newer: LongRows) -> LongRows:
        """These rows and the newer ones, which win; both must have the same keys and columns."""
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
    """Index of the row with each code; -1 where there is none."""
    own = rows.code
    if not len(own):
        return np.full(len(code), -1, dtype=np.intp)
    at = np.minimum(np.searchsorted(own, code), len(own) - 1)
    return np.where(own[at] == code, at, -1)
