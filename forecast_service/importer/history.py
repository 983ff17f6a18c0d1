"""History: our own record of sales and covariates, the same for every backend."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from forecast_service.common.arrow import from_numpy, to_numpy
from forecast_service.importer.canonical_files import MS_PER_DAY
from forecast_service.importer.files.column_names import shown_name
from forecast_service.importer.long_rows import LongRows, sorted_rows
from forecast_service.importer.merging.earlier_imports import EarlierImports, no_rows
from forecast_service.importer.values.text_columns import day_of, iso
from forecast_service.storage.database import Database
from forecast_service.storage.snapshots import SnapshotStore

__all__ = [
    "SALES_COLUMNS",
    "covariates_key",
    "history",
    "key_columns",
    "read_rows",
    "sales_key",
    "with_rows",
]

SALES_COLUMNS = {"demand": "target", "stockout": "stockout"}
MIN_DAY, MAX_DAY = -(2**31), 2**31  # days since 1970-01-01, before and after all rows
Rows = np.ndarray[Any, np.dtype[np.int64]]
KEY_COLUMNS = ("item_id", "timestamp", "location")


def sales_key(group: str) -> str:
    """Name of the snapshots with the sales of a dataset group."""
    return f"sales:{group}"


def covariates_key(group: str) -> str:
    """Name of the snapshots with the covariates of a dataset group."""
    return f"covariates:{group}"


def key_columns(has_items: bool) -> tuple[str, ...]:
    """Columns that identify a row."""
    return KEY_COLUMNS if has_items else KEY_COLUMNS[:2]


def read_rows(store: SnapshotStore, dataset: str, names: dict[str, str]) -> LongRows | None:
    """All rows of a dataset; ``names`` maps its columns to those of the result.

    A dataset without marks has no column ``stockout``: the result has 0.
    """
    if not store.version(dataset):
        return None
    table = store.read(dataset, columns=names)
    items, item_names = _codes(table["item_id"])
    day = _days(table)
    if "location" in table.column_names:
        stores, store_names = _codes(table["location"])
        pair = stores * len(item_names) + items
        distinct, series = np.unique(pair, return_inverse=True)
        width = len(item_names)
        keys = tuple((store_names[p // width], item_names[p % width]) for p in distinct)
    else:
        series, keys = items, tuple((name, "") for name in item_names)
    values = {
        new: to_numpy(table[old]).astype(np.float64)
        for old, new in names.items()
        if old in table.column_names
    }
    if "stockout" in names:
        marks = values.get("stockout", np.zeros(table.num_rows))
        values["stockout"] = np.nan_to_num(marks)
    return sorted_rows(keys, series, day, values).with_keys(sorted(keys))


def with_rows(store: SnapshotStore, earlier: EarlierImports) -> EarlierImports:
    """The earlier imports with all their sales and covariates."""
    group = earlier.group
    columns = {name: name for name in group.covariates}
    sales = read_rows(store, sales_key(group.name), SALES_COLUMNS)
    related = read_rows(store, covariates_key(group.name), columns) if columns else None
    related = related or no_rows(*group.covariates)
    return replace(earlier, sales=sales or earlier.sales, related=related)


def history(
    database: Database,
    home: Path,
    group: str,
    store: str,
    *,
    item: str | None = None,
    start: str | None = None,
    end: str | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Sales of a store by day (and item), oldest first; ISO dates, ``end`` included.

    Every entry has ``date``, ``sales`` (None if unknown), ``stockout``, ``covariates`` and, if the
    data have items, ``item``. ``limit`` keeps the last entries.
    """
    days = None if start is None else day_of(start), None if end is None else day_of(end)
    snapshots = SnapshotStore(database, home)
    sales = _rows_of_store(snapshots, sales_key(group), (store, item), days, limit)
    if not sales:
        return []
    shown_days = sales[0].day, sales[-1].day
    of_covariates = _rows_of_store(snapshots, covariates_key(group), (store, item), shown_days)
    covariates = {(row.day, row.item): row.values for row in of_covariates}
    return [_entry(row, covariates.get((row.day, row.item), {})) for row in sales]


