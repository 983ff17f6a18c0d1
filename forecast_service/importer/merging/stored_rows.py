"""Stored rows: those of one store, read from the snapshots of a dataset without the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from forecast_service.common.arrow import from_numpy, to_numpy
from forecast_service.importer.canonical_files import MS_PER_DAY
from forecast_service.storage.snapshots import SnapshotStore

__all__ = ["KEY_COLUMNS", "Days", "StoredRows", "day_numbers", "rows_of_store", "text_codes"]

KEY_COLUMNS = ("item_id", "timestamp", "location")
MIN_DAY, MAX_DAY = -(2**31), 2**31  # days since 1970-01-01, before and after all rows

Integers = npt.NDArray[np.int64]
Days = tuple[int | None, int | None]
"""First and last day since 1970-01-01, both included; None: no limit."""


class StoredRows(NamedTuple):
    """Rows of one store by day and item: ``items[item[i]]`` is the item of row ``i``, or empty."""

    day: Integers
    item: Integers
    items: npt.NDArray[np.str_]
    values: pa.Table
    """The other columns."""


NO_ROWS = StoredRows(
    np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.str_), pa.table({})
)


def rows_of_store(
    snapshots: SnapshotStore, dataset: str, store: str, item: str | None, days: Days
) -> StoredRows:
    """The rows of a store and item (None: all) between two days; the newest file wins."""
    files = snapshots.verified(dataset) if snapshots.version(dataset) else []
    tables = [_read_store(snapshots.home / file.path, store, item, days) for file in files]
    whole = pa.concat_tables(tables, promote_options="permissive") if tables else None
    if whole is None or not whole.num_rows:
        return NO_ROWS
    day = day_numbers(whole)
    has_items = "location" in whole.column_names
    names = whole["item_id"].to_numpy() if has_items else np.full(len(day), "")
    items, codes = np.unique(names.astype(str), return_inverse=True)
    # The last row of each key is the newest: the files are in their order.
    _, newest = np.unique((day * len(items) + codes)[::-1], return_index=True)
    kept = len(day) - 1 - newest
    values = whole.drop_columns([name for name in KEY_COLUMNS if name in whole.column_names])
    return StoredRows(day[kept], codes[kept], items, values.take(from_numpy(kept)))


def text_codes(column: pa.ChunkedArray) -> tuple[Integers, list[str]]:
    """Codes and distinct texts of a dictionary-encoded column."""
    whole = pa.concat_arrays(column.unify_dictionaries().chunks)
    return to_numpy(whole.indices).astype(np.int64), whole.dictionary.to_pylist()


def day_numbers(table: pa.Table) -> Integers:
    """Days from 1970-01-01 to the time of each row."""
    return to_numpy(table["timestamp"].cast(pa.int64())).astype(np.int64) // MS_PER_DAY


def _read_store(path: Path, store: str, item: str | None, days: Days) -> pa.Table:
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
            codes, texts = text_codes(table[name].cast(pa.dictionary(pa.int32(), pa.string())))
            kept &= codes == (texts.index(text) if text in texts else -1)
    first_day, last_day = days
    day = day_numbers(table)
    kept &= (day >= (MIN_DAY if first_day is None else first_day)) & (
        day <= (MAX_DAY if last_day is None else last_day)
    )
    return table.take(from_numpy(np.flatnonzero(kept)))


def _may_contain(statistics: Any, text: str) -> bool:
    if statistics is None or not statistics.has_min_max:
        return True
    return bool(statistics.min <= text <= statistics.max)
