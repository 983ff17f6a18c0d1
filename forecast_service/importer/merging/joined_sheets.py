"""Joins files without sales to the sales, by store, item and date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from forecast_service.common.arrow import from_numpy, to_numpy
from forecast_service.common.wording.coded import say
from forecast_service.importer.files.candidates import titles_of
from forecast_service.importer.files.column_names import unique_names
from forecast_service.importer.files.sheets import Sheet
from forecast_service.importer.files.text_tables import RawTable
from forecast_service.importer.long_rows import DAYS, SeriesKey
from forecast_service.importer.merging.day_checks import refuse_duplicates
from forecast_service.importer.values.text_columns import Codes

__all__ = ["is_plan", "join_sheets"]

Ints = npt.NDArray[np.int64]
NOTHING = np.empty(0, dtype=np.intp)


def join_sheets(
    sheets: Sequence[Sheet], known: Iterable[SeriesKey], *, may_repeat: bool = False
) -> tuple[Sheet, ...]:
    """The sheets, with the covariates of later files in the rows of earlier ones of the same day.

    A file without a column for the store (or the item) is for all stores (items): those of the
    sales and the ``known`` ones. Rows of other days stay in their own sheet.
    If days ``may_repeat``, the last row of a day is joined.
    """
    sales = [sheet for sheet in sheets if not is_plan(sheet)]
    plans = [sheet for sheet in sheets if is_plan(sheet)]
    series = sorted({*known, *(key for sheet in sales for key in _series(sheet)[0])})
    kept: list[Sheet] = []
    for plan in plans:
        plan = _for_all_series(plan, series)
        if not may_repeat:
            _refuse_repeated(plan)
        for base in (sales, kept):
            for index, sheet in enumerate(base):
                base[index], plan = _joined(sheet, plan)
        if plan.rows:
            kept.append(plan)
    return (*sales, *kept)


def is_plan(sheet: Sheet) -> bool:
    """Whether a sheet has covariates only."""
    return sheet.target is None or bool(np.isnan(sheet.target).all())


def _for_all_series(plan: Sheet, series: Sequence[SeriesKey]) -> Sheet:
    """A plan with a row for every series that each of its rows is for."""
    lacks_item = plan.items is None and any(item for _, item in series)
    lacks_store = plan.roles.store is None
    if not series or not (lacks_item or lacks_store):
        return plan
    targets: dict[SeriesKey, list[SeriesKey]] = {}
    for store, item in series:
        key = ("" if lacks_store else store, "" if plan.items is None else item)
        targets.setdefault(key, []).append((store, item))
    keys, rows_of = _series(plan)
    own = [targets.get(("" if lacks_store else store, item), ()) for store, item in keys]
    pairs = [(row, key) for row, index in enumerate(rows_of.tolist()) for key in own[index]]
    rows = np.array([row for row, _ in pairs], dtype=np.intp)
    stores = _codes([store for _, (store, _) in pairs])
    has_items = plan.items is not None or lacks_item
    items = _codes([item for _, (_, item) in pairs]) if has_items else None
    table = plan.raw.table.take(from_numpy(rows))
    part = _take(plan, rows, plan.raw.with_rows(table, rows))
    return replace(part, stores=stores, items=items)


def _joined(sheet: Sheet, plan: Sheet) -> tuple[Sheet, Sheet]:
    """The sheet of sales with the covariates of a plan; the rows of the plan that are left."""
    own, other = _numbers((sheet, plan))
    code, plan_code = own * DAYS + sheet.days, other * DAYS + plan.days
    order = np.argsort(plan_code, kind="stable")
    at = np.searchsorted(plan_code, code, side="right", sorter=order) - 1
    at = order[np.maximum(at, 0)] if len(order) else np.zeros_like(at)
    matches = plan_code[at] == code if len(order) else np.zeros(len(code), dtype=bool)
    if not matches.any():
        return sheet, plan
    filled, differing = _fill(sheet, plan, at, matches)
    rest = _rest(sheet, plan, (own, other), np.isin(plan_code, code))
    rows = int(np.isin(plan_code, code).sum())
    joined = say("files_joined", plan=plan.name, file=sheet.name, rows=rows, all=plan.rows)
    notes = [*plan.raw.notes, joined]
    if differing:
        notes.append(say("cells_differ", cells=differing, plan=plan.name, file=sheet.name))
    raw = replace(filled.raw, notes=(*filled.raw.notes, *notes))
    rest = replace(rest, raw=replace(rest.raw, notes=()))
    return replace(filled, raw=raw, notes=(*filled.notes, *plan.notes)), rest


def _fill(
    sheet: Sheet, plan: Sheet, at: npt.NDArray[np.intp], matches: npt.NDArray[np.bool_]
) -> tuple[Sheet, int]:
    """The sheet with the cells of the plan where it has none; how many others are different."""
    table, own, differing = sheet.raw.table, titles_of(sheet), 0
    others = list(sheet.roles.others)
    index = pa.array(np.where(matches, at, 0).tolist(), pa.int64(), mask=~matches)
    for slug, title in titles_of(plan).items():
        cells = plan.raw.table[title].take(index)
        if slug in own:
            place = table.column_names.index(own[slug])
            merged, count = _coalesced(table.column(place), cells)
            differing += count
            table = table.set_column(place, own[slug], merged)
        else:
            (name,) = unique_names([title], taken=table.column_names)
            table = table.append_column(name, cells)
            others.append(name)
    opening = sheet.roles.open or (plan.roles.open if plan.roles.open in others else None)
    roles = replace(sheet.roles, others=tuple(others), open=opening)
    return replace(sheet, raw=replace(sheet.raw, table=table), roles=roles), differing


def _coalesced(own: pa.ChunkedArray, other: pa.ChunkedArray) -> tuple[pa.ChunkedArray, int]:
    if own.type != other.type:
        own, other = own.cast(pa.string()), other.cast(pa.string())
    differ = to_numpy(pc.fill_null(pc.not_equal(own, other), False)).astype(bool)
    rows = from_numpy(np.flatnonzero(differ))
    pairs = zip(own.take(rows).to_pylist(), other.take(rows).to_pylist(), strict=True)
    return pc.coalesce(own, other), sum(_value(a) != _value(b) for a, b in pairs)


def _value(cell: str | float) -> str | float:
    try:
        return float(cell)
    except ValueError:
        return str(cell).strip().lower()


def _rest(
    sheet: Sheet, plan: Sheet, numbers: tuple[Ints, Ints], used: npt.NDArray[np.bool_]
) -> Sheet:
    """The rows of a plan that were not joined, and do not lie before the sales of their series."""
    first = np.zeros(int(max(numbers[0].max(), numbers[1].max())) + 1, dtype=np.int64)
    first[numbers[0]] = np.iinfo(np.int64).max
    np.minimum.at(first, numbers[0], sheet.days)
    is_after = is_plan(sheet) | (plan.days >= first[numbers[1]])
    rows = np.flatnonzero(~used & is_after)
    return _take(plan, rows, plan.raw.taking(rows))


def _take(sheet: Sheet, rows: npt.NDArray[np.intp], raw: RawTable) -> Sheet:
    def part(codes: Codes) -> Codes:
        return replace(codes, values=codes.values[rows])

    return replace(
        sheet,
        raw=raw,
        stores=part(sheet.stores),
        items=None if sheet.items is None else part(sheet.items),
        days=sheet.days[rows],
        target=None if sheet.target is None else sheet.target[rows],
        stockout=sheet.stockout[rows],
    )


def _refuse_repeated(plan: Sheet) -> None:
    (numbers,) = _numbers((plan,))
    order = np.argsort(numbers * DAYS + plan.days, kind="stable")
    code = (numbers * DAYS + plan.days)[order]
    same = code[1:] == code[:-1]
    if same.any():
        refuse_duplicates([plan], order, same)


def _numbers(sheets: Sequence[Sheet]) -> tuple[Ints, ...]:
    """A number per row for its series, the same in all sheets."""
    of_sheets = [_series(sheet) for sheet in sheets]
    every = sorted({key for keys, _ in of_sheets for key in keys})
    number = {key: index for index, key in enumerate(every)}
    return tuple(
        np.array([number[key] for key in keys], dtype=np.int64)[rows] for keys, rows in of_sheets
    )


def _series(sheet: Sheet) -> tuple[list[SeriesKey], npt.NDArray[np.intp]]:
    """The series of a sheet, and the index of each row's series among them."""
    items = np.zeros(sheet.rows, np.int64) if sheet.items is None else sheet.items.values
    width = int(items.max(initial=0)) + 1
    pairs, rows = np.unique(sheet.stores.values * width + items, return_inverse=True)
    return [_name(sheet, int(pair) // width, int(pair) % width) for pair in pairs], rows


def _name(sheet: Sheet, store: int, item: int) -> SeriesKey:
    return sheet.stores.names[store], "" if sheet.items is None else sheet.items.names[item]


def _codes(names: Sequence[str]) -> Codes:
    distinct = sorted(set(names))
    at = {name: index for index, name in enumerate(distinct)}
    values = np.array([at[name] for name in names], dtype=np.int64)
    return Codes(values, tuple(distinct), NOTHING, str)