class _Row(NamedTuple):
    """The values of one day, of one item if the data have items."""

    day: int
    item: str
    values: dict[str, Any]


def _entry(row: _Row, covariates: dict[str, Any]) -> dict[str, Any]:
    """One day of ``history``."""
    entry: dict[str, Any] = {"date": iso(row.day), "sales": row.values["demand"]}
    entry["stockout"] = bool(row.values.get("stockout"))
    if row.item:
        entry["item"] = row.item
    shown = {shown_name(title): value for title, value in covariates.items()}
    return {**entry, "covariates": shown}


def _codes(column: pa.ChunkedArray) -> tuple[np.ndarray[Any, np.dtype[np.int64]], list[str]]:
    """Codes and distinct texts of a dictionary-encoded column."""
    whole = pa.concat_arrays(column.unify_dictionaries().chunks)
    return to_numpy(whole.indices).astype(np.int64), whole.dictionary.to_pylist()


def _rows_of_store(
    snapshots: SnapshotStore,
    dataset: str,
    series: tuple[str, str | None],
    days: tuple[int | None, int | None],
    limit: int | None = None,
) -> list[_Row]:
    """The last rows of a store and item (None: all) between two days; the newest file wins."""
    files = snapshots.verified(dataset) if snapshots.version(dataset) else []
    tables = [_read_store(snapshots.home / file.path, *series, days) for file in files]
    whole = pa.concat_tables(tables, promote_options="permissive") if tables else None
    if whole is None or not whole.num_rows:
        return []
    day = _days(whole)
    has_items = "location" in whole.column_names
    items = whole["item_id"].to_numpy() if has_items else np.full(len(day), "")
    names, codes = np.unique(items.astype(str), return_inverse=True)
    # The last row of each key is the newest: the files are in their order.
    _, newest = np.unique((day * len(names) + codes)[::-1], return_index=True)
    kept = (len(day) - 1 - newest)[-(limit or 0) :]
    values = whole.drop_columns([n for n in KEY_COLUMNS if n in whole.column_names])
    rows = zip(day[kept].tolist(), codes[kept].tolist(), _taken(values, kept), strict=True)
    return [_Row(number, str(names[code]), row) for number, code, row in rows]


def _taken(table: pa.Table, rows: Rows) -> list[dict[str, Any]]:
    taken: list[dict[str, Any]] = table.take(from_numpy(rows)).to_pylist()
    return taken


def _days(table: pa.Table) -> Rows:
    return to_numpy(table["timestamp"].cast(pa.int64())).astype(np.int64) // MS_PER_DAY


def _read_store(
    path: Path, store: str, item: str | None, days: tuple[int | None, int | None]
) -> pa.Table:
    """The rows of one store in a range of days; reads only row groups that may contain some."""
    with pq.ParquetFile(path) as file:
        names = file.schema_arrow.names
        has_items = "location" in names
        filters = {"location": store, "item_id": item} if has_items else {"item_id": store}
        first = names.index(next(iter(filters)))
        parts = [
            number
            for number in range(file.num_row_groups)
            if _may_contain(file.metadata.row_group(number).column(first).statistics, store)
        ]
        table = file.read_row_groups(parts)
    if not table.num_rows:
        return table
    kept = np.ones(table.num_rows, dtype=bool)
    for name, text in filters.items():
        if text is not None and table.num_rows:
            codes, texts = _codes(table[name].cast(pa.dictionary(pa.int32(), pa.string())))
            kept &= codes == (texts.index(text) if text in texts else -1)
    first_day, last_day = days
    day = _days(table)
    kept &= (day >= (MIN_DAY if first_day is None else first_day)) & (
        day <= (MAX_DAY if last_day is None else last_day)
    )
    return table.take(from_numpy(np.flatnonzero(kept)))


def _may_contain(statistics: Any, text: str) -> bool:
    if statistics is None or not statistics.has_min_max:
        return True
    return bool(statistics.min <= text <= statistics.max)
