"""Sales in canonical form: the rows to import, and the history that they become part of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast_service.common.names import listed_names, natural_order
from forecast_service.errors import InvalidData
from forecast_service.importer.files.periods import Periods
from forecast_service.importer.long_rows import Ints, LongRows, filled_from, lookup
from forecast_service.importer.merging.earlier_imports import EarlierImports, no_rows
from forecast_service.importer.merging.merged_rows import MergedRows
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.understanding.hidden_demand import demand
from forecast_service.importer.understanding.rest_days import rest_weekdays
from forecast_service.importer.understanding.sold_days import add_zeros

__all__ = ["Sales", "add_demand", "build_sales", "choose_series"]


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
    known = frozenset(stores)
    only = {name for text in options.only for name in listed_names(text, known)}
    unknown = sorted(only - known, key=natural_order)
    if unknown:
        raise InvalidData(
            f"Store '{unknown[0]}' is not in '{merged.sheets[0].name}', which has the stores "
            f"{_listed(stores)}. Name stores that are in the file."
        )
    named = [s for s in stores if not only or s in only]
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
    *,
    only_when_sold: bool = False,
) -> Sales:
    """The sales of the kept series, merged with those of earlier imports.

    ``empty`` is the option ``empty_sales``; ``only_when_sold``: a day without a row sold nothing.

    Raises
    ------
    InvalidData
        No sale would be left, or no earlier row is removed although this was requested.
    """
    old = no_rows("target", "stockout") if earlier is None else earlier.sales
    old = old.with_keys(merged.keys)
    rows = _rows_of(merged, kept, old, empty)
    zeros = 0
    if only_when_sold:
        rows, zeros = add_zeros(rows, old, _ends(rows, earlier), merged.periods)
    every = old.merged_with(rows)
    whole = every.take(~np.isnan(every.values["target"]))
    first, last = _first_and_last_sale(whole, len(merged.keys))
    days = np.bincount(whole.series, minlength=len(merged.keys))
    rests = rest_weekdays(whole, merged.periods)
    sales = Sales(rows, whole, first, last, days, rests, zeros)
    return sales if empty == "keep" else _without_removed(sales, old, every, empty)


def _rows_of(
    merged: MergedRows, kept: npt.NDArray[np.bool_], old: LongRows, empty: str
) -> LongRows:
    """The rows of the files that say something about the sales of the kept series."""
    rows = merged.long_rows({"target": merged.target, "stockout": merged.stockout})
    first, last = _first_and_last_sale(rows, len(merged.keys))
    # Empty cells after the last sale of a series are its future. Those before the first have no
    # meaning.
    inside = (rows.day >= first[rows.series]) & (rows.day <= last[rows.series])
    if empty != "keep":
        inside |= lookup(old, rows.code) >= 0
    rows = rows.take(inside & merged.has_target[merged.repeated.kept] & kept[rows.series])
    return _fill_marks(rows, old)


def _ends(rows: LongRows, earlier: EarlierImports | None) -> Ints:
    """The day up to which each series is known to have sold nothing without a row; -1: none.

    A full import ends for all series on one day. An addition may be the day of one store alone:
    it says nothing about the others. A row without sales says nothing about other items.
    """
    last = rows.take(~np.isnan(rows.values["target"])).last_days()
    if earlier is None:
        return np.where(last >= 0, last.max(initial=-1), -1)
    of_store: dict[str, int] = {}
    for (store, _), day in zip(rows.keys, last.tolist(), strict=True):
        of_store[store] = max(of_store.get(store, -1), day)
    return np.array([of_store[store] for store, _ in rows.keys], dtype=np.int64)


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


def add_demand(sales: Sales, covariates: LongRows | None, periods: Periods) -> Sales:
    """The sales with the column ``demand``, which models learn from.

    ``covariates`` are those of all files.
    """
    values = {**sales.rows.values, "demand": demand(sales.rows, sales.whole, covariates, periods)}
    return replace(sales, rows=replace(sales.rows, values=values))


def _first_and_last_sale(rows: LongRows, n_series: int) -> tuple[Ints, Ints]:
    """First and last day with a known target, per series; -1 for none."""
    sold = ~np.isnan(rows.values["target"])
    series, day = rows.series[sold], rows.day[sold]
    first, last = np.full(n_series, -1), np.full(n_series, -1)
    last[series] = day  # ascending days: the last assignment stays
    first[series[::-1]] = day[::-1]
    return first, last


def _fill_marks(rows: LongRows, old: LongRows) -> LongRows:
    """Fill empty marks of stock-outs: with the earlier mark, or else with 0."""
    marks = LongRows(rows.keys, rows.series, rows.day, {"stockout": rows.values["stockout"]})
    marked = np.nan_to_num(filled_from(marks, old).values["stockout"])
    return replace(rows, values={**rows.values, "stockout": marked})


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:10])
    return f"{shown} and {len(names) - 10:,} more" if len(names) > 10 else shown
