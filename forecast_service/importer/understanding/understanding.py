"""Understanding: turns files into canonical rows and a report; nothing is stored here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from forecast_service.errors import InvalidData, Remedy
from forecast_service.importer.files.sheets import drop_doubtful_marks
from forecast_service.importer.files.store_table import MAX_ATTRIBUTES, StoreTable, read_stores
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.understanding.canonical import (
    Related,
    Sales,
    add_demand,
    build_related,
    build_sales,
    choose_series,
    store_states,
)
from forecast_service.importer.understanding.covariates import choose_covariates
from forecast_service.importer.understanding.earlier_imports import EarlierImports, StoreState
from forecast_service.importer.understanding.future_sales import refuse_future_sales
from forecast_service.importer.understanding.horizon import choose_horizon
from forecast_service.importer.understanding.losses import refuse_losses, refuse_unknown_stores
from forecast_service.importer.understanding.merged_rows import (
    MergedRows,
    merge_sheets,
    read_sheets,
)
from forecast_service.importer.understanding.report import ImportReport
from forecast_service.importer.understanding.report_facts import Facts, build_report, known_future
from forecast_service.settings import Settings
from forecast_service.storage.groups import Texts

__all__ = ["Understanding", "understand"]


@dataclass(frozen=True)
class Understanding:
    """Everything that an import will write."""

    report: ImportReport
    has_items: bool
    frequency: str
    """Frequency code of the engine, such as ``D`` or ``W-FRI``."""
    horizon: int
    """Periods."""
    covariates: tuple[str, ...]
    texts: Texts | None
    sales: Sales
    related: Related | None
    """None when there are no covariates."""
    stores: Mapping[str, StoreState]
    attributes: tuple[str, ...]
    """Attributes of the metadata dataset, in its order; empty if it is not imported."""


def understand(
    files: Mapping[str, Path],
    mode: str,
    options: ImportOptions,
    settings: Settings,
    earlier: EarlierImports | None,
    last_day: int | None = None,
) -> Understanding:
    """Read and check the files of an import.

    ``earlier`` is the state after earlier imports; in mode FULL its rows must be empty. A sale
    after ``last_day`` is refused.

    Raises
    ------
    InvalidData
        A file cannot be used; line numbers are in ``errors``.
    """
    replaces = mode == "FULL"
    # A full import that may replace what is there also chooses covariates and horizon anew.
    kind = None if replaces and options.replace else earlier
    group = None if kind is None else kind.group
    sheets = read_sheets(files, options, () if group is None else group.covariates)
    if last_day is not None:
        refuse_future_sales(sheets, last_day)
    sheets, doubtful = drop_doubtful_marks(sheets) if replaces else (sheets, {})
    merged = merge_sheets(sheets, kind, replaces=replaces)
    _refuse_other_kind(merged, kind)
    # A group without covariates gets some with the first full import that has any.
    names = None if group is None or (replaces and not group.covariates) else group.covariates
    texts = (None if group is None else group.texts) or {}
    chosen = choose_covariates(sheets, merged.future, names, replaces=replaces, texts=texts)
    chosen.left_out.update(doubtful)
    kept = choose_series(merged, options)
    base = None if replaces else earlier
    sales = build_sales(merged, kept, base, options.empty_sales)
    future = known_future(merged, kept, sales)
    horizon, reason = choose_horizon(
        _fixed_horizon(earlier, kind, merged, changes=bool(settings.horizon or future)),
        settings.horizon,
        0 if future is None else _between(merged, int(sales.last.max()), future[1]),
        _between(merged, int(sales.first[sales.first >= 0].min()), int(sales.last.max())) + 1,
        merged.periods,
    )
    covariates = tuple(chosen.values) if base is None else base.group.covariates
    related = build_related(merged, chosen, kept, sales, horizon, base) if covariates else None
    sales = add_demand(sales, related, merged.periods)
    table = _store_table(files, settings, options)
    states = store_states(merged, sales, related, table, earlier)
    if earlier is not None and replaces and not options.replace:
        refuse_losses(earlier.stores, states)
    if earlier is not None and options.known_stores:
        refuse_unknown_stores(earlier.stores, states)
    facts = Facts(mode, merged, chosen, kept, sales, related, future, table, states, earlier)
    report = build_report(facts, horizon, reason)
    if sales.everything is not None:
        sales = add_demand(replace(sales, rows=sales.everything), related, merged.periods)
    return Understanding(
        report=report,
        has_items=merged.has_items,
        frequency=merged.periods.code,
        horizon=horizon,
        covariates=covariates,
        texts=None if base is not None and base.group.texts is None else chosen.texts,
        sales=sales,
        related=related,
        stores=states,
        attributes=_attributes(merged, table, earlier, states),
    )


def _fixed_horizon(
    earlier: EarlierImports | None,
    kind: EarlierImports | None,
    merged: MergedRows,
    *,
    changes: bool,
) -> int | None:
    """The horizon that stays. A full import that may replace the kind can state another one."""
    if earlier is None or (kind is None and changes):
        return None
    is_same = earlier.group.frequency == merged.periods.code
    return earlier.group.horizon if kind is not None or is_same else None


def _between(merged: MergedRows, first: int, last: int) -> int:
    return int(merged.periods.between(np.int64(first), np.int64(last)))


def _store_table(
    files: Mapping[str, Path], settings: Settings, options: ImportOptions
) -> StoreTable | None:
    if "stores" not in files:
        return None
    return read_stores(files["stores"], settings.region_column, options.ignore)


def _refuse_other_kind(merged: MergedRows, earlier: EarlierImports | None) -> None:
    """Refuse items in a dataset group without items, and the reverse."""
    if earlier is None or earlier.group.has_items == merged.has_items:
        return
    sheet = merged.sheets[0]
    has, had = ("a", "none") if merged.has_items else ("no", "one")
    raise InvalidData(
        f"'{sheet.name}' has {has} column for the item, but the dataset group has {had}. Import "
        "the same kind of data, or set FORECAST_DATASET_NAME and FORECAST_DATASET_GROUP to new "
        "names.",
        remedy=Remedy.REPLACE_KIND,
    )


def _attributes(
    merged: MergedRows,
    table: StoreTable | None,
    earlier: EarlierImports | None,
    states: Mapping[str, StoreState],
) -> tuple[str, ...]:
    """Attributes to import as item metadata; the items are the stores here. Empty: no import."""
    if merged.has_items:
        return ()
    if table is not None:
        return tuple(table.columns.values())[:MAX_ATTRIBUTES]
    old = {} if earlier is None else earlier.stores
    names = next((tuple(s.attributes) for s in old.values() if s.attributes), ())
    return names[:MAX_ATTRIBUTES] if set(states) != set(old) else ()
