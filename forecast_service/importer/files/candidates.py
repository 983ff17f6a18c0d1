"""Candidates: columns of all files without a role, and why some cannot be covariates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from forecast_service.common.arrow import to_numpy
from forecast_service.errors import Remedy
from forecast_service.importer.files.column_names import (
    OPEN,
    attribute_name,
    column_keys,
    folded,
    known_name,
    snake,
    unique_names,
)
from forecast_service.importer.files.columns import ROW_NUMBERS
from forecast_service.importer.files.findings import Findings
from forecast_service.importer.files.role_words import CALENDAR, PLANNED
from forecast_service.importer.files.sheets import Sheet
from forecast_service.importer.values.number_texts import decimal_hint, without_no_values

__all__ = ["PAST_ONLY", "Candidate", "candidates", "reason_to_leave_out", "refuse_rows",
           "titles_of"]  # fmt: skip

PAST_ONLY = "it is known for the past only"
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Candidate:
    """One column of all sheets; the sheets follow one after the other."""

    title: str
    slug: str
    """Its plain name; ``open`` for the column that says whether a store is open."""
    attribute: str
    """Its name in a schema."""
    content: pa.ChunkedArray
    """Null where a cell is empty or the sheet has no such column."""
    present: Flags
    """Whether the row's sheet has the column."""
    decimal_hint: str | None
    decimal: str | None
    """See ``number_texts.parse_numbers``."""


def candidates(sheets: Sequence[Sheet], group_names: Sequence[str] = ()) -> list[Candidate]:
    """The columns without a role, in the order of the files.

    ``group_names`` are the covariates of the dataset group: a column keeps its name among them.
    """
    keys = [_keys(sheet) for sheet in sheets]
    titles: dict[str, str] = {}
    for of_sheet in keys:
        for title, slug in of_sheet.items():
            titles.setdefault(slug, title)
    found: list[Candidate] = []
    for slug, title in titles.items():
        name = known_name(title, group_names) or attribute_name(slug)
        (name,) = unique_names([name], taken=[column.attribute for column in found])
        found.append(_candidate(slug, title, name, sheets, keys))
    return found


def titles_of(sheet: Sheet) -> Mapping[str, str]:
    """Plain name -> title of the columns without a role."""
    return {slug: title for title, slug in _keys(sheet).items()}


def reason_to_leave_out(
    column: Candidate, future: Flags, days: npt.NDArray[np.int64]
) -> str | None:
    """Why a column is not used, or None. ``future`` flags rows after their series' last sale."""
    if folded(column.title) in CALENDAR and _follows_from(days, column.content):
        return "it follows from the date"
    if snake(column.title) in ROW_NUMBERS and _numbers_rows(column.content):
        return "it numbers the rows"
    valid = to_numpy(pc.is_valid(column.content)).astype(bool)
    if not valid.any():
        return "it is empty"
    if not future.any():
        planned = PLANNED.search(folded(column.title))
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


def _keys(sheet: Sheet) -> dict[str, str]:
    """Title -> plain name of the columns without a role."""
    others = sheet.roles.others
    keys = column_keys(others)
    return {title: OPEN if title == sheet.roles.open else keys[title] for title in others}


def _follows_from(days: npt.NDArray[np.int64], content: pa.ChunkedArray) -> bool:
    """Whether all rows of a day have the same value."""
    codes, day = _codes(content), days - days.min(initial=0)
    value = np.zeros(int(day.max(initial=0)) + 1, dtype=np.int64)
    value[day] = codes  # the last row of a day speaks for the others
    return bool((value[day] == codes).all())


def _numbers_rows(content: pa.ChunkedArray) -> bool:
    """Whether every row has another value."""
    return len(np.unique(_codes(content))) == len(content)


def _codes(content: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    encoded = pa.concat_arrays(content.chunks).dictionary_encode(null_encoding="encode")
    return to_numpy(encoded.indices).astype(np.int64)


def _candidate(
    slug: str,
    title: str,
    attribute: str,
    sheets: Sequence[Sheet],
    keys: Sequence[Mapping[str, str]],
) -> Candidate:
    titles = [{key: name for name, key in of_sheet.items()}.get(slug) for of_sheet in keys]
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
        attribute=attribute,
        content=without_no_values(pa.chunked_array(chunks, type=kind)),
        present=np.repeat([name is not None for name in titles], [sheet.rows for sheet in sheets]),
        decimal_hint=hints.pop() if len(hints) == 1 else None,
        decimal=next((s.conventions.decimal for s in sheets if s.conventions.decimal), None),
    )
