"""Data files of an import job: read by the dataset's schema, and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from forecast_service.common.arrow import to_numpy
from forecast_service.common.files import without_folder
from forecast_service.errors import InvalidData
from forecast_service.local.files.csv_files import TEXT, first_fault, read_csv
from forecast_service.local.files.schema import DatasetSchema
from forecast_service.local.files.timestamps import parse_times, strptime_pattern
from forecast_service.storage.objects.object_store import ObjectStore, each_opened
from forecast_service.storage.objects.stored_object import StoredObject

__all__ = ["DataFiles", "read_files"]

TIME = pa.timestamp("ms")


@dataclass(frozen=True)
class DataFiles:
    """The content of files: texts dictionary-encoded, times timestamp[ms], numbers float64."""

    table: pa.Table
    size_bytes: int
    canonical: Path | None
    """The file itself, if it is a single Parquet file that holds exactly the table."""


def read_files(
    store: ObjectStore,
    found: Sequence[StoredObject],
    schema: DatasetSchema,
    file_format: str,
    time_format: str,
) -> DataFiles:
    """Read and check every object, one after another; a single fault refuses them all.

    Raises
    ------
    InvalidData
        A file has a fault; the message names file, line (row in Parquet), column and remedy.
    """
    strptime_pattern(time_format)  # refuses an unknown format before reading
    read = _read_parquet if file_format == "PARQUET" else _read_csv
    tables, paths = [], []
    for path in each_opened(store, found):
        tables.append(read(path, schema, time_format))
        paths.append(path)
    table = pa.concat_tables(tables).unify_dictionaries()
    if table.num_rows == 0:
        raise InvalidData(
            f"'{found[0].name}' holds no rows. Write at least one line per item and time."
        )
    is_single = len(paths) == 1 and file_format == "PARQUET" and store.files_never_change
    return DataFiles(
        table=table,
        size_bytes=sum(one.size_bytes for one in found),
        canonical=paths[0] if is_single and _is_canonical(paths[0], schema) else None,
    )


def _read_csv(path: Path, schema: DatasetSchema, time_format: str) -> pa.Table:
    table = read_csv(path, schema, time_format)
    typed = _convert_columns(table, schema, time_format)
    if isinstance(typed, pa.Table):
        return typed
    raise InvalidData(
        first_fault(path, schema, time_format)
        or f"File '{path.name}', row {typed[0] + 1}: {typed[1]}"
    )


def _read_parquet(path: Path, schema: DatasetSchema, time_format: str) -> pa.Table:
    try:
        file_schema = pq.read_schema(path)
        names = _columns_of(path, file_schema, schema)
        texts = [name for name in names if _is_text(file_schema.field(name).type)]
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            table = file.read(columns=names).select(names)
    except (pa.ArrowInvalid, OSError) as error:
        raise InvalidData(
            f"File '{path.name}' cannot be read as Parquet: {without_folder(error, path)}. "
            "Write it again."
        ) from error
    typed = _convert_columns(table.rename_columns(list(schema.names)), schema, time_format)
    if isinstance(typed, pa.Table):
        return typed
    raise InvalidData(f"File '{path.name}', row {typed[0] + 1}: {typed[1]}")


def _columns_of(path: Path, file_schema: pa.Schema, schema: DatasetSchema) -> list[str]:
    """The file's names of the schema's columns, in schema order; case does not matter."""
    by_name = {name.lower(): name for name in file_schema.names if not name.startswith("__index_")}
    if sorted(by_name) != sorted(name.lower() for name in schema.names):
        raise InvalidData(
            f"File '{path.name}' has the columns {', '.join(file_schema.names)}; the schema has "
            f"{', '.join(schema.names)}. Write exactly the columns of the schema."
        )
    for name, kind in schema.fields:
        file_type = file_schema.field(by_name[name.lower()]).type
        if not _is_convertible(file_type, kind):
            raise InvalidData(
                f"File '{path.name}': column '{name}' has type {file_type}, but the schema has "
                f"{kind}. Write the column with that type."
            )
    return [by_name[name.lower()] for name in schema.names]


def _is_convertible(file_type: pa.DataType, kind: str) -> bool:
    """Whether values of a Parquet type can become values of a type of the schema."""
    if kind in ("integer", "float"):
        return _is_number(file_type)
    if kind == "timestamp":
        is_time = pa.types.is_timestamp(file_type) or pa.types.is_date(file_type)
        return _is_text(file_type) or bool(is_time)
    return _is_text(file_type) or bool(pa.types.is_integer(file_type))


def _convert_columns(
    table: pa.Table, schema: DatasetSchema, time_format: str
) -> pa.Table | tuple[int, str]:
    """The table with its final types, or the row (from 0) of the first fault and a sentence."""
    columns = []
    for name, kind in schema.fields:
        column = _convert(table[name], name, kind, time_format)
        if isinstance(column, tuple):
            return column
        if name in schema.key and column.null_count:
            row = _first(pc.is_null(column))
            return row, f"'{name}' is empty. Every row needs a value there."
        columns.append(column)
    return pa.table(columns, names=list(schema.names))


def _convert(
    column: pa.ChunkedArray, name: str, kind: str, time_format: str
) -> pa.ChunkedArray | tuple[int, str]:
    if kind == "timestamp":
        return _times(column, name, time_format)
    if kind in ("integer", "float"):
        return _numbers(column, name, kind)
    if pa.types.is_dictionary(column.type):
        return column.cast(TEXT)
    return column.cast(pa.string()).dictionary_encode()


def _times(
    column: pa.ChunkedArray, name: str, time_format: str
) -> pa.ChunkedArray | tuple[int, str]:
    if pa.types.is_temporal(column.type):
        return column.cast(TIME, safe=False)
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    chunks = []
    for chunk in column.unify_dictionaries().chunks:
        chunks.append(parse_times(chunk.dictionary, time_format).take(chunk.indices))
    times = pa.chunked_array(chunks, type=TIME)
    wrong = pc.and_(pc.is_null(times), pc.is_valid(column))
    if pc.any(wrong).as_py():
        row = _first(wrong)
        return row, f"'{name}' is '{column[row]}', which is not a time written as '{time_format}'."
    return times


def _numbers(column: pa.ChunkedArray, name: str, kind: str) -> pa.ChunkedArray | tuple[int, str]:
    numbers = column.cast(pa.float64(), safe=False)
    values = np.asarray(to_numpy(numbers))
    wrong = np.isinf(values)
    if kind == "integer":
        wrong |= np.isfinite(values) & (values != np.floor(values))
    if wrong.any():
        row = int(np.argmax(wrong))
        return row, f"'{name}' is '{values[row]}', which is not a finite {kind}."
    return numbers


def _is_text(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(value) or pa.types.is_large_string(value))


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_floating(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_null(kind)
    )


def _first(mask: pa.ChunkedArray) -> int:
    return int(np.argmax(to_numpy(mask)))


def _is_canonical(path: Path, schema: DatasetSchema) -> bool:
    """Whether the columns and types of the file are already those of a snapshot."""
    fields = pq.read_schema(path)
    if tuple(fields.names) != schema.names:
        return False
    return all(
        _is_canonical_type(field.type, kind)
        for field, (_, kind) in zip(fields, schema.fields, strict=True)
    )


def _is_canonical_type(file_type: pa.DataType, kind: str) -> bool:
    if kind == "timestamp":
        return bool(pa.types.is_timestamp(file_type) and file_type.tz is None)
    if kind in ("integer", "float"):
        return bool(pa.types.is_float64(file_type))
    return _is_text(file_type)
