"""Merged rows: all sheets of one import as one list of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from forecast_service.common.wording.coded import say
from forecast_service.errors import InvalidData
from forecast_service.importer.files.frequencies import choose_periods
from forecast_service.importer.files.periods import Periods
from forecast_service.importer.files.sheets import (
    OpenSheet,
    Sheet,
    open_sheet,
    read_sheet,
)
from forecast_service.importer.long_rows import DAYS, Floats, Ints, LongRows, SeriesKey
from forecast_service.importer.merging.day_checks import (
    refuse_duplicates,
    refuse_isolated_days,
)
from forecast_service.importer.merging.earlier_imports import EarlierImports
from forecast_service.importer.merging.joined_sheets import is_plan, join_sheets
from forecast_service.importer.merging.repeated_rows import RepeatedRows
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.values.conventions import UNKNOWN, Conventions
from forecast_service.importer.values.date_texts import choose_order

__all__ = ["MergedRows", "merge_sheets", "read_sheets"]

SHEET_ROLES = ("sales", "future", "features")
FIRST_STORE = "1"  # name of the only store, unless somebody names it
ALL_STORES = ""  # placeholder in a file of covariates for all stores


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
    repeated: RepeatedRows
    """Sorts the rows by series and day, and makes one of those that stand for the same day."""
    has_target: npt.NDArray[np.bool_]
    """Whether the file of the row has a column of sales; the cell may be empty."""
    last_sale: Ints
    """Day of the last sale per series, earlier imports included; -1 without a sale."""
    conventions: Conventions = UNKNOWN
    """How dates and numbers were read."""
    notes: tuple[str, ...] = ()

    @property
    def future(self) -> npt.NDArray[np.bool_]:
        """Whether the row lies after the last sale of its series."""
        return self.day > self.last_sale[self.series]

    @property
    def has_items(self) -> bool:
        return self.sheets[0].items is not None

    def long_rows(self, columns: Mapping[str, Floats]) -> LongRows:
        """These columns per series and day."""
        values = {name: self.repeated.last(column) for name, column in columns.items()}
        kept = self.repeated.kept
        return LongRows(self.keys, self.series[kept], self.day[kept], values)


def read_sheets(
    files: Mapping[str, Path],
    options: ImportOptions,
    earlier: EarlierImports | None = None,
    *,
    replaces: bool = True,
    conventions: Conventions = UNKNOWN,
) -> tuple[Sheet, ...]:
    """The sheets of sales and of covariates; all of them have items, or none has.

    All of them have one order of day and month in their dates.
    """
    opened = _open_sheets(files, options, earlier, conventions, replaces=replaces)
    dates = [sheet.raw.table[sheet.roles.date] for sheet in opened]
    named = (sheet.raw.date_order for sheet in opened)
    usual = next((order for order in named if order is not None), conventions.date_order)
    order = options.date_order or choose_order(dates, usual)
    conventions = replace(conventions, date_order=order)
    sheets = [read_sheet(sheet, options, conventions) for sheet in opened]
    sheets = _with_store_of_plans(sheets, options)
    notes = [
        _store_note(sheet, options)
        for sheet in sheets
        if sheet.roles.store is None and not is_plan(sheet)
    ]
    known = () if earlier is None or replaces else earlier.sales.keys
    joined = join_sheets(sheets, known, may_repeat=options.may_repeat_days)
    first = replace(joined[0].raw, notes=(*notes, *joined[0].raw.notes))
    joined = (replace(joined[0], raw=first), *joined[1:])
    _refuse_half_items(joined)
    refuse_isolated_days(joined)
    return joined


def _open_sheets(
    files: Mapping[str, Path],
    options: ImportOptions,
    earlier: EarlierImports | None,
    conventions: Conventions,
    *,
    replaces: bool,
) -> list[OpenSheet]:
    # A full import that may replace what is there also chooses its covariates anew.
    chooses_anew = replaces and options.replace
    covariates = () if earlier is None or chooses_anew else earlier.group.covariates
    only_store = _only_store(options, earlier, replaces=replaces)
    return [
        open_sheet(
            files[role],
            options,
            covariates,
            needs_target=role == "sales",
            may_be_plan=not replaces,
            only_store=only_store if role == "sales" else only_store or ALL_STORES,
            usual_order=conventions.date_order,
        )
        for role in SHEET_ROLES
        if role in files
    ]


def _refuse_half_items(sheets: Sequence[Sheet]) -> None:
    with_items = [sheet for sheet in sheets if sheet.items is not None]
    if with_items and len(with_items) < len(sheets):
        without = next(sheet for sheet in sheets if sheet.items is None)
        raise InvalidData(
            f"'{without.name}' has no column for the item, but '{with_items[0].name}' has "
            f"'{with_items[0].roles.item}'. Give both files the column, or neither."
        )


def _only_store(
    options: ImportOptions, earlier: EarlierImports | None, *, replaces: bool
) -> str | None:
    """The store of files without a column for it; None if several stores are known."""
    if options.store is not None:
        return options.store
    names = () if earlier is None else tuple(earlier.stores)
    if len(names) == 1:
        return names[0]
    return FIRST_STORE if replaces or not names else None


def _with_store_of_plans(sheets: Sequence[Sheet], options: ImportOptions) -> list[Sheet]:
    """Sales without a column for the store are of the one that the other files name, if any."""
    names = {n for s in sheets if is_plan(s) and s.roles.store is not None for n in s.stores.names}
    if options.store is not None or len(names) != 1:
        return list(sheets)
    return [
        replace(sheet, stores=replace(sheet.stores, names=tuple(names)))
        if sheet.roles.store is None and not is_plan(sheet)
        else sheet
        for sheet in sheets
    ]


def _store_note(sheet: Sheet, options: ImportOptions) -> str:
    hint = "" if options.store else " The option 'store' gives it another name."
    return (
        f"'{sheet.name}' has no column for a store: all of its rows are of store "
        f"'{sheet.stores.names[0]}'.{hint}"
    )


def merge_sheets(
    sheets: Sequence[Sheet],
    earlier: EarlierImports | None,
    *,
    replaces: bool,
    duplicates: str | None = None,
    only_when_sold: bool = False,
) -> MergedRows:
    """Merge sheets: number the series over all of them and find the last sale of each.

    ``duplicates`` and ``only_when_sold`` (``missing`` is zero) are options of the import.

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
    periods = choose_periods(
        sheets, keys, series, day, fixed=fixed, fresh=fresh, only_when_sold=only_when_sold
    )
    day = periods.floor(day)
    repeated = RepeatedRows.of(series * DAYS + day)
    target = np.concatenate(
        [np.full(s.rows, np.nan) if s.target is None else s.target for s in sheets]
    )
    stockout = np.concatenate([sheet.stockout for sheet in sheets])
    has_target = np.repeat([s.target is not None for s in sheets], [s.rows for s in sheets])
    notes = [note for sheet in sheets for note in sheet.notes]
    if not repeated.is_plain:
        if duplicates not in ("sum", "last"):
            refuse_duplicates(sheets, repeated.order, ~_first_of_group(repeated)[1:])
        kept = repeated.kept
        target[kept] = repeated.total(target) if duplicates == "sum" else repeated.last(target)
        stockout[kept] = repeated.most(stockout)
        has_target[kept] = repeated.any(has_target)
        notes.append(_repeated_note(repeated, periods, duplicates))
    last_sale = np.maximum(_last_sale(len(keys), series, day, target), earlier_last)
    return MergedRows(
        tuple(sheets),
        periods,
        keys,
        series,
        day,
        target,
        stockout,
        repeated,
        has_target,
        last_sale,
        sheets[0].conventions,
        tuple(dict.fromkeys(notes)),
    )


def _first_of_group(repeated: RepeatedRows) -> npt.NDArray[np.bool_]:
    first = np.zeros(len(repeated.order), dtype=bool)
    first[repeated.starts] = True
    return first


def _repeated_note(repeated: RepeatedRows, periods: Periods, duplicates: str | None) -> str:
    rows, left = len(repeated.order), len(repeated.starts)
    code = "rows_added_up" if duplicates == "sum" else "rows_replaced"
    return say(code, period=periods.noun, rows=rows, left=left)


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
