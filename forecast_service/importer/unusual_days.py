"""Unusual days: sales so far from the usual of their series that a person should look at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from forecast_service.engine.guards.outliers import UnusualDay, unusual_days
from forecast_service.engine.panel import Panel
from forecast_service.importer.files.periods import Periods
from forecast_service.importer.long_rows import (
    DAYS,
    Floats,
    Ints,
    LongRows,
    lookup,
    series_title,
)
from forecast_service.importer.merging.earlier_imports import StoreState
from forecast_service.importer.values.text_columns import day_of

__all__ = ["UnusualReport", "UnusualSales", "add_to_states", "find_unusual", "report_of"]

CHUNK_CELLS = 4_000_000  # series times periods of one panel
KEPT = 10  # newest days of a store that are recorded
LISTED = 100  # days in a report
SHOWN = 3  # days in a line of the report


class UnusualSales(NamedTuple):
    """One day; ``usual`` is about what the series sells on such a day."""

    store: str
    item: str
    date: str
    sales: float
    usual: float


@dataclass(frozen=True)
class UnusualReport:
    """The unusual days of an import: their number, that of their series, and some of the days."""

    days: int
    series: int
    examples: tuple[UnusualSales, ...]

    def line(self, noun: str) -> str:
        """A sentence for people; ``noun`` is ``day``, ``week`` or ``month``."""
        days = f"1 {noun}" if self.days == 1 else f"{self.days:,} {noun}s"
        shown = "; ".join(_words(each) for each in self.examples[:SHOWN])
        such_as = ", such as" if self.days > SHOWN else ":"
        return f"Unusual sales on {days}{such_as} {shown}. Correct them if they are errors."

    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | None) -> UnusualReport | None:
        """The report from its JSON values."""
        if values is None:
            return None
        examples = tuple(UnusualSales(**each) for each in values["examples"])
        return cls(**{**values, "examples": examples})


def find_unusual(
    sales: LongRows, covariates: LongRows | None, periods: Periods
) -> list[UnusualSales]:
    """The unusual days of all series, the newest first.

    Parameters
    ----------
    sales: the known ``target`` of all series.
    covariates: of all days, with the keys of ``sales``; None if there are none.
    """
    found = [
        _named(panel, day)
        for panel in _panels(sales, covariates, periods)
        for day in unusual_days(panel)
    ]
    return sorted(found, key=lambda day: day.date, reverse=True)


def _named(panel: Panel, day: UnusualDay) -> UnusualSales:
    store, item = panel.keys[day.row]
    return UnusualSales(store, item, str(panel.timestamps[day.period])[:10], day.sales, day.usual)


def report_of(unusual: Sequence[UnusualSales], rows: LongRows) -> UnusualReport | None:
    """The unusual days among these rows; None without any."""
    at = {key: index for index, key in enumerate(rows.keys)}
    codes = [at[day.store, day.item] * DAYS + day_of(day.date) for day in unusual]
    own = lookup(rows, np.array(codes, dtype=np.int64)) >= 0
    days = [day for day, is_own in zip(unusual, own.tolist(), strict=True) if is_own]
    series = {(day.store, day.item) for day in days}
    return UnusualReport(len(days), len(series), tuple(days[:LISTED])) if days else None


def add_to_states(
    states: Mapping[str, StoreState], unusual: Sequence[UnusualSales]
) -> dict[str, StoreState]:
    """The states of the stores, with the newest unusual days of each."""
    of_store: dict[str, list[dict[str, object]]] = {}
    for day in unusual:
        of_store.setdefault(day.store, []).append(_kept(day))
    return {
        name: replace(state, unusual_days=tuple(of_store.get(name, ())[:KEPT]))
        for name, state in states.items()
    }


def _kept(day: UnusualSales) -> dict[str, object]:
    """What is recorded of a day with its store."""
    return {"item": day.item or None, "date": day.date, "sales": day.sales, "usual": day.usual}


def _panels(sales: LongRows, covariates: LongRows | None, periods: Periods) -> Iterator[Panel]:
    """The rows as panels of some series each."""
    if not len(sales):
        return
    first = np.int64(sales.day.min())
    count = int(periods.between(first, np.int64(sales.day.max()))) + 1
    days = periods.after(np.full(count, first), np.arange(count))
    size = max(1, CHUNK_CELLS // count)
    for start in range(0, len(sales.keys), size):
        keys = sales.keys[start : start + size]
        ends = np.searchsorted(sales.series, [start, start + len(keys)])
        rows = sales.take(np.arange(*ends))
        grid = _Grid((len(keys), count), rows.series - start, periods.between(first, rows.day))
        stated = {} if covariates is None else _values_at(covariates, rows.code)
        yield Panel(
            keys,
            days.astype("datetime64[D]").astype("datetime64[s]"),
            periods.code,
            grid.of(rows.values["target"]),
            {name: grid.of(column) for name, column in stated.items()},
        )


class _Grid(NamedTuple):
    """Where rows stand in an array of series and periods."""

    shape: tuple[int, int]
    series: Ints
    period: Ints

    def of(self, column: Floats) -> Floats:
        """The column as an array; NaN where there is no row."""
        values = np.full(self.shape, np.nan)
        values[self.series, self.period] = column
        return values


def _values_at(rows: LongRows, code: Ints) -> dict[str, Floats]:
    """The columns at these codes; NaN where there is no row."""
    at = lookup(rows, code)
    return {name: np.where(at >= 0, values[at], np.nan) for name, values in rows.values.items()}


def _words(day: UnusualSales) -> str:
    title = series_title((day.store, day.item))
    return f"{title} on {day.date}: {_number(day.sales)} (usual: {_number(day.usual)})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
