"""Repeated rows: several rows of one series and day, as a till writes them, made into one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.importer.long_rows import Floats, Ints

__all__ = ["RepeatedRows"]

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class RepeatedRows:
    """Sorted rows in groups of the same series and day; the last row of a group stands for it."""

    order: Rows
    """Sorts all rows by series and day, stably."""
    starts: Rows
    """Where each group begins in ``order``."""

    @classmethod
    def of(cls, code: Ints) -> RepeatedRows:
        """The groups of rows with the same code."""
        order = np.argsort(code, kind="stable")
        first = np.diff(code[order], prepend=-1) != 0
        return cls(order, np.flatnonzero(first))

    @property
    def kept(self) -> Rows:
        """The last row of each group."""
        return np.asarray(self.order[np.append(self.starts[1:], len(self.order)) - 1])

    @property
    def is_plain(self) -> bool:
        """Whether no row is repeated."""
        return len(self.starts) == len(self.order)

    def last(self, column: Floats) -> Floats:
        """The last known value of each group; NaN without one."""
        values = column[self.order]
        if self.is_plain:
            return values
        own = np.arange(len(values))
        at = np.maximum.accumulate(np.where(np.isnan(values), -1, own))
        ends = np.append(self.starts[1:], len(values)) - 1
        return np.where(at[ends] >= self.starts, values[at[ends]], np.nan)

    def total(self, column: Floats) -> Floats:
        """The sum of the known values of each group; NaN without one."""
        values = column[self.order]
        known = np.add.reduceat(~np.isnan(values), self.starts, dtype=np.int64)
        return np.where(known > 0, np.add.reduceat(np.nan_to_num(values), self.starts), np.nan)

    def most(self, column: Floats) -> Floats:
        """The largest known value of each group; NaN without one."""
        return np.asarray(np.fmax.reduceat(column[self.order], self.starts))

    def any(self, flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Whether a row of each group has the flag."""
        return np.asarray(np.logical_or.reduceat(flags[self.order], self.starts))
