"""Layouts: brings other shapes of tables into rows with a store, a date and sales each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from forecast_service.common.arrow import from_numpy, from_texts, to_numpy
from forecast_service.common.wording.coded import say
from forecast_service.errors import InvalidData
from forecast_service.importer.files.column_names import folded, snake, unique_names
from forecast_service.importer.files.columns import find_column, is_total, recognise, role_of
from forecast_service.importer.files.headers import LEAST_DATES, date_names, order_of_names
from forecast_service.importer.files.role_words import (
    CALENDAR,
    DAYS_OF_MONTH,
    MONTHS,
    TOTALS,
    WEEKS,
    YEARS,
)
from forecast_service.importer.files.text_tables import RawTable
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.values.text_columns import iso

__all__ = ["in_rows", "without_totals"]

Rows = npt.NDArray[np.intp]
DATE, SALES, STORE = "date", "sales", "store"
TOTAL_LABEL = rf"(?i)^\s*({'|'.join(sorted(TOTALS))})"
CENTURY = 2000  # of years with two digits
FEW_DIGITS = r"^(?i:kw|w)?\s?\d{0,2}(\.0)?$"


def in_rows(
    raw: RawTable, options: ImportOptions, *, has_sales: bool, usual_order: str | None = None
) -> RawTable:
    """The table with a row per store and day.

    Empty rows and rows of totals are left out, years, months and days become dates, and a column
    per day (or, in a table that is named wide, per store) becomes rows. ``usual_order`` is that
    of day and month where neither the option nor the columns tell.
    """
    raw = without_totals(raw, options)
    if has_sales:
        raw = _unpivoted(raw, options, usual_order)
    return _with_date(raw, options)


def without_totals(raw: RawTable, options: ImportOptions) -> RawTable:
    """The table without empty rows, and without rows that are labelled as totals.

    A row of totals has no date; in a table without dates it is the last one.
    """
    table = raw.table
    empty = _all_empty([table.column(index) for index in range(table.num_columns)])
    totals = np.zeros(table.num_rows, dtype=bool)
    for row in _candidates_for_totals(raw, options):
        cells = (column[row].as_py() for column in table.columns)
        totals[row] = any(isinstance(cell, str) and is_total(cell) for cell in cells)
    keep = np.flatnonzero(~(empty | totals))
    if len(keep) == table.num_rows:
        return raw
    lines = raw.places(np.flatnonzero(totals)[:3].tolist())
    more = f" and {int(totals.sum()) - 3:,} more" if totals.sum() > 3 else ""
    note = f"'{raw.name}': rows of totals are left out ({', '.join(lines)}{more})."
    return raw.taking(keep, *([note] if totals.any() else []))


def _candidates_for_totals(raw: RawTable, options: ImportOptions) -> Sequence[int]:
    """Rows without a date; the last row of a table that has no column of dates."""
    date = _date_parts(raw).get("year") or _date_column(raw, options)
    if date is None:
        return [raw.table.num_rows - 1] if raw.table.num_rows else []
    column = raw.table[date]
    odd = _empty_cells(column)
    if pa.types.is_string(column.type):
        labels = pc.fill_null(pc.match_substring_regex(column, TOTAL_LABEL), False)
        odd = odd | to_numpy(labels).astype(bool)
    return [int(row) for row in np.flatnonzero(odd)]


def _date_column(raw: RawTable, options: ImportOptions) -> str | None:
    roles = recognise(raw.header, ignore=options.ignored(raw.header), named=options.columns)
    return None if roles is None else roles.date


def _unpivoted(raw: RawTable, options: ImportOptions, usual_order: str | None) -> RawTable:
    """A wide table as rows; any other table as it is."""
    is_long = _date_column(raw, options) is not None
    days = {} if is_long else date_names(raw.header, options.date_order, usual_order)
    if len(days) >= (1 if options.wide else LEAST_DATES):
        return _from_days(raw, days, options)
    if options.wide:
        return _from_stores(raw, options)
    return raw


def _from_days(raw: RawTable, days: Mapping[str, int], options: ImportOptions) -> RawTable:
    """Rows from a table with a column per day."""
    others = [name for name in raw.header if name not in days and not is_total(name)]
    named = [find_column(others, name) for name in options.columns.values()]
    keys = others
    if len(others) == 1 and role_of(others[0]) is None and others[0] not in named:
        keys = [STORE]  # whatever its name is, it names the rows
    date, sales = unique_names((DATE, SALES), taken=keys)
    columns = {new: raw.table[old] for new, old in zip(keys, others, strict=True)}
    note = (
        f"'{raw.name}' is a wide table: its {len(days):,} columns named by dates were read as "
        f"days, from {iso(min(days.values()))} to {iso(max(days.values()))}."
    )
    texts = {name: iso(day) for name, day in days.items()}
    raw = replace(raw, date_order=order_of_names(list(days)))
    return _melted(raw, columns, texts, (date, sales), note)


def _from_stores(raw: RawTable, options: ImportOptions) -> RawTable:
    """Rows from a table with a column per store."""
    roles = recognise(raw.header, ignore=options.ignored(raw.header), named=options.columns)
    is_long = roles is not None and roles.store is not None and roles.target is not None
    date = None if roles is None or is_long else roles.date
    stores = [
        name
        for name in raw.header
        if date is not None
        and name != date
        and name.strip()
        and not is_total(name)
        and folded(name) not in CALENDAR
        and snake(name) not in {snake(each) for each in options.ignored(raw.header)}
    ]
    if date is None or not stores:
        raise InvalidData(
            f"'{raw.name}' is not a wide table: it has neither columns that are named by dates, "
            "nor a column of dates beside columns of stores. Import it without the option 'wide'."
        )
    store, sales = unique_names((STORE, SALES), taken=(date,))
    note = f"'{raw.name}' is a wide table: its {len(stores):,} columns were read as stores."
    texts = {name: name for name in stores}
    return _melted(raw, {date: raw.table[date]}, texts, (store, sales), note)


def _melted(
    raw: RawTable,
    keys: Mapping[str, pa.ChunkedArray],
    texts: Mapping[str, str],
    new: tuple[str, str],
    note: str,
) -> RawTable:
    """One row per cell of the columns in ``texts``, between the first and last filled ones.

    ``new`` has the names of two columns: the text of the cell's column, and its value.
    """
    columns = [raw.table[name] for name in texts]
    kind = pa.float64() if all(pa.types.is_floating(c.type) for c in columns) else pa.string()
    filled = np.array([~_empty_cells(column) for column in columns])
    if new[0] == STORE:
        inside = filled
    else:
        inside = np.maximum.accumulate(filled, axis=0)
        inside &= np.maximum.accumulate(filled[::-1], axis=0)[::-1]
    at, rows = np.nonzero(inside)
    values = pa.chunked_array([chunk for c in columns for chunk in c.cast(kind).chunks], type=kind)
    cells = values.take(from_numpy(at * raw.table.num_rows + rows))
    labels = from_texts(list(texts.values())).take(from_numpy(at))
    start = {name: column.take(from_numpy(rows)) for name, column in keys.items()}
    table = pa.table({**start, new[0]: labels, new[1]: cells})
    return raw.with_rows(table, rows, note)


def _with_date(raw: RawTable, options: ImportOptions) -> RawTable:
    """The table with a date in place of its columns of years, months, weeks and days."""
    parts = _date_parts(raw)
    date = _date_column(raw, options)
    if "year" not in parts or len(parts) == 1 or (date is not None and date not in parts.values()):
        return raw
    if any(not _has_few_digits(raw.table[parts[k]]) for k in ("day", "week") if k in parts):
        return raw
    if "month" in parts and _has_years(raw.table[parts["month"]]):
        return raw
    texts = [_part(raw.table[name]) for name in parts.values()]
    encoded = pc.binary_join_element_wise(*texts, "|").dictionary_encode()
    dates = [_date(text, tuple(parts)) for text in encoded.dictionary.to_pylist()]
    column = pa.array(dates, pa.string()).take(encoded.indices)
    others = [name for name in raw.header if name not in parts.values()]
    (name,) = unique_names((DATE,), taken=others)
    table = raw.table.select(others).append_column(name, column)
    listed = ", ".join(f"'{part}'" for part in parts.values())
    note = say("dates_joined", file=raw.name, columns=listed)
    return replace(raw, table=table, notes=(*raw.notes, note))


def _date_parts(raw: RawTable) -> dict[str, str]:
    """``year``, ``month`` and ``day``, or ``year`` and ``week``: the columns that have them."""
    kinds = {"year": YEARS, "month": MONTHS, "day": DAYS_OF_MONTH, "week": WEEKS}
    parts = {
        kind: name
        for kind, words in kinds.items()
        if (name := next((n for n in raw.header if folded(n) in words), None)) is not None
    }
    if "month" in parts:
        parts.pop("week", None)
    else:
        parts.pop("day", None)
    return parts


def _part(column: pa.ChunkedArray) -> pa.Array:
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    text = pc.fill_null(pc.replace_substring_regex(text, r"\.0$", ""), "")
    return pa.concat_arrays(text.chunks)


def _has_few_digits(column: pa.ChunkedArray) -> bool:
    matches = pc.match_substring_regex(_part(column), FEW_DIGITS)
    return bool(pc.all(matches).as_py())


def _has_years(column: pa.ChunkedArray) -> bool:
    """Whether the months are written with their years: ``2024-05``."""
    return bool(pc.any(pc.match_substring_regex(_part(column), r"\d{4}")).as_py())


def _date(text: str, kinds: tuple[str, ...]) -> str | None:
    """An ISO date from parts; the text as it stands if they make none, so that it is refused."""
    parts = dict(zip(kinds, text.split("|"), strict=True))
    if not any(parts.values()):
        return None
    try:
        year = int(parts["year"])
        year += CENTURY if year < 100 else 0
        if "week" in parts:
            week = parts["week"].upper().removeprefix("KW").removeprefix("W").strip()
            return dt.date.fromisocalendar(year, int(week), 1).isoformat()
        return dt.date(year, int(parts["month"]), int(parts.get("day") or 1)).isoformat()
    except ValueError:
        order = [parts.get(kind, "") for kind in ("day", "month", "week", "year")]
        return " ".join(part for part in order if part)


def _empty_cells(column: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    return to_numpy(_is_empty(column)).astype(bool)


def _is_empty(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_string(column.type):
        return pc.is_null(column, nan_is_null=True)
    return pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), True)


def _all_empty(columns: Sequence[pa.ChunkedArray]) -> npt.NDArray[np.bool_]:
    """Flag per row: all of its cells are empty. Full tables are told by their first column."""
    rows = np.arange(len(columns[0]) if columns else 0)
    for column in columns:
        if not len(rows):
            break
        rows = rows[_empty_cells(column.take(from_numpy(rows)))]
    flags = np.zeros(len(columns[0]) if columns else 0, dtype=bool)
    flags[rows] = True
    return flags
