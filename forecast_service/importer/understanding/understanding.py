"""Understanding: turns files into canonical rows and a report; nothing is stored here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from forecast_service.importer.files.column_names import OPEN, snake
from forecast_service.importer.files.sheets import Sheet, drop_doubtful_marks
from forecast_service.importer.files.store_table import (
    MAX_ATTRIBUTES,
    schema_names,
)
from forecast_service.importer.long_rows import LongRows
from forecast_service.importer.merging.delivery import Delivery
from forecast_service.importer.merging.earlier_imports import EarlierImports, StoreState
from forecast_service.importer.merging.future_sales import refuse_future_sales
from forecast_service.importer.merging.merged_rows import (
    MergedRows,
    merge_sheets,
    read_sheets,
)
from forecast_service.importer.merging.refused_deliveries import (
    refuse_changes_of_stores,
    refuse_other_kind,
    refuse_unknown_columns,
    stores_of_files,
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
    delivery = Delivery.of(files, mode, options, settings, earlier)
    sheets = _read(delivery)
    touched = stores_of_files(delivery, sheets)
    if last_day is not None:
        refuse_future_sales(sheets, last_day)
    facts, horizon, reason = _facts(delivery, mode, sheets)
    merged, chosen, sales = facts.merged, facts.chosen, facts.sales
    report = build_report(facts, horizon, reason)
    if sales.everything is not None:
        everything = replace(sales, rows=sales.everything)
        sales = add_demand(everything, _stated(facts.related), merged.periods)
    return Understanding(
        report=report,
        has_items=merged.has_items,
        frequency=merged.periods.code,
        horizon=horizon,
        covariates=facts.covariates,
        texts=chosen.texts if delivery.base is None or delivery.texts is not None else None,
        sales=sales,
        related=facts.related,
        stores=facts.stores,
        attributes=_attributes(facts),
        conventions=delivery.remembered.after(merged, opens_by_rests=chosen.opens_by_rests),
        touched=touched,
    )


def _facts(delivery: Delivery, mode: str, sheets: Sequence[Sheet]) -> tuple[Facts, int, str]:
    """What the sheets show; the horizon in periods, and why it is that long."""
    sheets, doubtful = drop_doubtful_marks(sheets) if delivery.replaces else (sheets, {})
    merged = _merge(delivery, sheets)
    chosen = _choose_covariates(delivery, sheets, merged)
    chosen.left_out.update(doubtful)
    kept = choose_series(merged, delivery.options)
    sales = build_sales(
        merged,
        kept,
        delivery.base,
        delivery.options.empty_sales,
        only_when_sold=delivery.remembered.only_when_sold,
    )
    covariates = _all_covariates(delivery, chosen, merged, sales)
    future = known_future(merged, kept, sales)
    horizon, reason = _choose_horizon(delivery, merged, sales, future)
    related = (
        build_related(merged, chosen, covariates, kept, sales, horizon, delivery.base)
        if covariates
        else None
    )
    stated = _stated(related)
    sales = add_demand(sales, stated, merged.periods)
    table = delivery.store_table()
    refuse_unknown_columns(delivery, sheets, table)
    unusual = find_unusual(sales.whole, stated, merged.periods)
    states = add_to_states(store_states(merged, sales, related, table, delivery.earlier), unusual)
    refuse_changes_of_stores(delivery, states)
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
        delivery.earlier,
        covariates,
        unusual,
    )
    return facts, horizon, reason


def _read(delivery: Delivery) -> Sequence[Sheet]:
    return read_sheets(
        delivery.files,
        delivery.options,
        delivery.earlier,
        replaces=delivery.replaces,
        conventions=delivery.remembered.conventions(delivery.kind, delivery.options),
    )


def _merge(delivery: Delivery, sheets: Sequence[Sheet]) -> MergedRows:
    merged = merge_sheets(
        sheets,
        delivery.kind,
        replaces=delivery.replaces,
        duplicates=delivery.options.duplicates,
        only_when_sold=delivery.remembered.only_when_sold,
    )
    refuse_other_kind(merged, delivery.kind)
    return merged


def _choose_covariates(
    delivery: Delivery, sheets: Sequence[Sheet], merged: MergedRows
) -> Covariates:
    fixed = delivery.fixed_covariates
    by_rests = delivery.opens_by_rests and not _has_open(sheets)
    in_files = tuple(name for name in fixed or () if not by_rests or name != OPEN)
    chosen = choose_covariates(
        sheets,
        merged.future,
        None if fixed is None else in_files,
        replaces=delivery.replaces,
        texts=delivery.texts or {},
    )
    chosen.opens_by_rests = by_rests
    return chosen


def _all_covariates(
    delivery: Delivery, chosen: Covariates, merged: MergedRows, sales: Sales
) -> tuple[str, ...]:
    """All covariates of the dataset group; ``open`` is one of them if rest days state it."""
    fixed = delivery.fixed_covariates
    covariates = tuple(chosen.values) if fixed is None else tuple(fixed)
    if not chosen.opens_by_rests:
        chosen.opens_by_rests = _opens_by_rests(chosen, merged, sales, fixed, delivery.replaces)
    if chosen.opens_by_rests and OPEN not in covariates:
        covariates = (*covariates, OPEN)
    return covariates


def _choose_horizon(
    delivery: Delivery, merged: MergedRows, sales: Sales, future: tuple[int, int] | None
) -> tuple[int, str]:
    """The horizon in periods, and why it is that long."""
    stated, last = delivery.settings.horizon, int(sales.last.max())
    first = int(sales.first[sales.first >= 0].min())
    return choose_horizon(
        delivery.fixed_horizon(merged.periods.code, is_stated=bool(stated or future)),
        stated,
        0 if future is None else _between(merged, last, future[1]),
        _between(merged, first, last) + 1,
        merged.periods,
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


def _between(merged: MergedRows, first: int, last: int) -> int:
    return int(merged.periods.between(np.int64(first), np.int64(last)))


def _stated(related: Related | None) -> LongRows | None:
    """The covariates of all files; None without any."""
    return None if related is None else related.whole


def _attributes(facts: Facts) -> dict[str, str]:
    """Attributes to import as item metadata, and their names there; the items are the stores.

    Empty: no import.
    """
    if facts.merged.has_items:
        return {}
    if facts.table is not None:
        return dict(islice(facts.table.columns.items(), MAX_ATTRIBUTES))
    old = {} if facts.earlier is None else facts.earlier.stores
    names = next((tuple(s.attributes) for s in old.values() if s.attributes), ())
    return schema_names(names[:MAX_ATTRIBUTES]) if set(facts.stores) != set(old) else {}
