"""CSV files, read by the schema of a dataset; errors name the first wrong line."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
from pyarrow import csv as arrow_csv

from forecast_service.common.arrow import from_texts
from forecast_service.common.files import without_folder
from forecast_service.errors import InvalidData
from forecast_service.local.files.schema import DatasetSchema
from forecast_service.local.files.timestamps import parse_times

__all__ = ["first_fault", "read_csv"]

TEXT = pa.dictionary(pa.int32(), pa.string())


def read_csv(path: Path, schema: DatasetSchema, time_format: str) -> pa.Table:
    """The rows of a file; the schema names and types its columns, but times are still texts.

    A first line with column names is skipped.

    Raises
    ------
    InvalidData
        The file does not fit the schema; the message names line and column.
    """
    skipped = 1 if _has_header(path, schema, time_format) else 0
    try:
        return arrow_csv.read_csv(
            path,
            read_options=arrow_csv.ReadOptions(
                column_names=list(schema.names), skip_rows=skipped, block_size=1 << 22
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types={
                    name: pa.float64() if name in schema.numbers else TEXT for name in schema.names
                },
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except (pa.ArrowInvalid, OSError, EOFError) as error:
        fault, reason = first_fault(path, schema, time_format), without_folder(error, path)
        raise InvalidData(
            fault or f"File '{path.name}' cannot be read as CSV: {reason}. Write it again."
        ) from error


def first_fault(path: Path, schema: DatasetSchema, time_format: str) -> str | None:
    """A sentence about the first line that does not fit the schema; None if all lines fit.

    This is slow: call it only for files with an error.
    """
    try:
        skip_first = _has_header(path, schema, time_format)
        rows = csv.reader(_lines(path))
        for count, row in enumerate(rows):
            fault = None if (skip_first and count == 0) else _fault_of(row, schema, time_format)
            if fault:
                return f"File '{path.name}', line {rows.line_num}: {fault}"
        if rows.line_num == 0:
            return f"File '{path.name}' is empty. Write one line per item and time."
    except csv.Error as error:
        return f"File '{path.name}' cannot be read as CSV: {error}. Separate the fields by commas."
    return None


def _has_header(path: Path, schema: DatasetSchema, time_format: str) -> bool:
    """Whether the first line has names: the schema's, or texts in all number and time columns."""
    try:
        first = next(csv.reader(_lines(path)), [])
    except csv.Error:  # first_fault describes the error
        return False
    if [text.strip().lower() for text in first] == [name.lower() for name in schema.names]:
        return True
    typed = [
        (text, kind)
        for text, (_, kind) in zip(first, schema.fields, strict=False)
        if kind not in ("string", "geolocation") and text
    ]
    return bool(typed) and all(_problem_of(text, kind, time_format) for text, kind in typed)


def _lines(path: Path) -> Iterator[str]:
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            for number, line in enumerate(_raw_lines(stream), start=1):
                try:
                    yield line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise InvalidData(
                        f"File '{path.name}', line {number}: byte {line[error.start]:#04x} is not "
                        "UTF-8. Save the file with the encoding UTF-8."
                    ) from error
    except (OSError, pa.ArrowInvalid) as error:
        raise InvalidData(
            f"File '{path.name}' cannot be read to its end: {without_folder(error, path)}. "
            "Copy it again."
        ) from error


def _raw_lines(stream: pa.NativeFile) -> Iterator[bytes]:
    tail = b""
    while block := stream.read(1 << 20):
        *lines, tail = (tail + block).split(b"\n")
        yield from (line + b"\n" for line in lines)
    if tail:
        yield tail


def _fault_of(row: list[str], schema: DatasetSchema, time_format: str) -> str | None:
    if not row:
        return None
    if len(row) != len(schema.fields):
        return (
            f"the line has {len(row)} fields, but the schema has {len(schema.fields)} "
            f"({', '.join(schema.names)}). Write one field per column, in the order of the schema."
        )
    for text, (name, kind) in zip(row, schema.fields, strict=True):
        if name in schema.key and not text:
            return f"'{name}' is empty. Every row needs {_join(schema.key)}."
        problem = _problem_of(text, kind, time_format)
        if problem:
            return f"'{name}' is '{text[:40]}', which is {problem}"
    return None


def _join(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


@lru_cache(maxsize=100_000)
def _is_time(text: str, time_format: str) -> bool:
    return not parse_times(from_texts([text]), time_format).null_count


def _problem_of(text: str, kind: str, time_format: str) -> str | None:
    if kind == "timestamp":
        return (
            None
            if _is_time(text, time_format)
            else f"not a time written as '{time_format}'. Correct the time or TimestampFormat."
        )
    if kind in ("string", "geolocation") or not text:
        return None
    try:
        number = float(text)
    except ValueError:
        return "not a number. Write a number, 'NaN', or nothing for a missing value."
    if math.isinf(number) or (kind == "integer" and number % 1 > 0):
        return "not a whole number." if kind == "integer" else "not a finite number."
    return None
