"""A sheet: one file with a row per store and day; keys and sales are parsed and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from forecast_service.errors import InvalidData, Remedy
from forecast_service.importer.files.column_names import folded, known_name
from forecast_service.importer.files.columns import Roles, recognise, recognised_names
from forecast_service.importer.files.findings import Findings
from forecast_service.importer.files.layouts import in_rows
from forecast_service.importer.files.periods import Periods, weekday_name
from forecast_service.importer.files.role_words import WEEK_ENDS
from forecast_service.importer.files.stockouts import parse_marks, reason_to_drop_marks
from forecast_service.importer.files.text_tables import SENT_ROWS, RawTable, read_file
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.values.conventions import UNKNOWN, Conventions
from forecast_service.importer.values.date_texts import parse_days
from forecast_service.importer.values.number_texts import Numbers, decimal_hint, parse_numbers
from forecast_service.importer.values.text_columns import Codes, iso, parse_names

__all__ = [
    "OpenSheet",
    "Sheet",
    "drop_doubtful_marks",
    "open_sheet",
    "read_sheet",
    "unknown_column",
]

MAX_ITEMS = 2**32
REPEATED_DAYS = " A day occurs more than once, so the rows seem to be of several stores."
SEVERAL_STORES = " The dataset group has several stores, so each row must name one."
WEEK_DAYS = 7


@dataclass(frozen=True)
class Sheet:
    """A checked file. The arrays have one entry per row, in the file's order."""

    raw: RawTable
    roles: Roles
    stores: Codes
    items: Codes | None
    days: npt.NDArray[np.int64]
    target: npt.NDArray[np.float64] | None
    """Sales; NaN where the cell is empty; None if the file has no column of sales."""
    stockout: npt.NDArray[np.float64]
    """1 where the row is marked as a stock-out, 0 where not, NaN where there is no value."""
    notes: tuple[str, ...] = ()
    """How dates and sales were read, where that had to be decided."""
    decimal: str | None = None
    """The decimal mark of the sales, if they have shown one."""
    conventions: Conventions = UNKNOWN
    """What was known beforehand about the values."""

    @property
    def name(self) -> str:
        return self.raw.name

    @property
    def rows(self) -> int:
        return len(self.days)


@dataclass(frozen=True)
class OpenSheet:
    """A file whose columns are recognised and not yet parsed."""

    raw: RawTable
    roles: Roles
    only_store: str | None = None
    """Store of all rows, if no column names it."""


def open_sheet(
    path: Path,
    options: ImportOptions,
    covariates: Sequence[str] = (),
    *,
    needs_target: bool,
    may_be_plan: bool = False,
    only_store: str | None = None,
    usual_order: str | None = None,
) -> OpenSheet:
    """Read a file of sales or of known future days, and recognise its columns.

    Parameters
    ----------
    covariates: those of the dataset group.
    may_be_plan: whether a file of these covariates alone is accepted in place of sales.
    only_store: store of all rows, if the file has no column for it. None: it needs one.
    usual_order: order of day and month in earlier files.

    Raises
    ------
    InvalidData
        The file cannot be read, or a column is missing.
    """
    raw = in_rows(
        read_file(path, options), options, has_sales=needs_target, usual_order=usual_order
    )
    roles = recognise(
        raw.header, ignore=options.ignored(raw.header), covariates=covariates, named=options.columns
    )
    if roles is None:
        raise _missing_column(raw, "date", options)
    is_plan = may_be_plan and _is_plan(roles, covariates)
    if needs_target and roles.target is None and not is_plan:
        raise _missing_column(raw, "target", options)
    if roles.store is None and only_store is None:
        raise _missing_column(raw, "store", options, SEVERAL_STORES)
    return OpenSheet(raw, roles, only_store)


def read_sheet(opened: OpenSheet, options: ImportOptions, conventions: Conventions) -> Sheet:
    """Parse the columns of a file; one bad row refuses the whole file.

    Raises
    ------
    InvalidData
        Rows are bad: ``errors`` has their line numbers.
    """
    raw, roles = opened.raw, opened.roles
    if raw.name == SENT_ROWS:
        conventions = replace(conventions, decimal=".")
    findings = Findings(raw.name, raw.places)
    stores = _parse_stores(raw, roles.store, opened.only_store, findings)
    items = None if roles.item is None else _parse_names(raw, roles.item, findings)
    days = parse_days(raw.table[roles.date], roles.date, conventions)
    findings.add(days.bad, days.describe, days.remedy)
    target, decimal, read_as = None, None, None
    if roles.target is not None:
        numbers = _parse_sales(raw, roles.target, options, conventions, findings)
        target, decimal, read_as = numbers.values, numbers.decimal, numbers.note
    stockout = _parse_stockouts(raw, roles, findings)
    findings.refuse()
    begins, weeks = _begin_weeks(days.values, roles.date, conventions.frequency)
    notes = tuple(note for note in (days.note, weeks, read_as) if note is not None)
    sheet = Sheet(raw, roles, stores, items, begins, target, stockout, notes, decimal, conventions)
    may_repeat = options.store is not None or options.may_repeat_days
    if roles.store is None and not may_repeat and _repeats_days(sheet):
        raise _missing_column(raw, "store", options, REPEATED_DAYS)
    return sheet


