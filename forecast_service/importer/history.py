"""History: our own record of sales and covariates, the same for every backend."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from forecast_service.common.arrow import from_numpy, to_numpy
from forecast_service.importer.canonical_files import MS_PER_DAY
from forecast_service.importer.files.column_names import shown_name
from forecast_service.importer.long_rows import LongRows, sorted_rows
from forecast_service.importer.merging.earlier_imports import EarlierImports, no_rows
from forecast_service.importer.values.text_columns import iso
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
KEY_COLUMNS = ("item_id", "timestamp", "location")


def sales_key(group: str) -> str:
    """Name of the snapshots with the sales of a dataset group."""
    return f"sales:{group}"


def covariates_key(group: str) -> str:
    """Name of the snapshots with the covariates of a dataset group."""
    return f"covariates:{group}"


def key_columns(has_items: bool) -> tuple[str, ...]:
    """Columns that identify a row."""
    return ("item_id", "timestamp", "location") if has_items else ("item_id", "timestamp")


def read_rows(store: SnapshotStore, dataset: str, names: dict[str, str]) -> LongRows | None:
    """All rows of a dataset; ``names`` maps its columns to those of the result.

    A dataset without marks has no column ``stockout``: the result has 0.
    """
    if not store.version(dataset):
        return None
    table = store.read(dataset)
    items, item_names = _codes(table["item_id"])
    day = to_numpy(table["timestamp"].cast(pa.int64())).astype(np.int64) // MS_PER_DAY
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
    snapshots = SnapshotStore(database, home)
    sales = _values_of_store(snapshots, sales_key(group), store, item)
    covariates = _values_of_store(snapshots, covariates_key(group), store, item)
    rows = []
    for key in sorted(sales):
        date, name = key
        if (start is None or date >= start) and (end is None or date <= end):
            entry: dict[str, Any] = {"date": date, "sales": sales[key]["demand"]}
            entry["stockout"] = bool(sales[key].get("stockout"))
            if name:
                entry["item"] = name
            known = covariates.get(key, {})
            shown = {shown_name(title): value for title, value in known.items()}
            rows.append({**entry, "covariates": shown})
    return rows if limit is None else rows[-limit:]


def _codes(column: pa.ChunkedArray) -> tuple[np.ndarray[Any, np.dtype[np.int64]], list[str]]:
    """Codes and distinct texts of a dictionary-encoded column."""
    whole = pa.concat_arrays(column.unify_dictionaries().chunks)
    return to_numpy(whole.indices).astype(np.int64), whole.dictionary.to_pylist()


def _values_of_store(
    snapshots: SnapshotStore, dataset: str, store: str, item: str | None
) -> dict[tuple[str, str], dict[str, Any]]:
    """(date, item) -> values of one store; the newest file wins."""
    result: dict[tuple[str, str], dict[str, Any]] = {}
    if not snapshots.version(dataset):
        return result
    for file in snapshots.verified(dataset):
        table = _read_store(snapshots.home / file.path, store, item)
        if not table.num_rows:
            continue
        has_items = "location" in table.column_names
        days = to_numpy(table["timestamp"].cast(pa.int64())).astype(np.int64) // MS_PER_DAY
        items = table["item_id"].to_pylist() if has_items else [""] * len(days)
        values = table.drop_columns([n for n in KEY_COLUMNS if n in table.column_names])
        for day, name, row in zip(days, items, values.to_pylist(), strict=True):
            result[iso(day), name] = row
    return result


def _read_store(path: Path, store: str, item: str | None) -> pa.Table:
    """The rows of one store; reads only the row groups that may contain some."""
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
    kept = np.ones(table.num_rows, dtype=bool)
    for name, text in filters.items():
        if text is not None and table.num_rows:
            codes, texts = _codes(table[name].cast(pa.dictionary(pa.int32(), pa.string())))
            kept &= codes == (texts.index(text) if text in texts else -1)
    return table.take(from_numpy(np.flatnonzero(kept)))


def _may_contain(statistics: Any, text: str) -> bool:
    if statistics is None or not statistics.has_min_max:
        return True
    return bool(statistics.min <= text <= statistics.max)
