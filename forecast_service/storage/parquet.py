"""Immutable Parquet files: written durably into a folder, read, merged by key."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from forecast_service.common.arrow import from_booleans
from forecast_service.common.codes import combined, factorize
from forecast_service.common.files import link_or_copy, sync
from forecast_service.storage.integrity import sha256_of
from forecast_service.storage.queue import new_id

__all__ = ["StagedFile", "merge", "read_parquet", "stage"]

ROW_GROUP_ROWS = 32_768  # so that the rows of one store are read quickly


@dataclass(frozen=True)
class StagedFile:
    """A complete, durable file in the snapshot folder that is not in a manifest yet."""

    path: str
    """Relative to FORECAST_HOME."""
    rows: int
    sha256: str
    size_bytes: int


def stage(home: Path, folder: str, content: pa.Table | Path) -> StagedFile:
    """Put a table, or a Parquet file (hard-linked if possible), into a folder of ``home``."""
    (home / folder).mkdir(parents=True, exist_ok=True)
    path = home / folder / f"{new_id()}.parquet"
    temporary = path.with_suffix(".part")
    try:
        if isinstance(content, Path):
            link_or_copy(content, temporary)
        else:
            pq.write_table(content, temporary, compression="zstd", row_group_size=ROW_GROUP_ROWS)
        sync(temporary)
        temporary.rename(path)
    finally:
        temporary.unlink(missing_ok=True)  # a full disk needs the space
    sync(path.parent)
    return StagedFile(
        path=f"{folder}/{path.name}",
        rows=pq.read_metadata(path).num_rows,
        sha256=sha256_of(path),
        size_bytes=path.stat().st_size,
    )


def read_parquet(path: Path, columns: Collection[str] | None = None) -> pa.Table:
    """Read a file, or those of these columns that it has: texts become dictionary-encoded,
    times timestamp[ms]."""
    fields = pq.read_schema(path)
    schema = [field for field in fields if columns is None or field.name in columns]
    texts = [field.name for field in schema if _is_text(field.type)]
    # pq.read_table would import pandas, which costs more than reading a million rows.
    with pq.ParquetFile(path, read_dictionary=texts) as file:
        read_schema = pa.schema([(field.name, _read_as(field.type)) for field in schema])
        table = file.read([field.name for field in schema])
        return table.cast(read_schema, safe=False)  # times may have nanoseconds


def merge(tables: Sequence[pa.Table], key: Sequence[str]) -> pa.Table:
    """Concatenate tables, oldest first; a row is dropped if a newer table has its key."""
    if len(tables) == 1:
        return tables[0]
    whole = pa.concat_tables(tables, promote_options="permissive")
    codes, _ = combined([factorize(whole[name]) for name in key])
    ends = np.cumsum([table.num_rows for table in tables])
    is_newest = np.ones(len(codes), dtype=bool)
    newer = np.empty(0, dtype=np.int64)
    for start, end in reversed(list(zip([0, *ends[:-1]], ends, strict=True))):
        is_newest[start:end] = ~np.isin(codes[start:end], newer)
        newer = np.union1d(newer, codes[start:end]) if start else newer
    return whole.filter(from_booleans(is_newest)).unify_dictionaries().combine_chunks()


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _read_as(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind) or _is_text(kind):
        return pa.dictionary(pa.int32(), pa.string())
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return pa.timestamp("ms")
    return kind
