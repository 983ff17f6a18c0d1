"""Rows of sales as CSV text, for tests that need some history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence

START = dt.date(2024, 1, 1)  # a Monday


def day(index: int) -> str:
    """ISO date of a day, counted from 2024-01-01."""
    return (START + dt.timedelta(days=index)).isoformat()


def csv_text(header: str, rows: Iterable[Sequence[object]]) -> str:
    """CSV text with this header line; None becomes an empty cell."""
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
    return "\n".join([header, *lines]) + "\n"


def daily(
    stores: Iterable[str],
    days: int,
    *,
    first: int = 0,
    header: str = "Store,Date,Sales",
    cells: Callable[[str, int], Sequence[object]] = lambda store, index: (100 + index,),
) -> str:
    """One row per store and day; ``cells`` returns the values after store and date."""
    rows = [
        (store, day(index), *cells(store, index))
        for store in stores
        for index in range(first, first + days)
    ]
    return csv_text(header, rows)


def cells(store: str, index: int) -> tuple[object, ...]:
    """One day of a store that is closed on Sundays and has a holiday on the first day."""
    opened = int(index % 7 != 6)
    return (100 * opened, opened, index % 2, "a" if index == 0 else "0", 9)


GOOD = daily(["1"], 8)
HEADER = "Store,Date,Sales,Open,Promo,StateHoliday,Customers"
