"""Candidates: columns of all files without a role, and why some cannot be covariates."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from forecast_service.common.arrow import to_numpy
from forecast_service.errors import Remedy
from forecast_service.importer.files.columns import CALENDAR, ROW_NUMBERS, snake
from forecast_service.importer.files.findings import Findings
from forecast_service.importer.files.sheets import Sheet
from forecast_service.importer.values.number_texts import decimal_hint, without_no_values

__all__ = ["PAST_ONLY", "Candidate", "candidates", "reason_to_leave_out", "refuse_rows"]

PAST_ONLY = "it is known for the past only"
# Columns that a retailer plans: kept even when no file has their future values.
PLANNED = re.compile(r"open|promo|holiday|price|discount|campaign|event|markdown")

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Candidate:
    """One column of all sheets; the sheets follow one after the other."""

    title: str
    slug: str
    content: pa.ChunkedArray
    """Null where a cell is empty or the sheet has no such column."""
    present: Flags
    """Whether the row's sheet has the column."""
    decimal_hint: str | None
    decimal: str | None
    """See ``number_texts.parse_numbers``."""


def candidates(sheets: Sequence[Sheet]) -> list[Candidate]:
    """The columns without a role, in the order of the files."""
    titles: dict[str, str] = {}
    for sheet in sheets:
        for title in sheet.roles.others:
            titles.setdefault(snake(title), title)
    return [_candidate(slug, title, sheets) for slug, title in titles.items()]


def reason_to_leave_out(column: Candidate, future: Flags) -> str | None:
    """Why a column is not used, or None. ``future`` flags rows after their series' last sale."""
    if column.slug in CALENDAR:
        return "it follows from the date"
    if column.slug in ROW_NUMBERS:
        return "it numbers the rows"
    valid = to_numpy(pc.is_valid(column.content)).astype(bool)
    if not future.any():
        planned = PLANNED.search(column.slug)
        return None if planned else f"{PAST_ONLY} (no file has its future values)"
    if not valid[future].any():
        return f"{PAST_ONLY} (absent or empty in the future days)"
    if not future.all() and not valid[~future].any():
        return "it is absent or empty in the history"
    return None


def refuse_rows(
    sheets: Sequence[Sheet],
    rows: npt.NDArray[np.intp],
    describe: Callable[[int], str],
    remedy: Remedy | None = None,
) -> None:
    """Raise InvalidData for bad rows; ``rows`` are numbered over all sheets."""
    start = 0
    for sheet in sheets:
        bad = rows[(rows >= start) & (rows < start + sheet.rows)] - start
        findings = Findings(sheet.name, sheet.raw.places)
        findings.add(bad, lambda row, start=start: describe(row + start), remedy)  # type: ignore[misc]
        findings.refuse()
        start += sheet.rows


def _candidate(slug: str, title: str, sheets: Sequence[Sheet]) -> Candidate:
    titles = [{snake(t): t for t in sheet.roles.others}.get(slug) for sheet in sheets]
    pairs = list(zip(sheets, titles, strict=True))
    columns = [sheet.raw.table[name] for sheet, name in pairs if name is not None]
    kind = columns[0].type if len({column.type for column in columns}) == 1 else pa.string()
    chunks: list[pa.Array] = []
    for sheet, name in pairs:
        part = pa.nulls(sheet.rows, kind) if name is None else sheet.raw.table[name].cast(kind)
        chunks += part.chunks if isinstance(part, pa.ChunkedArray) else [part]
    hints = {decimal_hint(sheet.raw.delimiter) for sheet in sheets}
    return Candidate(
        title=title,
        slug=slug,
        content=without_no_values(pa.chunked_array(chunks, type=kind)),
        present=np.repeat([name is not None for name in titles], [sheet.rows for sheet in sheets]),
        decimal_hint=hints.pop() if len(hints) == 1 else None,
        decimal=next((s.conventions.decimal for s in sheets if s.conventions.decimal), None),
    )
