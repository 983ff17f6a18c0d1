"""Merged rows: all sheets of one import as one list of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from forecast_service.errors import InvalidData
from forecast_service.importer.files.periods import Periods, choose_periods
from forecast_service.importer.files.sheets import (
    Sheet,
    read_sheet,
    refuse_duplicates,
    refuse_isolated_days,
)
from forecast_service.importer.long_rows import DAYS, Floats, Ints, SeriesKey
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.understanding.earlier_imports import EarlierImports

__all__ = ["MergedRows", "merge_sheets", "read_sheets"]


@dataclass(frozen=True)
class MergedRows:
    """Rows of all sheets, one after the other; every array has one entry per row."""

    sheets: tuple[Sheet, ...]
    periods: Periods
    keys: tuple[SeriesKey, ...]
    """Every series, those of earlier imports included; sorted."""
    series: Ints
    day: Ints
    target: Floats
    stockout: Floats
    """1 where marked, 0 where not, NaN where there is no value."""
    order: npt.NDArray[np.intp]
    """Sorts the rows by series and day."""
    has_target: npt.NDArray[np.bool_]
    """Whether the file of the row has a column of sales; the cell may be empty."""
    last_sale: Ints
    """Day of the last sale per series, earlier imports included; -1 without a sale."""

    @property
    def future(self) -> npt.NDArray[np.bool_]:
        """Whether the row lies after the last sale of its series."""
        return self.day > self.last_sale[self.series]

    @property
    def has_items(self) -> bool:
        return self.sheets[0].items is not None


def read_sheets(
    files: Mapping[str, Path], options: ImportOptions, covariates: Sequence[str] = ()
) -> tuple[Sheet, ...]:
    """The sheets of sales and of future days; all of them have items, or none has."""
    sheets = tuple(
        read_sheet(files[role], options, covariates, needs_target=role == "sales")
        for role in ("sales", "future")
        if role in files
    )
    with_items = [sheet for sheet in sheets if sheet.items is not None]
    if with_items and len(with_items) < len(sheets):
        without = next(sheet for sheet in sheets if sheet.items is None)
        raise InvalidData(
            f"'{without.name}' has no column for the item, but '{with_items[0].name}' has "
            f"'{with_items[0].roles.item}'. Give both files the column, or neither."
        )
    refuse_isolated_days(sheets)
    return sheets


def merge_sheets(
    sheets: Sequence[Sheet], earlier: EarlierImports | None, *, replaces: bool
) -> MergedRows:
    """Merge sheets: number the series over all of them and find the last sale of each.

    Raises
    ------
    InvalidData
        A store-day occurs twice, or the dates are not those of days, weeks or months.
    """
    keys, series = _number_series(sheets, () if earlier is None else earlier.sales.keys)
    day = np.concatenate([sheet.days for sheet in sheets])
    fixed = None if earlier is None else earlier.group.frequency
    earlier_last = _earlier_last_sale(keys, earlier)
    fresh = None if replaces else day > earlier_last[series]
    periods = choose_periods(sheets, series, day, fixed=fixed, fresh=fresh)
    day = periods.floor(day)
    code = series * DAYS + day
    order = np.argsort(code, kind="stable")
    sorted_code = code[order]
    same = sorted_code[1:] == sorted_code[:-1]
    if same.any():
        refuse_duplicates(sheets, order, same)
    target = np.concatenate(
        [np.full(s.rows, np.nan) if s.target is None else s.target for s in sheets]
    )
    stockout = np.concatenate([sheet.stockout for sheet in sheets])
    has_target = np.repeat([s.target is not None for s in sheets], [s.rows for s in sheets])
    last_sale = np.maximum(_last_sale(len(keys), series, day, target), earlier_last)
    stacked = (series, day, target, stockout)
    return MergedRows(tuple(sheets), periods, keys, *stacked, order, has_target, last_sale)


def _earlier_last_sale(keys: Sequence[SeriesKey], earlier: EarlierImports | None) -> Ints:
    """Day of the last sale per series in earlier imports; -1 without one."""
    if earlier is None or not len(earlier.sales):
        return np.full(len(keys), -1, dtype=np.int64)
    rows = earlier.sales.with_keys(keys)
    return _last_sale(len(keys), rows.series, rows.day, rows.values["target"])


def _number_series(
    sheets: Sequence[Sheet], earlier: Sequence[SeriesKey]
) -> tuple[tuple[SeriesKey, ...], Ints]:
    stores = sorted({n for s in sheets for n in s.stores.names} | {store for store, _ in earlier})
    items = sorted(
        {n for s in sheets if s.items for n in s.items.names} | {item for _, item in earlier} | {""}
    )
    pairs = [_pairs(sheet, stores, items) for sheet in sheets]
    store_at = {name: index for index, name in enumerate(stores)}
    item_at = {name: index for index, name in enumerate(items)}
    old = [store_at[store] * len(items) + item_at[item] for store, item in earlier]
    distinct = np.unique(np.concatenate([*pairs, np.array(old, dtype=np.int64)]))
    keys = tuple((stores[pair // len(items)], items[pair % len(items)]) for pair in distinct)
    return keys, np.searchsorted(distinct, np.concatenate(pairs))


def _pairs(sheet: Sheet, stores: Sequence[str], items: Sequence[str]) -> Ints:
    """One number per row for its store and item."""
    store = _positions(sheet.stores.names, stores)[sheet.stores.values]
    if sheet.items is None:
        return store * len(items)
    return store * len(items) + _positions(sheet.items.names, items)[sheet.items.values]


def _positions(names: Sequence[str], all_names: Sequence[str]) -> Ints:
    at = {name: index for index, name in enumerate(all_names)}
    return np.array([at[name] for name in names], dtype=np.int64)


def _last_sale(n_series: int, series: Ints, day: Ints, target: Floats) -> Ints:
    last = np.full(n_series, -1, dtype=np.int64)
    sold = ~np.isnan(target)
    np.maximum.at(last, series[sold], day[sold])
    return last
