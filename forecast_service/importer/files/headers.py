"""The header of a table: the first row that names columns; titles above it are skipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from forecast_service.importer.files.column_names import snake
from forecast_service.importer.files.columns import role_of
from forecast_service.importer.values.conventions import Conventions
from forecast_service.importer.values.date_texts import choose_order, parse_days

__all__ = ["LEAST_DATES", "date_names", "find_header", "order_of_names"]

CERTAIN = 3  # roles in one row: no later row is a better header
LEAST_DIGITS = 4  # of a date
LEAST_DATES = 3  # names of columns that are dates, in a table with a column per day
SHORTENED = r"^[^\d]*(\d.*\d)[^\d]*$"


def find_header(rows: Sequence[Sequence[str]], named: Sequence[str] = ()) -> tuple[int, int]:
    """Index of the header among the first rows, and how many roles its names have.

    ``named`` are names that the request gives roles. If no row has a known name, the header is
    the first row as wide as most rows.
    """
    scores: list[int] = []
    for row in rows:
        scores.append(_score(row, named))
        if scores[-1] >= CERTAIN:
            break
    best = max(scores, default=0)
    if best:
        return scores.index(best), best
    widths = [sum(bool(cell.strip()) for cell in row) for row in rows]
    usual = Counter(width for width in widths if width).most_common(1)
    wide = [index for index, width in enumerate(widths) if usual and width >= usual[0][0]]
    return (wide[0] if wide else 0), 0


def date_names(
    names: Sequence[str], order: str | None = None, usual_order: str | None = None
) -> dict[str, int]:
    """The names that are dates: name -> days since 1970-01-01.

    ``order`` is that of day and month; without it the names tell it, or else ``usual_order``.
    """
    numbered = [name for name in names if sum(c.isdigit() for c in name) >= LEAST_DIGITS]
    if not numbered:
        return {}
    days: dict[str, int] = {}
    for texts in _spellings(numbered):
        if len(days) < LEAST_DATES:
            chosen = order or choose_order([texts], usual_order)
            days = _days(numbered, texts, Conventions(date_order=chosen))
    return days


def order_of_names(names: Sequence[str]) -> str | None:
    """The order of day and month in names that are dates; None if they do not tell."""
    return choose_order(_spellings(names), None)


def _spellings(names: Sequence[str]) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """The names as they stand, and without what stands around their digits."""
    column = pa.chunked_array([pa.array(names, pa.string())])
    return column, pc.replace_substring_regex(column, SHORTENED, r"\1")


def _days(names: Sequence[str], texts: pa.ChunkedArray, conventions: Conventions) -> dict[str, int]:
    days = parse_days(texts, "date", conventions).values
    return {name: int(day) for name, day in zip(names, days, strict=True) if day >= 0}


def _score(row: Sequence[str], named: Sequence[str]) -> int:
    """Different roles of the cells; many dates count as one more."""
    cells = [cell.strip() for cell in row if cell.strip()]
    wanted = {snake(name) for name in named}
    roles = {role_of(cell) or (f"named {snake(cell)}" if snake(cell) in wanted else None)
             for cell in cells}  # fmt: skip
    score = len(roles - {None})
    may_be_wide = score < len(cells) >= LEAST_DATES
    return score + 1 if may_be_wide and len(_any_dates(cells)) >= LEAST_DATES else score


def _any_dates(cells: Sequence[str]) -> dict[str, int]:
    """The cells that are dates, whichever of day and month is first."""
    return date_names(cells, usual_order="dmy")
