"""History: our own record of sales and covariates, the same for every backend."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from forecast_service.common.arrow import to_numpy
from forecast_service.importer.files.column_names import shown_name
from forecast_service.importer.long_rows import LongRows, sorted_rows
from forecast_service.importer.merging.earlier_imports import EarlierImports, no_rows
from forecast_service.importer.merging.stored_rows import (
    KEY_COLUMNS,
    Days,
    day_numbers,
    rows_of_store,
    text_codes,
)
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
    items, item_names = text_codes(table["item_id"])
    day = day_numbers(table)
    if "location" in table.column_names:
        stores, store_names = text_codes(table["location"])
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


def _rows_of_store(
    snapshots: SnapshotStore,
    dataset: str,
    series: tuple[str, str | None],
    days: Days,
    limit: int | None = None,
) -> list[_Row]:
    """The last ``limit`` rows of a store and item (None: all) between two days."""
    stored = rows_of_store(snapshots, dataset, *series, days)
    first = max(len(stored.day) - limit, 0) if limit else 0
    values = stored.values.slice(first).to_pylist()
    rows = zip(stored.day[first:].tolist(), stored.item[first:].tolist(), values, strict=True)
    return [_Row(day, str(stored.items[item]), row) for day, item, row in rows]
