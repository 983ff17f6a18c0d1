"""StoreSales: the sales of all stores in their recent periods, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from forecast_service.engine.calendar import period_starts, periods_between
from forecast_service.engine.periods.frequency import Times
from forecast_service.importer.files.column_names import OPEN
from forecast_service.importer.history import (
    SALES_COLUMNS,
    covariates_key,
    read_rows,
    sales_key,
)
from forecast_service.importer.long_rows import Floats, Ints, LongRows
from forecast_service.storage.database import Database
from forecast_service.storage.groups import DatasetGroup
from forecast_service.storage.snapshots import SnapshotStore

__all__ = ["KEPT_DAYS", "StoreSales", "read_store_sales"]

KEPT_DAYS = 800  # two years, and what is compared with them

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class StoreSales:
    """Sales per store and period; with items, the sum of the known items of the store.

    ``sales`` (n, T) is NaN where nothing is known. ``demand`` is the same, but NaN on stock-outs,
    which hide demand, and where a store was closed.
    """

    stores: tuple[str, ...]
    frequency: str
    periods: Times
    """(T,): starts of consecutive periods; the last one is that of the newest sale."""
    sales: Floats
    demand: Floats

    def columns(self, times: Times) -> Ints:
        """The columns of the periods that hold these times; -1 outside."""
        if not len(self.periods):
            return np.full(len(times), -1)
        columns = periods_between(self.periods[0], times.astype("datetime64[s]"), self.frequency)
        is_inside = (columns >= 0) & (columns < len(self.periods))
        return np.asarray(np.where(is_inside, columns, -1))

    def at(self, times: Times) -> Floats:
        """The sales (n, len(times)) of these periods; NaN outside."""
        columns = self.columns(times)
        if not self.sales.size:
            return np.full((len(self.stores), len(columns)), np.nan)
        return np.where(columns >= 0, self.sales[:, columns], np.nan)


def read_store_sales(database: Database, home: Path, group: DatasetGroup) -> StoreSales:
    """The sales of the last ``KEPT_DAYS``.

    Raises
    ------
    DamagedData
        A file of the data is lost or was changed.
    """
    snapshots = SnapshotStore(database, home)
    rows = read_rows(snapshots, sales_key(group.name), SALES_COLUMNS)
    if rows is None or not len(rows):
        none = np.zeros((0, 0))
        return StoreSales((), group.frequency, np.zeros(0, "datetime64[s]"), none, none)
    rows = _recent(rows, int(rows.day.max()))
    stores = tuple(sorted({store for store, _ in rows.keys}))
    grid = _Grid.of(rows, stores, group.frequency)
    sales = grid.total(rows, rows.values["target"])
    hidden = grid.total(rows, np.where(rows.values["stockout"] > 0, 1.0, 0.0)) > 0
    closed = _closed(snapshots, group, grid, rows) & (np.nan_to_num(sales) == 0)
    demand = np.where(hidden | closed, np.nan, sales)
    return StoreSales(stores, group.frequency, grid.periods, sales, demand)


def _recent(rows: LongRows, last: int) -> LongRows:
    return rows.take((rows.day > last - KEPT_DAYS) & (rows.day <= last))


def _closed(snapshots: SnapshotStore, group: DatasetGroup, grid: _Grid, sales: LongRows) -> Flags:
    """Where the covariate ``open`` of a store is 0."""
    rows = None
    if OPEN in group.covariates:
        rows = read_rows(snapshots, covariates_key(group.name), {OPEN: OPEN})
    if rows is None or OPEN not in rows.values:
        return np.zeros(grid.shape, dtype=bool)
    rows = _recent(rows, int(sales.day.max()))
    known = np.array([store in grid.row_of for store, _ in rows.keys], dtype=bool)
    rows = rows.take(known[rows.series]) if len(rows) else rows
    return np.asarray(grid.total(rows, rows.values[OPEN]) == 0)


@dataclass(frozen=True)
class _Grid:
    """Stores times periods."""

    row_of: dict[str, int]
    periods: Times
    frequency: str

    @classmethod
    def of(cls, rows: LongRows, stores: tuple[str, ...], frequency: str) -> _Grid:
        first, last = (_times(np.array([day]))[0] for day in (rows.day.min(), rows.day.max()))
        periods = period_starts(first, last, frequency)
        return cls({name: row for row, name in enumerate(stores)}, periods, frequency)

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.row_of), len(self.periods)

    def total(self, rows: LongRows, values: Floats) -> Floats:
        """The sum of the known values of a store in a period; NaN without any."""
        row_of_series = np.array([self.row_of.get(store, 0) for store, _ in rows.keys], dtype=int)
        row = row_of_series[rows.series] if len(rows) else np.zeros(0, dtype=int)
        column = periods_between(self.periods[0], _times(rows.day), self.frequency)
        known = np.isfinite(values) & (column >= 0) & (column < len(self.periods))
        place = (row * len(self.periods) + column)[known]
        size = self.shape[0] * self.shape[1]
        sums = np.bincount(place, weights=values[known], minlength=size)
        counts = np.bincount(place, minlength=size)
        return np.asarray(np.where(counts > 0, sums, np.nan).reshape(self.shape))


def _times(days: Ints) -> Times:
    return np.asarray(days.astype("datetime64[D]").astype("datetime64[s]"))
