"""The store table: one row per store, with columns that describe it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from forecast_service.errors import InvalidData
from forecast_service.importer.files.columns import (
    ALIASES,
    attribute_name,
    recognised_names,
    snake,
    unique_names,
)
from forecast_service.importer.files.findings import Findings
from forecast_service.importer.files.text_tables import RawTable, read_file
from forecast_service.importer.values.text_columns import Codes, parse_names

__all__ = ["ALL", "MAX_ATTRIBUTES", "StoreTable", "read_stores"]

ALL = "all"  # region of a store without one
REGION = "region"  # column with the region, unless FORECAST_REGION_COLUMN names another
MAX_ATTRIBUTES = 9  # item metadata may have ten columns, the identifier included
MAX_TEXT = 256  # characters


@dataclass(frozen=True)
class StoreTable:
    """Attributes of every store as text, '' where unknown, and its region."""

    name: str
    rows: int
    attributes: Mapping[str, Mapping[str, str]]
    """Store -> attribute -> text."""
    columns: Mapping[str, str]
    """Column of the file -> attribute."""
    regions: Mapping[str, str] = field(default_factory=dict)


def read_stores(path: Path, region_column: str | None, ignore: Sequence[str] = ()) -> StoreTable:
    """Read a store table.

    Raises
    ------
    InvalidData
        It has no column for a store, a store occurs twice, or ``region_column`` is absent.
    """
    raw = read_file(path)
    ignored = {snake(name) for name in ignore}
    header = [name for name in raw.header if snake(name) not in ignored]
    by_alias = {snake(name): name for name in header}
    key = next((by_alias[a] for a in (*ALIASES["store"], "item_id") if a in by_alias), None)
    if key is None:
        raise InvalidData(
            f"'{raw.name}' has no column for a store. Its columns are {_listed(header)}. "
            f"Recognised names are {recognised_names('store')}. Rename the column."
        )
    codes = parse_names(raw.table[key], key)
    _refuse_bad_keys(raw, codes)
    others = [name for name in header if name != key]
    region = _region_column(raw, others, region_column)
    names = unique_names(attribute_name(name) for name in others)
    texts = {name: _texts(raw, column) for name, column in zip(names, others, strict=True)}
    stores = [codes.names[code] for code in codes.values]
    return StoreTable(
        name=raw.name,
        rows=len(stores),
        attributes={
            store: {name: column[row] for name, column in texts.items()}
            for row, store in enumerate(stores)
        },
        columns=dict(zip(others, names, strict=True)),
        regions=_regions(raw, stores, region),
    )


def _regions(raw: RawTable, stores: Sequence[str], column: str | None) -> dict[str, str]:
    if column is None:
        return {}
    return {s: text or ALL for s, text in zip(stores, _texts(raw, column), strict=True)}


def _region_column(raw: RawTable, header: Sequence[str], setting: str | None) -> str | None:
    column = next((name for name in header if snake(name) == snake(setting or REGION)), None)
    if column is None and setting is not None:
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
        return f"a second row for store '{codes.names[code]}'; the first is {place}"

    findings.add(repeated, describe)
    findings.refuse()


def _texts(raw: RawTable, column: str) -> list[str]:
    return [("" if v is None else str(v)).strip()[:MAX_TEXT] for v in raw.table[column].to_pylist()]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "none"
