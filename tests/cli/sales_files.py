"""Files of sales for the commands."""

from __future__ import annotations

import datetime
from pathlib import Path


def write_sales(path: Path, *, first: int, last: int) -> None:
    """Two stores that sell more on Saturdays; days are counted from 2026-01-01, the first is 1."""
    day_before = datetime.date(2025, 12, 31)
    rows = [
        f"{store},{day_before + datetime.timedelta(day)},{100 * store + 50 * (day % 7 == 3)}"
        for store in (1, 2)
        for day in range(first, last + 1)
    ]
    path.write_text("\n".join(["Store,Date,Sales", *rows]) + "\n")
