"""Timeline: sales and covariates of one store by period, from its past to its planned days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.common.arrow import to_numpy
from forecast_service.engine.calendar import period_starts, periods_between
from forecast_service.importer.files.column_names import OPEN, shown_name
from forecast_service.importer.history import covariates_key, sales_key
from forecast_service.importer.merging.stored_rows import StoredRows, rows_of_store
from forecast_service.storage.groups import DatasetGroup
from forecast_service.storage.snapshots import SnapshotStore

__all__ = ["Dates", "Floats", "Timeline", "read_timeline"]

Dates = npt.NDArray[np.datetime64]
"""Starts of periods, datetime64[D]."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Timeline:
    """Values by period, without gaps; NaN where nothing is known."""

    dates: Dates
    frequency: str
    sales: Floats
    covariates: Mapping[str, Floats]
    """By the name of their column. The mean of the items, if several are added up."""

    def places(self, dates: Dates) -> npt.NDArray[np.int64]:
        """Index of each of these dates; -1 outside the timeline."""
        at = periods_between(self.dates[0], dates.astype("datetime64[s]"), self.frequency)
        return np.where((at < 0) | (at >= len(self.dates)), -1, at)

    def sales_on(self, dates: Dates) -> Floats:
        """Sales on these dates; NaN where they are not known."""
        at = self.places(dates)
        return np.where(at < 0, np.nan, self.sales[at])

    def covariates_on(self, dates: Dates) -> dict[str, Floats]:
        """Covariates on these dates by name; NaN where they are not known."""
        at = self.places(dates)
        return {name: np.where(at < 0, np.nan, all_[at]) for name, all_ in self.covariates.items()}

    def closed_on(self, dates: Dates) -> npt.NDArray[np.bool_]:
        """Whether the store is closed on these dates, and sells nothing."""
        opened = self.covariates_on(dates).get(OPEN)
        if opened is None:
            return np.zeros(len(dates), dtype=bool)
        return np.asarray((opened == 0) & ~(self.sales_on(dates) > 0))


def read_timeline(
    snapshots: SnapshotStore,
    group: DatasetGroup,
    series: tuple[str, str | None],
    first: np.datetime64,
    last: np.datetime64,
) -> Timeline:
    """The timeline of a store and item (None: the sum of all) from ``first`` to ``last``."""
    starts = period_starts(
        first.astype("datetime64[s]"), last.astype("datetime64[s]"), group.frequency
    )
    dates = starts.astype("datetime64[D]")
    days = int(dates[0].astype(np.int64)), int(last.astype("datetime64[D]").astype(np.int64))
    sales = rows_of_store(snapshots, sales_key(group.name), *series, days)
    planned = rows_of_store(snapshots, covariates_key(group.name), *series, days)
    at_sales = _places(sales, dates, group.frequency)
    at_planned = _places(planned, dates, group.frequency)
    return Timeline(
        dates,
        group.frequency,
        _added_up(at_sales, sales, "demand", len(dates))[0],
        {
            shown_name(name): _mean(at_planned, planned, name, len(dates))
            for name in group.covariates
            if name in planned.values.column_names
        },
    )


def _places(rows: StoredRows, dates: Dates, frequency: str) -> npt.NDArray[np.int64]:
    days = rows.day.astype("datetime64[D]").astype("datetime64[s]")
    return periods_between(dates[0], days, frequency)


def _added_up(
    places: npt.NDArray[np.int64], rows: StoredRows, name: str, count: int
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Sum of a column per period, NaN without a known value, and the number of known values."""
    if not len(places):
        return np.full(count, np.nan), np.zeros(count, dtype=np.int64)
    values = to_numpy(rows.values[name]).astype(np.float64)
    known = np.isfinite(values)
    numbers = np.bincount(places[known], minlength=count)
    sums = np.bincount(places[known], weights=values[known], minlength=count)
    return np.where(numbers > 0, sums, np.nan), numbers


def _mean(places: npt.NDArray[np.int64], rows: StoredRows, name: str, count: int) -> Floats:
    sums, numbers = _added_up(places, rows, name, count)
    means: Floats = sums / np.maximum(numbers, 1)
    return means
