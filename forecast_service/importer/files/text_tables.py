"""Reads CSV (also gzipped), Parquet and spreadsheets as Arrow tables; finds the line of a row."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from forecast_service.common.arrow import from_numpy
from forecast_service.common.files import reason_of
from forecast_service.common.wording.coded import say
from forecast_service.errors import InvalidData
from forecast_service.importer.files.delimited_text import (
    DelimitedText,
    below_titles,
    named_table,
    read_table,
)
from forecast_service.importer.files.encodings import in_utf8
from forecast_service.importer.files.findings import MAX_SHOWN
from forecast_service.importer.files.spreadsheets import (
    ALLOWED,
    is_spreadsheet,
    read_spreadsheet,
    text_of,
    typed_column,
)
from forecast_service.importer.options import ImportOptions

__all__ = ["SENT_ROWS", "RawTable", "read_file"]

MAX_BYTES = 2 * 1024**3  # unpacked; some 60 million rows, far more than fits in a request
GZIP = b"\x1f\x8b"
SENT_ROWS = "the sent rows"  # name of the file with the rows of a JSON document
PARQUET = b"PAR1"
OTHER_FORMATS = {
    b"%PDF": "a PDF document",
    b"SQLite format 3": "a SQLite database",
}

Locate = Callable[[Sequence[int]], list[str]]


@dataclass(frozen=True)
class RawTable:
    """A file as read: text or numeric columns, and the place of every row."""

    name: str
    table: pa.Table
    delimiter: str | None
    """Separator of a CSV file; None for others."""
    _locate: Locate = field(repr=False)
    notes: tuple[str, ...] = ()
    """What was read in another way than it stands in the file."""
    date_order: str | None = None
    """The order of day and month in names of columns, if they tell it."""

    @property
    def header(self) -> list[str]:
        return list(self.table.column_names)

    def places(self, rows: Iterable[int]) -> list[str]:
        """The place of each row (0 is the first below the header), such as ``line 17``.

        ``row 17`` for Parquet and spreadsheets; the JSON pointer for rows that were sent as JSON.
        """
        return self._locate(list(rows))

    def with_rows(self, table: pa.Table, rows: npt.NDArray[np.intp], *notes: str) -> RawTable:
        """Another table; its row ``i`` comes from row ``rows[i]`` of this one."""

        def locate(numbers: Sequence[int]) -> list[str]:
            return self._locate([int(rows[number]) for number in numbers])

        return replace(self, table=table, _locate=locate, notes=(*self.notes, *notes))

    def taking(self, rows: npt.NDArray[np.intp], *notes: str) -> RawTable:
        """These rows only."""
        return self.with_rows(self.table.take(from_numpy(rows)), rows, *notes)


def read_file(path: Path, options: ImportOptions | None = None) -> RawTable:
    """Read a file of retail data.

    Raises
    ------
    InvalidData
        It is no table, is empty or damaged, or has rows of unequal length.
    """
    options, name = options or ImportOptions(), path.name
    content = _unpack(_read_bytes(path), name)
    if content[:4] == PARQUET:
        return RawTable(name, _read_parquet(content, name), None, _rows_from(1))
    if is_spreadsheet(content):
        return _read_sheet(content, name, options)
    return _read_text(content, name, options)


def _rows_from(first: int) -> Locate:
    return lambda rows: [f"row {row + first}" for row in rows]


def _read_text(content: bytes, name: str, options: ImportOptions) -> RawTable:
    _refuse_other_formats(content, name)
    content, encoding = in_utf8(content, name, options.encoding)
    if b"\0" in content[:4096]:
        raise InvalidData(f"'{name}' is a binary file, not CSV. {ALLOWED}")
    if not content.strip():
        raise InvalidData(
            f"'{name}' is empty. It needs a header line and one line per store and day."
        )
    text = below_titles(content, name, tuple(options.columns.values()))
    if b"\n" not in text.content.strip().replace(b"\r", b"\n"):
        _refuse_header_alone(name)
    table, skipped = read_table(text)
    if table.num_rows == 0:
        _refuse_header_alone(name)
    locate = _pointers if name == SENT_ROWS else text.places
    notes = tuple(_notes(text, encoding, skipped))
    return RawTable(name, table, text.delimiter, locate, notes)


def _pointers(rows: Sequence[int]) -> list[str]:
    return [f"/sales/{row}" for row in rows]


def _notes(text: DelimitedText, encoding: str | None, skipped: Sequence[int]) -> Iterator[str]:
    """What was read in another way than it stands in the text."""
    if encoding is not None:
        yield say("read_as", file=text.name, encoding=encoding)
    if text.has_titles:
        line = text.lines_above + 1
        yield say("header_below", file=text.name, line=line)
    if skipped:
        lines = ", ".join(f"line {line}" for line in skipped[:MAX_SHOWN])
        yield say("totals_left_out", file=text.name, lines=lines)


def _read_sheet(content: bytes, name: str, options: ImportOptions) -> RawTable:
    grid = read_spreadsheet(content, name, options.sheet, tuple(options.columns.values()))
    rows = grid.rows[grid.header :]
    header = [text_of(cell) or "" for cell in rows[0]] if rows else []
    if len(rows) < 2:
        _refuse_header_alone(name)
    columns = [typed_column(column) for column in zip(*rows[1:], strict=True)]
    numbers = [str(index) for index in range(len(columns))]
    table = named_table(pa.table(columns, names=numbers), header, name)
    several = len(grid.all_sheets) > 1
    note = f"'{name}' has {len(grid.all_sheets)} sheets; '{grid.sheet}' was read."
    return RawTable(name, table, None, _rows_from(grid.header + 2), (note,) if several else ())


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidData(
            f"'{path.name}' cannot be read: {reason_of(error)}. "
            "Name a file that exists and is readable."
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
    if kind is not None:
        raise InvalidData(f"'{name}' is {kind}, not CSV. {ALLOWED}")


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
