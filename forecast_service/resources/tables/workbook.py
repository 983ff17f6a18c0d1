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
MADE_AT = datetime(2000, 1, 1)  # the file says when it was downloaded; its bytes stay the same
DATE, TIME, GENERAL = "yyyy-mm-dd", "yyyy-mm-dd hh:mm", "General"
LEAST_WHOLE = 12  # integers of more digits are names, which a spreadsheet would round


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
                width = self._write(self.next_row, place, cell)
                self.widths[place] = max(self.widths[place], width)
        self.next_row += 1

    def finish(self) -> None:
        for place, width in enumerate(self.widths):
            self.sheet.set_column(place, place, min(width, WIDEST) + 2)
        self.sheet.autofilter(0, 0, max(self.next_row - 1, 1), max(len(self.widths) - 1, 0))

    def _write(self, row: int, place: int, cell: Any) -> int:
        """Write a cell by its type; returns its width. Texts are never read as formulas."""
        if isinstance(cell, Number):
            code = _number_format(cell.decimals)
            value = cell.value if cell.decimals is None else round(cell.value, cell.decimals)
            self.sheet.write_number(row, place, value, self._format(code))
            return len(f"{value:,}")
        if isinstance(cell, date):
            code = TIME if isinstance(cell, datetime) else DATE
            self.sheet.write_datetime(row, place, cell, self._format(code))
            return len(code)
        if isinstance(cell, int) and len(str(cell)) <= LEAST_WHOLE:
            self.sheet.write_number(row, place, cell)
        else:
            self.sheet.write_string(row, place, str(cell))
        return len(str(cell))

    def _format(self, code: str) -> Any:
        if code not in self.formats:
            self.formats[code] = self.book.add_format({"num_format": code})
        return self.formats[code]


def _number_format(decimals: int | None) -> str:
    if decimals is None:
        return GENERAL
    return f"#,##0.{'0' * decimals}" if decimals else "#,##0"
