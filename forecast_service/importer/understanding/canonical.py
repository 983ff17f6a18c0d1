"""The canonical form of an import: sales, covariates up to the horizon, state of the stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast_service.common.names import natural_order
from forecast_service.errors import InvalidData
from forecast_service.importer.files.periods import Periods
from forecast_service.importer.files.store_table import ALL, StoreTable
from forecast_service.importer.files.text_columns import day_of, iso
from forecast_service.importer.long_rows import Floats, Ints, LongRows, lookup
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.understanding.assumptions import FillRules
from forecast_service.importer.understanding.covariates import Covariates
from forecast_service.importer.understanding.earlier_imports import (
    EarlierImports,
    StoreState,
    no_rows,
)
from forecast_service.importer.understanding.hidden_demand import demand
from forecast_service.importer.understanding.merged_rows import MergedRows

__all__ = [
    "Sales",
    "add_demand",
    "build_related",
    "build_sales",
    "choose_series",
    "store_states",
]


@dataclass(frozen=True)
class Sales:
    """Sales in canonical form, with the history of every series of the dataset group."""

    rows: LongRows
    """Sales to import. ``target``: NaN on an unknown day inside the history. ``stockout``: 1 on a
    marked day. ``demand``: the target, but NaN on days when a stock-out hid the demand."""
    whole: LongRows
    """Target and stock-outs of all known sales, earlier imports included."""
    first: Ints
    last: Ints
    """Days of the first and last sale per series; -1 without a sale."""
    days: Ints
    """Days with a known sale per series."""
    everything: LongRows | None = None
    """All rows that stay, if earlier ones do not: they replace those of earlier imports."""
    removed: int = 0
    """Rows of earlier imports that do not stay."""


def choose_series(merged: MergedRows, options: ImportOptions) -> npt.NDArray[np.bool_]:
    """Flag per series: it is imported, as its store is requested and it has a sale.

    Raises
    ------
    InvalidData
        A requested store is not in the files, or no series has a sale.
    """
    stores = sorted({merged.keys[i][0] for i in np.unique(merged.series)}, key=natural_order)
    unknown = [name for name in options.only if name not in stores]
    if unknown:
        raise InvalidData(
            f"Store '{unknown[0]}' is not in '{merged.sheets[0].name}', which has the stores "
            f"{_listed(stores)}. Name stores that are in the file."
        )
    named = [s for s in stores if not options.only or s in options.only]
    requested = set(named[: options.stores_limit])
    kept = np.array([store in requested for store, _ in merged.keys]) & (merged.last_sale >= 0)
    if not kept.any():
        raise InvalidData(
            f"'{merged.sheets[0].name}' has no sales to import. Fill in the column of sales."
        )
    return kept


def build_sales(
    merged: MergedRows,
    kept: npt.NDArray[np.bool_],
    earlier: EarlierImports | None,
    empty: str = "keep",
) -> Sales:
    """The sales of the kept series, merged with those of earlier imports.

    ``empty`` is the option ``empty_sales``.

    Raises
    ------
    InvalidData
        No sale would be left, or no earlier row is removed although this was requested.
    """
    rows = _sorted_rows(merged, {"target": merged.target, "stockout": merged.stockout})
    first, last = _first_and_last_sale(rows, len(merged.keys))
    # Empty cells after the last sale of a series are its future. Those before the first have no
    # meaning.
    inside = (rows.day >= first[rows.series]) & (rows.day <= last[rows.series])
    old = no_rows("target", "stockout") if earlier is None else earlier.sales
    old = old.with_keys(merged.keys)
    if empty != "keep":
        inside |= lookup(old, rows.code) >= 0
    rows = rows.take(inside & merged.has_target[merged.order] & kept[rows.series])
    rows = _fill_marks(rows, old)
    every = old.merged_with(rows)
    whole = every.take(~np.isnan(every.values["target"]))
    all_first, all_last = _first_and_last_sale(whole, len(merged.keys))
    days = np.bincount(whole.series, minlength=len(merged.keys))
    sales = Sales(rows, whole, all_first, all_last, days)
    return sales if empty == "keep" else _without_removed(sales, old, every, empty)


def _without_removed(sales: Sales, old: LongRows, every: LongRows, empty: str) -> Sales:
    """The sales without removed rows. Unknown days stay only inside the history of a series."""
    stays = (every.day >= sales.first[every.series]) & (every.day <= sales.last[every.series])
    if empty == "remove":
        gone = sales.rows.code[np.isnan(sales.rows.values["target"])]
        stays &= ~np.isin(every.code, gone)
    everything = every.take(stays)
    removed = int((~np.isin(old.code, everything.code)).sum())
    if not len(sales.whole):
        raise InvalidData(
            "Without these rows no sale would be left, and a forecast needs some. Keep a few rows."
        )
    if empty == "remove" and not removed:
        raise InvalidData(
            "None of these rows has sales, so nothing was removed. Check the stores and dates."
        )
    rows = sales.rows.take(np.isin(sales.rows.code, everything.code))
    return replace(sales, rows=rows, everything=everything if removed else None, removed=removed)


@dataclass(frozen=True)
class Related:
    """Covariates in canonical form: the rows to import, without NaN."""

    rows: LongRows
    whole: LongRows
    """Covariates of all files, earlier imports included; NaN where no file has a value."""
    filled_cells: int
    known_until: Ints
    """Last day per series that a file, now or earlier, has covariates of; -1 for none."""
    until: int
    """Last day that every series covers."""


def build_related(
    merged: MergedRows,
    chosen: Covariates,
    kept: npt.NDArray[np.bool_],
    sales: Sales,
    horizon: int,
    earlier: EarlierImports | None,
) -> Related:
    """The covariates of the kept series; rules fill the days missing up to the horizon."""
    names = tuple(chosen.values) if earlier is None else earlier.group.covariates
    periods = merged.periods
    until = int(periods.after(sales.last.max(), horizon))
    empty = np.full(len(merged.day), np.nan)
    stated = _sorted_rows(merged, {name: chosen.values.get(name, empty) for name in names})
    stated = stated.take(kept[stated.series])
    old = no_rows(*names) if earlier is None or not len(earlier.related) else earlier.related
    old = old.with_keys(merged.keys)
    stated = _fill_empty_cells(stated, old)
    whole = old.merged_with(stated)
    rules = FillRules(whole, sales.last, periods)
    filled, count = rules.fill_cells(stated)
    covered = whole.last_days()
    extra = rules.extend(np.where(sales.last >= 0, covered, -1), until, filled)
    known_until = _known_until(merged, covered, stated if chosen.values else None, earlier)
    # A series without any covariates in the files is filled from its first sale on, not from 1970.
    known_until = np.maximum(known_until, periods.after(sales.first, -1))
    return Related(filled.merged_with(extra), whole, count, known_until, until)


def add_demand(sales: Sales, related: Related | None, periods: Periods) -> Sales:
    """The sales with the column ``demand``, which models learn from."""
    stated = None if related is None else related.whole
    values = {**sales.rows.values, "demand": demand(sales.rows, sales.whole, stated, periods)}
    return replace(sales, rows=replace(sales.rows, values=values))


def store_states(
    merged: MergedRows,
    sales: Sales,
    related: Related | None,
    table: StoreTable | None,
    earlier: EarlierImports | None,
) -> dict[str, StoreState]:
    """The state of every store of the dataset group after this import."""
    old = {} if earlier is None else earlier.stores
    states: dict[str, StoreState] = {}
    series_of: dict[str, list[int]] = {}
    for index, (store, _) in enumerate(merged.keys):
        if sales.last[index] >= 0:
            series_of.setdefault(store, []).append(index)
    for store, series in series_of.items():
        region, attributes = _region_and_attributes(store, table, old.get(store))
        states[store] = StoreState(
            region=region,
            attributes=attributes,
            first_sale_on=iso(int(sales.first[series].min())),
            last_sale_on=iso(int(sales.last[series].max())),
            days=int(sales.days[series].max()),
            assumed_from=_assumed_from(related, series, merged.periods),
        )
    return states


def _region_and_attributes(
    store: str, table: StoreTable | None, old: StoreState | None
) -> tuple[str, Mapping[str, str]]:
    if table is not None and store in table.attributes:
        default = ALL if old is None else old.region
        return table.regions.get(store, default), table.attributes[store]
    if old is not None:
        return old.region, old.attributes
    return ALL, {}


def _assumed_from(related: Related | None, series: Sequence[int], periods: Periods) -> str | None:
    if related is None:
        return None
    known_until = related.known_until[series].min()
    return iso(int(periods.after(known_until, 1))) if known_until < related.until else None


def _sorted_rows(merged: MergedRows, columns: Mapping[str, Floats]) -> LongRows:
    values = {name: column[merged.order] for name, column in columns.items()}
    return LongRows(merged.keys, merged.series[merged.order], merged.day[merged.order], values)


def _first_and_last_sale(rows: LongRows, n_series: int) -> tuple[Ints, Ints]:
    """First and last day with a known target, per series; -1 for none."""
    sold = ~np.isnan(rows.values["target"])
    series, day = rows.series[sold], rows.day[sold]
    first, last = np.full(n_series, -1), np.full(n_series, -1)
    last[series] = day  # ascending days: the last assignment stays
    first[series[::-1]] = day[::-1]
    return first, last


def _fill_empty_cells(stated: LongRows, old: LongRows) -> LongRows:
    """Fill empty cells with the values of earlier imports."""
    if not len(old):
        return stated
    at = lookup(old, stated.code)
    values = {
        name: np.where(np.isnan(column) & (at >= 0), old.values[name][at], column)
        for name, column in stated.values.items()
    }
    return LongRows(stated.keys, stated.series, stated.day, values)


def _fill_marks(rows: LongRows, old: LongRows) -> LongRows:
    """Fill empty marks of stock-outs: with the earlier mark, or else with 0."""
    marks = LongRows(rows.keys, rows.series, rows.day, {"stockout": rows.values["stockout"]})
    marked = np.nan_to_num(_fill_empty_cells(marks, old).values["stockout"])
    return replace(rows, values={**rows.values, "stockout": marked})


def _known_until(
    merged: MergedRows, covered: Ints, stated: LongRows | None, earlier: EarlierImports | None
) -> Ints:
    stores = {} if earlier is None else earlier.stores
    until = np.full(len(merged.keys), -1)
    for index, (store, _) in enumerate(merged.keys):
        if store in stores:
            assumed = stores[store].assumed_from
            until[index] = (
                covered[index]
                if assumed is None
                else merged.periods.after(np.int64(day_of(assumed)), -1)
            )
    if stated is not None:
        np.maximum.at(until, stated.series, stated.day)
    return until


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:10])
    return f"{shown} and {len(names) - 10:,} more" if len(names) > 10 else shown
