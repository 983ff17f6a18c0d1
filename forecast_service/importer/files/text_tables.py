"""Reads CSV (also gzipped) and Parquet files as Arrow tables, and finds the line of a row."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.csv as pa_csv

from forecast_service.errors import FieldError, InvalidData
from forecast_service.importer.files.findings import MAX_SHOWN, refuse

__all__ = ["SENT_ROWS", "RawTable", "read_file"]

MAX_BYTES = 2 * 1024**3  # unpacked; some 60 million rows, far more than fits in a request
DELIMITERS = ",;\t|"
GZIP = b"\x1f\x8b"
SENT_ROWS = "the sent rows"  # name of the file with the rows of a JSON document
PARQUET = b"PAR1"
OTHER_FORMATS = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF document",
    b"SQLite format 3": "a SQLite database",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}


@dataclass(frozen=True)
class RawTable:
    """A file as read: text or numeric columns, and the place of every row."""

    name: str
    table: pa.Table
    delimiter: str | None
    """Separator of a CSV file; None for Parquet."""
    _content: bytes = field(default=b"", repr=False)

    @property
    def header(self) -> list[str]:
        return list(self.table.column_names)

    def places(self, rows: Iterable[int]) -> list[str]:
        """The place of each row (0 is the first below the header), such as ``line 17``.

        ``row 17`` for Parquet; the JSON pointer for rows that were sent as JSON. Quoted values may
        span several lines, so the file is read again to count them.
        """
        numbers = list(rows)
        if self.name == SENT_ROWS:
            return [f"/sales/{row}" for row in numbers]
        if self.delimiter is None:
            return [f"row {row + 1}" for row in numbers]
        if not any(mark in self._content for mark in (b'"', b"\n\n", b"\n\r\n")):
            return [f"line {row + 2}" for row in numbers]
        lines: dict[int, int] = {}
        last = max(numbers, default=-1)
        for index, (line, _) in enumerate(_records(self._content, self.delimiter, self.name)):
            lines[index - 1] = line
            if index > last:
                break
        return [f"line {lines[row]}" for row in numbers]


def read_file(path: Path) -> RawTable:
    """Read a file of retail data.

    Raises
    ------
    InvalidData
        It is not a CSV or Parquet file, is empty or damaged, or has rows of unequal length.
    """
    name = path.name
    content = _unpack(_read_bytes(path), name)
    if content[:4] == PARQUET:
        return RawTable(name, _read_parquet(content, name), None)
    content = content.removeprefix(b"\xef\xbb\xbf")
    _refuse_other_formats(content, name)
    _refuse_other_encodings(content, name)
    if not content.strip():
        raise InvalidData(
            f"'{name}' is empty. It needs a header line and one line per store and day."
        )
    delimiter = _delimiter(content)
    if b"\n" not in content.strip().replace(b"\r", b"\n"):
        _refuse_header_alone(name)
    table = _read_csv(content, delimiter, name)
    if table.num_rows == 0:
        _refuse_header_alone(name)
    return RawTable(name, table, delimiter, content)


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidData(
            f"'{path}' cannot be read: {error.strerror}. Name a file that exists and is readable."
        ) from error


def _unpack(content: bytes, name: str) -> bytes:
    if content[:2] != GZIP:
        return content
    try:
        with gzip.open(io.BytesIO(content)) as stream:
            unpacked = stream.read(MAX_BYTES + 1)
    except EOFError as error:
        raise InvalidData(
            f"'{name}' is cut off: the gzip file ends before its end mark. Transfer it again."
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InvalidData(
            f"'{name}' is a damaged gzip file ({error}). Pack or transfer it again."
        ) from error
    if len(unpacked) > MAX_BYTES:
        raise InvalidData(
            f"'{name}' unpacks to more than {MAX_BYTES // 1024**3} GB. Import it in parts."
        )
    return unpacked


def _refuse_header_alone(name: str) -> NoReturn:
    raise InvalidData(
        f"'{name}' has a header line and nothing below it. Add one line per store and day."
    )


def _refuse_other_formats(content: bytes, name: str) -> None:
    kind = next((k for magic, k in OTHER_FORMATS.items() if content.startswith(magic)), None)
    if kind is None and b"\0" in content[:4096]:
        kind = "a binary file"
    if kind is not None:
        raise InvalidData(
            f"'{name}' is {kind}, not CSV. Allowed are CSV in UTF-8 (also .gz) and Parquet: "
            "save it as 'CSV UTF-8' and import that."
        )


def _refuse_other_encodings(content: bytes, name: str) -> None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidData(
            f"'{name}' is not UTF-8: line {line} has the byte 0x{content[error.start]:02X}. "
            "Save it as 'CSV UTF-8' and import that.",
            errors=(FieldError(f"line {line}", f"byte 0x{content[error.start]:02X} is not UTF-8"),),
        ) from error


def _delimiter(content: bytes) -> str:
    """The separator that occurs most often in the header; a comma if there is none."""
    header = content.lstrip(b"\r\n").split(b"\n", 1)[0].decode("utf-8", errors="replace")
    return max(DELIMITERS, key=header.count)


def _read_csv(content: bytes, delimiter: str, name: str) -> pa.Table:
    header = _header(content, delimiter, name)
    ragged: list[Any] = []

    def note(row: Any) -> str:
        ragged.append(row)
        return "skip"

    quoted = b'"' in content
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(content),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=quoted, invalid_row_handler=note
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types={column: pa.string() for column in header},
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid as error:
        raise InvalidData(
            f"'{name}' is not a CSV file: {error}. Save it as 'CSV UTF-8'."
        ) from error
    if ragged:
        _refuse_ragged(content, delimiter, len(header), name)
    return table


def _header(content: bytes, delimiter: str, name: str) -> list[str]:
    header = next(_records(content, delimiter, name))[1]
    repeated = sorted({column for column in header if header.count(column) > 1})
    if repeated:
        raise InvalidData(
            f"'{name}' has {header.count(repeated[0])} columns named '{repeated[0]}'. "
            "Give every column a name of its own."
        )
    return header


def _refuse_ragged(content: bytes, delimiter: str, width: int, name: str) -> None:
    """Raise for the lines with more or fewer values than the header."""
    findings: list[tuple[str, str]] = []
    total = 0
    for line, values in _records(content, delimiter, name):
        if len(values) != width:
            total += 1
            if total <= MAX_SHOWN:
                noun = "value" if len(values) == 1 else "values"
                detail = f"{len(values)} {noun} where the header has {width} columns"
                findings.append((f"line {line}", detail))
    refuse(name, findings, total)


def _records(content: bytes, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """First line number and values of every record, header included; blank ones are left out."""
    text = io.StringIO(content.decode("utf-8"), newline="")
    reader = csv.reader(text, delimiter=delimiter)
    line = 1
    try:
        for values in reader:
            if values:
                yield line, values
            line = reader.line_num + 1
    except csv.Error as error:
        detail = f"a value that starts here cannot be read ({error}); is a quote left open?"
        refuse(name, [(f"line {line}", detail)], 1)


def _read_parquet(content: bytes, name: str) -> pa.Table:
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(content))
    except (pa.ArrowInvalid, OSError) as error:
        raise InvalidData(
            f"'{name}' is a damaged Parquet file. Write or transfer it again."
        ) from error
    if table.num_rows == 0:
        raise InvalidData(f"'{name}' has no rows. It needs one row per store and day.")
    columns = {n: _as_text_or_float(table.column(n), n, name) for n in table.column_names}
    return pa.table(columns)


def _as_text_or_float(column: pa.ChunkedArray, column_name: str, name: str) -> pa.ChunkedArray:
    """Text, or float64 for a column of fractional numbers; null where unknown."""
    if pa.types.is_floating(column.type):
        return column.cast(pa.float64())
    try:
        return column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InvalidData(
            f"Column '{column_name}' of '{name}' has the type {column.type}, which cannot be read. "
            "Allowed are text, numbers, dates and true/false."
        ) from error
