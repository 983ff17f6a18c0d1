"""Tables as CSV that no spreadsheet runs as a formula."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from typing import Any

from forecast_service.resources.tables.table import Number, Table

__all__ = ["as_csv", "harmless"]

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_csv(table: Table) -> bytes:
    """CSV in UTF-8 with a header."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([harmless(name) for name in table.columns])
    writer.writerows([_text(cell) for cell in row] for row in table.rows)
    return text.getvalue().encode()


def harmless(value: Any) -> Any:
    """A text that would start a formula, after an apostrophe; other values as they are."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def _text(cell: Any) -> Any:
    if isinstance(cell, Number):
        decimals = cell.decimals
        return repr(cell.value) if decimals is None else f"{cell.value:z.{decimals}f}"
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    return cell.isoformat() if isinstance(cell, date) else harmless(cell)
