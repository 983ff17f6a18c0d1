"""Tables as spreadsheets (XLSX): real numbers and dates, a header that stays in view."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from forecast_service.resources.tables.table import Number, Table

__all__ = ["as_xlsx"]

NARROWEST, WIDEST = 8, 40  # characters
MEASURED_ROWS = 500  # for the widths of the columns
MADE_AT = datetime(2000, 1, 1)  # the file says when it was downloaded; its bytes stay the same
DATE, TIME, GENERAL = "yyyy-mm-dd", "yyyy-mm-dd hh:mm", "General"
LONGEST_NUMBER = 12  # digits; a longer one is a name, which a spreadsheet would round


def as_xlsx(table: Table) -> bytes:
    """A workbook with one sheet. Rows are written one by one, with constant memory."""
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, {"constant_memory": True}) as book:
        book.set_properties({"created": MADE_AT})
        sheet = book.add_worksheet(table.title)
        writer = _SheetWriter(book, sheet)
        writer.header(table.columns)
        for row in table.rows:
            writer.row(row)
        writer.finish()
    return output.getvalue()


class _SheetWriter:
    """Writes the rows of a sheet, and remembers how wide its columns are."""

    def __init__(self, book: xlsxwriter.Workbook, sheet: Worksheet) -> None:
        self.book = book
        self.sheet = sheet
        self.formats: dict[str, Any] = {}
        self.widths: list[int] = []
        self.next_row = 1

    def header(self, columns: Sequence[str]) -> None:
        bold = self.book.add_format({"bold": True, "bottom": 1})
        self.sheet.freeze_panes(1, 0)
        for place, name in enumerate(columns):
            self.sheet.write_string(0, place, name, bold)
        self.widths = [max(NARROWEST, len(name)) for name in columns]

    def row(self, cells: Sequence[Any]) -> None:
        for place, cell in enumerate(cells):
            if cell is not None:
                self._write(self.next_row, place, cell)
        if self.next_row <= MEASURED_ROWS:
            self.widths = [
                max(width, _width(cell)) for width, cell in zip(self.widths, cells, strict=True)
            ]
        self.next_row += 1

    def finish(self) -> None:
        for place, width in enumerate(self.widths):
            self.sheet.set_column(place, place, min(width, WIDEST) + 2)
        self.sheet.autofilter(0, 0, max(self.next_row - 1, 1), max(len(self.widths) - 1, 0))

    def _write(self, row: int, place: int, cell: Any) -> None:
        """Write a cell by its type. Texts are never read as formulas."""
        if isinstance(cell, Number):
            value = cell.value if cell.decimals is None else round(cell.value, cell.decimals)
            code = _number_format(cell.decimals)
            self.sheet.write_number(row, place, value, self._format(code))
        elif isinstance(cell, date):
            self.sheet.write_datetime(row, place, cell, self._format(_date_format(cell)))
        elif isinstance(cell, int) and len(str(cell)) <= LONGEST_NUMBER:
            self.sheet.write_number(row, place, cell)
        else:
            self.sheet.write_string(row, place, str(cell))

    def _format(self, code: str) -> Any:
        if code not in self.formats:
            self.formats[code] = self.book.add_format({"num_format": code})
        return self.formats[code]


def _number_format(decimals: int | None) -> str:
    if decimals is None:
        return GENERAL
    return f"#,##0.{'0' * decimals}" if decimals else "#,##0"


def _date_format(cell: date) -> str:
    return TIME if isinstance(cell, datetime) else DATE


def _width(cell: Any) -> int:
    """Characters that a cell takes."""
    if cell is None:
        return 0
    if isinstance(cell, Number):
        shown = cell.value if cell.decimals is None else round(cell.value, cell.decimals)
        return len(f"{shown:,}")
    return len(_date_format(cell)) if isinstance(cell, date) else len(str(cell))
