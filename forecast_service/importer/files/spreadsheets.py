"""Sheets of spreadsheet files (xlsx, xls, xlsb, ods) as rows of cells."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from forecast_service.errors import InvalidData, Remedy
from forecast_service.importer.files.headers import find_header

__all__ = ["ALLOWED", "Grid", "is_spreadsheet", "read_spreadsheet", "text_of", "typed_column"]

ALLOWED = "Allowed are CSV (also .gz), Parquet and spreadsheets (xlsx, xls, xlsb, ods)."
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
MAX_UNPACKED = 1024**3  # bytes of all parts of a zipped workbook
FIRST_ROWS = 30  # the header is among them
EXACT = 2**53  # larger whole numbers are not exact
SERVES_SALES = 3  # roles that a sheet of sales has: store, date and sales


@dataclass(frozen=True)
class Grid:
    """The rows of one sheet, from its first one on."""

    sheet: str
    rows: list[list[Any]]
    header: int
    """Index of the header row."""
    all_sheets: tuple[str, ...]


def is_spreadsheet(content: bytes) -> bool:
    return content.startswith((ZIP, OLE))


def read_spreadsheet(
    content: bytes, name: str, sheet: str | None, named: Sequence[str] = ()
) -> Grid:
    """The named sheet, or else the one that has the columns of an import.

    Raises
    ------
    InvalidData
        The file is damaged or locked, has no such sheet, or several sheets have sales.
    """
    _refuse_bomb(content, name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = [each for each in book.sheet_names if sheet is None or each == sheet]
        grids = [_grid(book, each, named) for each in names]
    except PasswordError as error:
        raise InvalidData(
            f"'{name}' is locked with a password. Save it without one and import it again."
        ) from error
    except (CalamineError, ValueError, OSError) as error:
        raise InvalidData(
            f"'{name}' is a damaged spreadsheet, or a zip archive of something else. {ALLOWED}"
        ) from error
    if not grids:
        raise InvalidData(
            f"'{name}' has no sheet '{sheet}'. Its sheets are {_listed(book.sheet_names)}.",
            remedy=Remedy.NAME_SHEET,
        )
    return _chosen([grid for grid, _ in grids], [score for _, score in grids], name)


def text_of(value: Any) -> str | None:
    """A cell as text: whole numbers without a point, dates as ISO dates; None if it is empty."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        day = value.date().isoformat()
        return day if value.time() == dt.time() else f"{day} {value.time().isoformat('seconds')}"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < EXACT else repr(value)
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def typed_column(values: Sequence[Any]) -> pa.Array:
    """float64 for a column of fractional numbers, or else text."""
    filled = [value for value in values if text_of(value) is not None]
    numeric = all(isinstance(v, float | int) and not isinstance(v, bool) for v in filled)
    if filled and numeric and not all(float(value).is_integer() for value in filled):
        numbers = [None if text_of(value) is None else float(value) for value in values]
        return pa.array(numbers, pa.float64())
    return pa.array([text_of(value) for value in values], pa.string())


def _grid(book: CalamineWorkbook, sheet: str, named: Sequence[str]) -> tuple[Grid, int]:
    rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    first = [[text_of(cell) or "" for cell in row] for row in rows[:FIRST_ROWS]]
    header, score = find_header(first, named)
    return Grid(sheet, rows, header, tuple(book.sheet_names)), score


def _chosen(grids: list[Grid], scores: list[int], name: str) -> Grid:
    best = max(scores)
    fitting = [grid for grid, score in zip(grids, scores, strict=True) if score == best]
    filled = [grid for grid in fitting if len(grid.rows) > 1] or fitting
    if best >= SERVES_SALES and len(filled) > 1:
        raise InvalidData(
            f"'{name}' has {len(filled)} sheets with the columns of sales: "
            f"{_listed([grid.sheet for grid in filled])}. Name one of them, or put all rows on one "
            "sheet.",
            remedy=Remedy.NAME_SHEET,
        )
    return filled[0]


def _refuse_bomb(content: bytes, name: str) -> None:
    if not content.startswith(ZIP):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile:
        return  # the reader of workbooks says what is wrong
    if size > MAX_UNPACKED:
        raise InvalidData(
            f"'{name}' unpacks to more than {MAX_UNPACKED // 1024**3} GB. Save it as CSV and "
            "import it in parts."
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
