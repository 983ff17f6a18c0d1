"""Understanding: files in, canonical rows and a report out; nothing is stored here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forecast_service.errors import InvalidData
from forecast_service.importer.files.sheets import without_doubtful_marks
from forecast_service.importer.files.store_table import MAX_ATTRIBUTES, StoreTable, read_stores
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.understanding.canonical import (
    Related,
    Sold,
    build_related,
    build_sales,
    kept_series,
    store_states,
    with_demand,
)
from forecast_service.importer.understanding.covariates import choose_covariates
from forecast_service.importer.understanding.earlier_imports import KnownGroup, KnownStore
from forecast_service.importer.understanding.horizon import choose_horizon
from forecast_service.importer.understanding.merged_rows import Merged, merge_sheets, read_sheets
from forecast_service.importer.understanding.report import ImportReport
from forecast_service.importer.understanding.report_facts import Facts, build_report, known_future
from forecast_service.settings import Settings
from forecast_service.storage.groups import Texts

__all__ = ["Understood", "understand"]


@dataclass(frozen=True)
class Understood:
    """Everything that an import will write."""

    report: ImportReport
    has_items: bool
    frequency: str
    """Code of the engine, such as ``D`` or ``W-FRI``."""
    horizon: int
    """Periods."""
    covariates: tuple[str, ...]
    texts: Texts | None
    sold: Sold
    related: Related | None
    """None when there are no covariates."""
    stores: Mapping[str, KnownStore]
    attributes: tuple[str, ...]
    """Attributes of the metadata dataset, in its order; empty when there is none to import."""


def understand(
    files: Mapping[str, Path],
    mode: str,
    options: ImportOptions,
    settings: Settings,
    known: KnownGroup | None,
) -> Understood:
    """Read and check the files of an import.

    ``known`` is what earlier imports left; with mode FULL its rows must be empty.

    Raises
    ------
    InvalidData
        A file cannot be used; line numbers are in ``errors``.
    """
    replaces = mode == "FULL"
    group = None if known is None else known.group
    sheets = read_sheets(files, options, () if group is None else group.covariates)
    sheets, doubtful = without_doubtful_marks(sheets) if replaces else (sheets, {})
    merged = merge_sheets(sheets, known, replaces=replaces)
    _refuse_other_kind(merged, known)
    # A group without covariates gets some with the first full import that has any.
    names = None if group is None or (replaces and not group.covariates) else group.covariates
    texts = (None if group is None else group.texts) or {}
    chosen = choose_covariates(sheets, merged.future, names, replaces=replaces, texts=texts)
    chosen.left_out.update(doubtful)
    kept = kept_series(merged, options)
    base = None if replaces else known
    sold = build_sales(merged, kept, base)
    future = known_future(merged, kept, sold)
    horizon, reason = choose_horizon(
        None if group is None else group.horizon,
        settings.horizon,
        0 if future is None else _between(merged, int(sold.last.max()), future[1]),
        _between(merged, int(sold.first[sold.first >= 0].min()), int(sold.last.max())) + 1,
        merged.periods,
    )
    covariates = tuple(chosen.values) if base is None else base.group.covariates
    related = build_related(merged, chosen, kept, sold, horizon, base) if covariates else None
    sold = with_demand(sold, related, merged.periods)
    table = _store_table(files, settings, options)
    states = store_states(merged, sold, related, table, known)
    facts = Facts(mode, merged, chosen, kept, sold, related, future, table, states, known)
    return Understood(
        report=build_report(facts, horizon, reason),
        has_items=merged.has_items,
        frequency=merged.periods.code,
        horizon=horizon,
        covariates=covariates,
        texts=None if base is not None and base.group.texts is None else chosen.texts,
        sold=sold,
        related=related,
        stores=states,
        attributes=_attributes(merged, table, known, states),
    )


def _between(merged: Merged, first: int, last: int) -> int:
    return int(merged.periods.between(np.int64(first), np.int64(last)))


def _store_table(
    files: Mapping[str, Path], settings: Settings, options: ImportOptions
) -> StoreTable | None:
    if "stores" not in files:
        return None
    return read_stores(files["stores"], settings.region_column, options.ignore)


def _refuse_other_kind(merged: Merged, known: KnownGroup | None) -> None:
    """Store-only data and data per item cannot be in one dataset group."""
    if known is None or known.group.has_items == merged.has_items:
        return
    sheet = merged.sheets[0]
    has, had = ("one", "none") if merged.has_items else ("none", "one")
    raise InvalidData(
        f"'{sheet.name}' has {has} column for the item, the dataset group has {had}. Import the "
        "same kind of data, or set FORECAST_DATASET_NAME and FORECAST_DATASET_GROUP to new names."
    )


def _attributes(
    merged: Merged,
    table: StoreTable | None,
    known: KnownGroup | None,
    states: Mapping[str, KnownStore],
) -> tuple[str, ...]:
    """Attributes that the metadata of the items (here: the stores) must be imported with anew."""
    if merged.has_items:
        return ()
    if table is not None:
        return tuple(table.columns.values())[:MAX_ATTRIBUTES]
    earlier = {} if known is None else known.stores
    described = next((tuple(s.attributes) for s in earlier.values() if s.attributes), ())
    return described[:MAX_ATTRIBUTES] if set(states) != set(earlier) else ()
