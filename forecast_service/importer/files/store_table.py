"""The store table: one row per store, with columns that describe it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from forecast_service.common.wording.coded import say
from forecast_service.errors import InvalidData, Remedy
from forecast_service.importer.files.column_names import (
    folded,
    plain_attribute_name,
    snake,
    unique_names,
)
from forecast_service.importer.files.columns import find_column, recognised_names, store_column
from forecast_service.importer.files.findings import Findings
from forecast_service.importer.files.layouts import without_totals
from forecast_service.importer.files.role_words import REGIONS
from forecast_service.importer.files.text_tables import RawTable, read_file
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.values.text_columns import Codes, parse_names

__all__ = ["ALL", "MAX_ATTRIBUTES", "StoreTable", "read_stores", "schema_names"]

ALL = "all"  # region of a store without one
MAX_ATTRIBUTES = 9  # item metadata may have ten columns, the identifier included
MAX_TEXT = 256  # characters


@dataclass(frozen=True)
class StoreTable:
    """Attributes of every store as text, '' where unknown, and its region."""

    name: str
    rows: int
    attributes: Mapping[str, Mapping[str, str]]
    """Store -> column of the file -> text."""
    columns: Mapping[str, str]
    """Column of the file -> its name in a schema."""
    regions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    header: tuple[str, ...] = ()


def read_stores(path: Path, region_column: str | None, options: ImportOptions) -> StoreTable:
    """Read a store table.

    Raises
    ------
    InvalidData
        It has no column for a store, a store occurs twice, or ``region_column`` is absent.
    """
    raw = without_totals(read_file(path, options), options)
    ignored = {snake(name) for name in options.ignored(raw.header)}
    header = [name for name in raw.header if snake(name) not in ignored]
    key = store_column(header, options.columns.get("store"))
    if key is None:
        raise InvalidData(
            f"'{raw.name}' has no column for a store. Its columns are {_listed(header)}. "
            f"Recognised names are {recognised_names('store')}.",
            remedy=Remedy.NAME_COLUMN,
        )
    codes = parse_names(raw.table[key], key)
    _refuse_bad_keys(raw, codes)
    others = [name for name in header if name != key]
    region = find_column(others, options.columns.get("region", ""))
    region = region or _region_column(raw, others, region_column)
    texts = {name: _texts(raw, name) for name in others}
    stores = [codes.names[code] for code in codes.values]
    return StoreTable(
        name=raw.name,
        rows=len(stores),
        attributes={
            store: {name: column[row] for name, column in texts.items()}
            for row, store in enumerate(stores)
        },
        columns=schema_names(others),
        regions=_regions(raw, stores, region),
        notes=raw.notes,
        header=tuple(raw.header),
    )


def schema_names(titles: Sequence[str]) -> dict[str, str]:
    """Column -> its name in the schema of the item metadata."""
    names = unique_names(plain_attribute_name(title) for title in titles)
    return dict(zip(titles, names, strict=True))


def _regions(raw: RawTable, stores: Sequence[str], column: str | None) -> dict[str, str]:
    if column is None:
        return {}
    return {s: text or ALL for s, text in zip(stores, _texts(raw, column), strict=True)}


def _region_column(raw: RawTable, header: Sequence[str], setting: str | None) -> str | None:
    if setting is None:
        return next((name for name in header if folded(name) in REGIONS), None)
    column = find_column(header, setting)
    if column is None:
        raise InvalidData(
            f"'{raw.name}' has no column '{setting}' (FORECAST_REGION_COLUMN). Its other columns "
            f"are {_listed(header)}. Name one of them, or unset the variable."
        )
    return column


def _refuse_bad_keys(raw: RawTable, codes: Codes) -> None:
    findings = Findings(raw.name, raw.places)
    findings.add(codes.bad, codes.describe)
    _, first = np.unique(codes.values, return_index=True)
    repeated = np.setdiff1d(np.arange(len(codes.values)), first)
    repeated = repeated[codes.values[repeated] >= 0]
    first_of = dict(zip(codes.values[first].tolist(), first.tolist(), strict=True))

    def describe(row: int) -> str:
        code = int(codes.values[row])
        place = raw.places([first_of[code]])[0]
        return say("second_store_row", store=codes.names[code], place=place)

    findings.add(repeated, describe)
    findings.refuse()


def _texts(raw: RawTable, column: str) -> list[str]:
    return [("" if v is None else str(v)).strip()[:MAX_TEXT] for v in raw.table[column].to_pylist()]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "none"
