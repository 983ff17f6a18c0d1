"""The canonical form of an import: sales, covariates up to the horizon, state of the stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast_service.common.names import natural_order
from forecast_service.errors import InvalidData
from forecast_service.importer.files.column_names import OPEN
from forecast_service.importer.files.periods import Periods
from forecast_service.importer.files.store_table import ALL, StoreTable
from forecast_service.importer.long_rows import Floats, Ints, LongRows, lookup
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.understanding.assumptions import FillRules, open_by_rests
from forecast_service.importer.understanding.covariates import Covariates
from forecast_service.importer.understanding.earlier_imports import (
    EarlierImports,
    StoreState,
    no_rows,
)
from forecast_service.importer.understanding.hidden_demand import demand
from forecast_service.importer.understanding.merged_rows import MergedRows
from forecast_service.importer.understanding.rest_days import rest_code, rest_weekdays
from forecast_service.importer.understanding.sold_days import add_zeros
from forecast_service.importer.values.text_columns import day_of, iso

WEEK = 7

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
    rests: npt.NDArray[np.bool_]
    """Per series and weekday, Monday first: its store never sold then; see ``rest_days``."""
    zeros: int = 0
    """Rows of 0 that were added for days without a row."""


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
    *,
    only_when_sold: bool = False,
) -> Sales:
    """The sales of the kept series, merged with those of earlier imports.

    ``only_when_sold``: a day without a row sold nothing.
    """
    rows = _sorted_rows(merged, {"target": merged.target, "stockout": merged.stockout})
    first, last = _first_and_last_sale(rows, len(merged.keys))
    # Empty cells after the last sale of a series are its future. Those before the first have no
    # meaning.
    inside = (rows.day >= first[rows.series]) & (rows.day <= last[rows.series])
    rows = rows.take(inside & merged.has_target[merged.repeated.kept] & kept[rows.series])
    old = no_rows("target", "stockout") if earlier is None else earlier.sales
    old = old.with_keys(merged.keys)
    rows = _fill_marks(rows, old)
    zeros = 0
    if only_when_sold:
        rows, zeros = add_zeros(rows, old, _ends(rows, earlier), merged.periods)
    whole = old.merged_with(rows)
    whole = whole.take(~np.isnan(whole.values["target"]))
    all_first, all_last = _first_and_last_sale(whole, len(merged.keys))
    days = np.bincount(whole.series, minlength=len(merged.keys))
    rests = rest_weekdays(whole, merged.periods)
    return Sales(rows, whole, all_first, all_last, days, rests, zeros)


def _ends(rows: LongRows, earlier: EarlierImports | None) -> Ints:
    """The day up to which each series is known to have sold nothing without a row; -1: none.

    A full import ends for all series on one day. An addition may be the day of one store alone:
    it says nothing about the others.
    """
    last = rows.last_days()
    if earlier is None:
        return np.where(last >= 0, last.max(initial=-1), -1)
    of_store: dict[str, int] = {}
    for (store, _), day in zip(rows.keys, last.tolist(), strict=True):
        of_store[store] = max(of_store.get(store, -1), day)
    return np.array([of_store[store] for store, _ in rows.keys], dtype=np.int64)


@dataclass(frozen=True)
class Related:
    """Covariates in canonical form: the rows to import, without NaN."""

    rows: LongRows
    stated: LongRows
    """Covariates of this import's files; NaN where a cell is empty."""
    whole: LongRows
    """Covariates of all files, earlier imports included; NaN where no file has a value."""
    filled_cells: int
    known_until: Ints
    """Last day per series that a file, now or earlier, has covariates of; -1 for none."""
    until: int
    """Last day that every series covers."""
    rests: npt.NDArray[np.bool_]
    """Rest days of stores, as in ``Sales``, on which no file states ``open``."""


def build_related(
    merged: MergedRows,
    chosen: Covariates,
    covariates: tuple[str, ...],
    kept: npt.NDArray[np.bool_],
    sales: Sales,
    horizon: int,
    earlier: EarlierImports | None,
) -> Related:
    """The covariates of the kept series; rules fill the days missing up to the horizon.

    If no file has ``open`` and it is among the ``covariates``, the rest days of stores state it.
    """
    names, periods = covariates, merged.periods
    until = int(periods.after(sales.last.max(), horizon))
    empty = np.full(len(merged.day), np.nan)
    stated = _sorted_rows(merged, {name: chosen.values.get(name, empty) for name in names})
    stated = stated.take(kept[stated.series])
    old = no_rows(*names) if earlier is None or not len(earlier.related) else earlier.related
    old = old.with_keys(merged.keys)
    stated = _fill_empty_cells(stated, old)
    by_rests = OPEN in names and chosen.opens_by_rests
    if by_rests:
        stated = open_by_rests(stated, sales.rests, periods)
        before = open_by_rests(old, sales.rests, periods)
        stated = before.take(before.values[OPEN] != old.values[OPEN]).merged_with(stated)
    whole = old.merged_with(stated)
    rests = sales.rests & (by_rests | ~_stated_weekdays(whole, periods))
    rules = FillRules(whole, sales.last, periods, rests, opens_by_rests=by_rests)
    filled, count = rules.fill_cells(stated)
    covered = whole.last_days()
    begins = periods.after(sales.first, -1)
    extra = rules.extend(np.where(sales.last >= 0, np.maximum(covered, begins), -1), until, filled)
    inside = rules.complete(whole, sales.first, sales.last, until)
    by_files = stated if set(chosen.values) else None
    known_until = _known_until(merged, covered, by_files, earlier)
    # A series without any covariates in the files is filled from its first sale on, not from 1970.
    known_until = np.maximum(known_until, begins)
    if by_rests and len(names) == 1:
        known_until = np.full(len(known_until), until)  # rest days are known for ever
    rows = filled.merged_with(extra).merged_with(inside)
    return Related(rows, stated, whole, count, known_until, until, rests)


def _stated_weekdays(rows: LongRows, periods: Periods) -> npt.NDArray[np.bool_]:
    """Per series and weekday: whether a file states ``open`` on one of these days."""
    stated = np.zeros((len(rows.keys), WEEK), dtype=bool)
    if OPEN in rows.values:
        known = ~np.isnan(rows.values[OPEN])
        stated[rows.series[known], periods.slot(rows.day[known])] = True
    return stated


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
            rest_days=_rest_days(related, series[0]),
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


def _rest_days(related: Related | None, series: int) -> str | None:
    """The weekdays on which a store counts as closed; none if there is no covariate ``open``."""
    if related is None or OPEN not in related.rows.values:
        return None
    return rest_code(related.rests[series])


def _sorted_rows(merged: MergedRows, columns: Mapping[str, Floats]) -> LongRows:
    values = {name: merged.repeated.last(column) for name, column in columns.items()}
    kept = merged.repeated.kept
    return LongRows(merged.keys, merged.series[kept], merged.day[kept], values)


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