def drop_doubtful_marks(sheets: Sequence[Sheet]) -> tuple[tuple[Sheet, ...], dict[str, str]]:
    """The sheets without implausible marks of stock-outs, and the dropped columns: name -> why."""
    kept, doubtful = [], {}
    for sheet in sheets:
        column = sheet.roles.stockout
        why = None if sheet.target is None else reason_to_drop_marks(sheet.stockout, sheet.target)
        if column is not None and why is not None:
            doubtful[column] = why
            roles = replace(sheet.roles, stockout=None)
            sheet = replace(sheet, roles=roles, stockout=np.full(sheet.rows, np.nan))
        kept.append(sheet)
    return tuple(kept), doubtful


def _is_plan(roles: Roles, covariates: Sequence[str]) -> bool:
    """Whether all columns are covariates of the dataset group: the file has no sales to give."""
    return bool(covariates) and all(known_name(n, covariates) is not None for n in roles.others)


def _parse_stores(
    raw: RawTable, column: str | None, only_store: str | None, findings: Findings
) -> Codes:
    if column is not None:
        return _parse_names(raw, column, findings)
    none = np.empty(0, dtype=np.intp)
    return Codes(np.zeros(raw.table.num_rows, dtype=np.int64), (only_store or "",), none, str)


def _repeats_days(sheet: Sheet) -> bool:
    """Whether a day (of an item) occurs twice, as it does if there are several stores."""
    items = 0 if sheet.items is None else sheet.items.values
    return len(np.unique(sheet.days * MAX_ITEMS + items)) < sheet.rows


def _parse_names(raw: RawTable, column: str, findings: Findings) -> Codes:
    codes = parse_names(raw.table[column], column)
    findings.add(codes.bad, codes.describe)
    return codes


def _parse_sales(
    raw: RawTable,
    column: str,
    options: ImportOptions,
    conventions: Conventions,
    findings: Findings,
) -> Numbers:
    numbers = parse_numbers(
        raw.table[column],
        column,
        hint=decimal_hint(raw.delimiter),
        decimal=conventions.decimal,
        usual=conventions.usual_sales,
        usual_decimal=conventions.usual_decimal,
        asks=True,
    )
    findings.add(numbers.bad, numbers.describe, numbers.remedy)
    if not options.allow_returns:
        findings.add(
            np.flatnonzero(numbers.values < 0),
            lambda row: (
                f"'{column}' is {numbers.values[row]:g}; sales below 0 are allowed only as returns"
            ),
            Remedy.ALLOW_RETURNS,
        )
    return numbers


def _begin_weeks(
    days: npt.NDArray[np.int64], title: str, frequency: str | None
) -> tuple[npt.NDArray[np.int64], str | None]:
    """The first days of weeks that a column names by their last days; and a note.

    In a dataset group of weeks that begin on that weekday, the days are first days: older
    versions took them for that. Days of all weekdays are no weeks, whatever the name says.
    """
    if folded(title) not in WEEK_ENDS or not len(days) or not _are_weeks(days, frequency):
        return days, None
    end = int(days[0])
    begin = end - WEEK_DAYS + 1
    note = (
        f"'{title}' has the last days of weeks: the week that ends on {weekday_name(end)} "
        f"{iso(end)} is dated on its first day, {weekday_name(begin)} {iso(begin)}."
    )
    return days - WEEK_DAYS + 1, note


def _are_weeks(days: npt.NDArray[np.int64], frequency: str | None) -> bool:
    if frequency is not None:
        periods = Periods(frequency)
        return periods.unit == "W" and not periods.starts_on(int(days[0]))
    return bool(np.bincount(days % WEEK_DAYS).max() > len(days) / 2)


def _parse_stockouts(raw: RawTable, roles: Roles, findings: Findings) -> npt.NDArray[np.float64]:
    if roles.stockout is None or roles.target is None:
        return np.full(raw.table.num_rows, np.nan)
    title = roles.stockout
    return parse_marks(raw.table[title], folded(title), title, findings)


def unknown_column(raw: RawTable, role: str, name: str) -> InvalidData:
    """The error for a column that the request names and no file has."""
    return InvalidData(
        f"'{raw.name}' has no column '{name}', which was named for the role '{role}'. Its columns "
        f"are {_header(raw)}.",
        remedy=Remedy.NAME_COLUMN,
    )


def _missing_column(raw: RawTable, role: str, options: ImportOptions, why: str = "") -> InvalidData:
    name = {"target": "sales"}.get(role, role)
    if name in options.columns:
        return unknown_column(raw, name, options.columns[name])
    what = {"store": "a store", "date": "a date", "target": "sales"}[role]
    return InvalidData(
        f"'{raw.name}' has no column for {what}. Its columns are {_header(raw)}.{why} "
        f"Recognised names are {recognised_names(role)}.",
        remedy={"store": Remedy.NAME_STORE, "target": Remedy.NAME_SALES}.get(
            role, Remedy.NAME_COLUMN
        ),
    )


def _header(raw: RawTable) -> str:
    more = f" and {len(raw.header) - 20} more" if len(raw.header) > 20 else ""
    return ", ".join(f"'{name}'" for name in raw.header[:20]) + more
