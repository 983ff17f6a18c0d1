"""Understanding: turns files into canonical rows and a report; nothing is stored here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from forecast_service.common.column_roles import read_column_roles
from forecast_service.common.names import natural_order
from forecast_service.errors import InvalidData, Remedy
from forecast_service.importer.files.column_names import OPEN, snake
from forecast_service.importer.files.columns import find_column
from forecast_service.importer.files.sheets import Sheet, drop_doubtful_marks, unknown_column
from forecast_service.importer.files.store_table import (
    MAX_ATTRIBUTES,
    StoreTable,
    read_stores,
    schema_names,
)
from forecast_service.importer.merging.earlier_imports import EarlierImports, StoreState
from forecast_service.importer.merging.future_sales import refuse_future_sales
from forecast_service.importer.merging.losses import (
    refuse_foreign_stores,
    refuse_losses,
    refuse_unknown_stores,
)
from forecast_service.importer.merging.merged_rows import (
    MergedRows,
    merge_sheets,
    read_sheets,
)
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.understanding.covariates import (
    MAX_COVARIATES,
    Covariates,
    choose_covariates,
)
from forecast_service.importer.understanding.facts import Facts, known_future
from forecast_service.importer.understanding.horizon import choose_horizon
from forecast_service.importer.understanding.related import Related, build_related
from forecast_service.importer.understanding.remembered import Remembered
from forecast_service.importer.understanding.report import ImportReport
from forecast_service.importer.understanding.report_facts import build_report
from forecast_service.importer.understanding.rest_days import may_rest
from forecast_service.importer.understanding.sales import (
    Sales,
    add_demand,
    build_sales,
    choose_series,
)
from forecast_service.importer.understanding.store_states import store_states
from forecast_service.importer.unusual_days import add_to_states, find_unusual
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
    attributes: Mapping[str, str]
    """Attribute of a store -> its name in the metadata dataset, in its order; empty if it is not
    imported."""
    conventions: Mapping[str, str]
    """What later imports should know about the values; see ``groups.DatasetGroup``."""
    touched: tuple[str, ...] = ()
    """Stores with rows in the files."""


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
    options = _with_columns_of(settings, options)
    remembered = Remembered.of(earlier, options, settings)
    conventions = remembered.conventions(kind, options)
    sheets = read_sheets(files, options, earlier, replaces=replaces, conventions=conventions)
    touched = {name for sheet in sheets for name in sheet.stores.names}
    if options.limits is not None:
        old = {} if earlier is None else earlier.stores
        refuse_foreign_stores(old, touched, options.limits)
    if last_day is not None:
        refuse_future_sales(sheets, last_day)
    sheets, doubtful = drop_doubtful_marks(sheets) if replaces else (sheets, {})
    merged = merge_sheets(
        sheets,
        kind,
        replaces=replaces,
        duplicates=options.duplicates,
        only_when_sold=remembered.only_when_sold,
    )
    _refuse_other_kind(merged, kind)
    # A group without covariates gets some with the first full import that has any.
    names = None if group is None or (replaces and not group.covariates) else group.covariates
    by_rests = kind is not None and remembered.opens_by_rests and not _has_open(sheets)
    texts = (None if group is None else group.texts) or {}
    in_files = tuple(n for n in names or () if not by_rests or n != OPEN)
    chosen = choose_covariates(
        sheets, merged.future, None if names is None else in_files, replaces=replaces, texts=texts
    )
    chosen.left_out.update(doubtful)
    kept = choose_series(merged, options)
    base = None if replaces else earlier
    sales = build_sales(
        merged, kept, base, options.empty_sales, only_when_sold=remembered.only_when_sold
    )
    chosen.opens_by_rests = by_rests or _opens_by_rests(chosen, merged, sales, names, replaces)
    covariates = tuple(chosen.values) if names is None else names
    if chosen.opens_by_rests and OPEN not in covariates:
        covariates = (*covariates, OPEN)
    future = known_future(merged, kept, sales)
    horizon, reason = choose_horizon(
        _fixed_horizon(earlier, kind, merged, changes=bool(settings.horizon or future)),
        settings.horizon,
        0 if future is None else _between(merged, int(sales.last.max()), future[1]),
        _between(merged, int(sales.first[sales.first >= 0].min()), int(sales.last.max())) + 1,
        merged.periods,
    )
    related = (
        build_related(merged, chosen, covariates, kept, sales, horizon, base)
        if covariates
        else None
    )
    stated = None if related is None else related.whole
    sales = add_demand(sales, stated, merged.periods)
    table = _store_table(files, settings, options)
    _refuse_unknown_columns(options, settings, sheets, table)
    unusual = find_unusual(sales.whole, stated, merged.periods)
    states = add_to_states(store_states(merged, sales, related, table, earlier), unusual)
    if earlier is not None and replaces and not options.replace:
        refuse_losses(earlier.stores, states)
    if earlier is not None and options.known_stores:
        refuse_unknown_stores(earlier.stores, states, options.remedy_of_stores)
    facts = Facts(
        mode,
        merged,
        chosen,
        kept,
        sales,
        related,
        future,
        table,
        states,
        earlier,
        covariates,
        unusual,
    )
    report = build_report(facts, horizon, reason)
    if sales.everything is not None:
        sales = add_demand(replace(sales, rows=sales.everything), stated, merged.periods)
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
        conventions=remembered.after(merged, opens_by_rests=chosen.opens_by_rests),
        touched=tuple(sorted(touched, key=natural_order)),
    )


def _has_open(sheets: Sequence[Sheet]) -> bool:
    return any(
        sheet.roles.open is not None or any(snake(name) == OPEN for name in sheet.roles.others)
        for sheet in sheets
    )


def _opens_by_rests(
    chosen: Covariates,
    merged: MergedRows,
    sales: Sales,
    names: Sequence[str] | None,
    replaces: bool,
) -> bool:
    """Whether rest days of stores begin to state ``open``.

    A new dataset group has it if a store may have rest days, now or when its history is longer;
    a full import gives it to a group once a store has some.
    """
    if OPEN in chosen.values or len(chosen.values) >= MAX_COVARIATES:
        return False
    if names is None:
        return may_rest(sales.whole, merged.periods)
    return replaces and OPEN not in names and bool(sales.rests.any())


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
    return read_stores(files["stores"], settings.region_column, options)


def _with_columns_of(settings: Settings, options: ImportOptions) -> ImportOptions:
    """The options with the columns of FORECAST_COLUMNS; those of the request count first."""
    usual = read_column_roles(settings.columns)
    named = set(options.columns.values())
    usual = {role: name for role, name in usual.items() if name not in named}
    return replace(options, columns={**usual, **options.columns})


def _refuse_unknown_columns(
    options: ImportOptions,
    settings: Settings,
    sheets: Sequence[Sheet],
    table: StoreTable | None,
) -> None:
    """Refuse a column of the request that no file has; one of the settings may be absent."""
    usual = read_column_roles(settings.columns)
    headers = [sheet.raw.header for sheet in sheets]
    stores = () if table is None else table.header
    for role, name in options.columns.items():
        if usual.get(role) == name or any(find_column(h, name) for h in (*headers, stores)):
            continue
        raise unknown_column(sheets[0].raw, role, name)


def _refuse_other_kind(merged: MergedRows, earlier: EarlierImports | None) -> None:
    """Refuse items in a dataset group without items, and the reverse."""
    if earlier is None or earlier.group.has_items == merged.has_items:
        return
    sheet = merged.sheets[0]
    has, had = ("a", "none") if merged.has_items else ("no", "one")
    raise InvalidData(
        f"'{sheet.name}' has {has} column for the item, but the dataset group has {had}. Import "
        "the same kind of data.",
        remedy=Remedy.REPLACE_KIND,
    )


def _attributes(
    merged: MergedRows,
    table: StoreTable | None,
    earlier: EarlierImports | None,
    states: Mapping[str, StoreState],
) -> dict[str, str]:
    """Attributes to import as item metadata, and their names there; the items are the stores.

    Empty: no import.
    """
    if merged.has_items:
        return {}
    if table is not None:
        return dict(islice(table.columns.items(), MAX_ATTRIBUTES))
    old = {} if earlier is None else earlier.stores
    names = next((tuple(s.attributes) for s in old.values() if s.attributes), ())
    return schema_names(names[:MAX_ATTRIBUTES]) if set(states) != set(old) else {}
