"""Writes canonical rows as files: Parquet for ourselves, CSV for Amazon."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from forecast_service.common.arrow import (
    dictionary_text,
    floats_with_nulls,
    from_numpy,
    from_texts,
    write_csv_rows,
)
from forecast_service.importer.long_rows import LongRows
from forecast_service.importer.plan import METADATA_PART, RELATED_PART, TARGET_PART
from forecast_service.importer.understanding.understanding import Understanding
from forecast_service.importer.workspace import replacing

__all__ = ["MS_PER_DAY", "SALES", "canonical_tables", "write_csv", "write_parquet"]

SALES = "sales"  # all sales, for our own record; models learn from the demand instead
MS_PER_DAY = 86_400_000
ROW_GROUP_ROWS = 32_768  # some thirty stores, so that the history of one is read quickly


def canonical_tables(understanding: Understanding) -> dict[str, pa.Table]:
    """One table per dataset to load, sorted by store, item and day.

    If stock-outs are marked, ``SALES`` also has the sales of the marked days.
    """
    has_items = understanding.has_items
    tables = {}
    if len(understanding.sales.rows):
        rows = understanding.sales.rows
        tables[TARGET_PART] = _table(rows, {"demand": "demand"}, has_items)
        if rows.values["stockout"].any():
            names = {"target": "demand", "stockout": "stockout"}
            tables[SALES] = _table(rows, names, has_items)
    if understanding.related is not None:
        names = {name: name for name in understanding.covariates}
        tables[RELATED_PART] = _table(understanding.related.rows, names, has_items)
    if understanding.attributes:
        stores = list(understanding.stores)
        columns = {"item_id": from_texts(stores)}
        for title, name in understanding.attributes.items():
            texts = [understanding.stores[s].attributes.get(title, "") for s in stores]
            columns[name] = from_texts(texts)
        tables[METADATA_PART] = pa.table(columns)
    return tables


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a table as Parquet; an existing file is replaced, never changed."""
    texts = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
    with replacing(path) as temporary:
        pq.write_table(
            table,
            temporary,
            row_group_size=ROW_GROUP_ROWS,
            compression="zstd",
            use_dictionary=texts,
        )


def write_csv(table: pa.Table, path: Path) -> None:
    """Write a table as Amazon Forecast reads CSV; an existing file is replaced, never changed."""
    with replacing(path) as temporary:
        write_csv_rows(table, temporary)


def _table(rows: LongRows, names: dict[str, str], has_items: bool) -> pa.Table:
    stores = _texts(rows, 0)
    days = from_numpy(rows.day * MS_PER_DAY).cast(pa.timestamp("ms"))
    start = {"item_id": _texts(rows, 1) if has_items else stores, "timestamp": days}
    if has_items:
        start["location"] = stores
    values = {new: floats_with_nulls(rows.values[old]) for old, new in names.items()}
    return pa.table({**start, **values})


def _texts(rows: LongRows, part: int) -> pa.Array:
    """Store (``part`` 0) or item (1) of every row."""
    names = [key[part] for key in rows.keys]
    distinct = sorted(set(names))
    at = {name: index for index, name in enumerate(distinct)}
    codes = np.array([at[name] for name in names], dtype=np.int32)
    return dictionary_text(codes[rows.series], distinct)
