"""Report facts: the facts of an import, turned into its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from forecast_service.common.names import natural_order
from forecast_service.common.wording.coded import say
from forecast_service.importer.files.candidates import titles_of
from forecast_service.importer.files.column_names import shown_name, snake
from forecast_service.importer.files.sheets import Sheet
from forecast_service.importer.files.store_table import MAX_ATTRIBUTES
from forecast_service.importer.long_rows import series_title
from forecast_service.importer.understanding.column_totals import ColumnTotals, column_totals
from forecast_service.importer.understanding.covariates import Covariates
from forecast_service.importer.understanding.facts import Facts
from forecast_service.importer.understanding.notes import fixed, notes
from forecast_service.importer.understanding.report import (
    GAP_DAYS,
    ColumnReport,
    FileReport,
    GapReport,
    ImportReport,
    RuleReport,
    StockoutReport,
)
from forecast_service.importer.unusual_days import report_of
from forecast_service.importer.values.text_columns import iso

__all__ = ["build_report"]

EXAMPLES = 3
MOST_NEW_NAMES = 10


def build_report(facts: Facts, horizon: int, reason: str) -> ImportReport:
    """The report of an import."""
    rows = facts.sales.rows
    target = rows.values["target"]
    sold_days = rows.day[~np.isnan(target)]
    keys = [facts.merged.keys[i] for i in np.unique(facts.merged.series[_kept_rows(facts)])]
    imported = sorted({store for store, _ in keys}, key=natural_order)
    earlier = {} if facts.earlier is None else facts.earlier.stores
    new = [store for store in imported if store not in earlier]
    regions = Counter(facts.stores[store].region for store in imported if store in facts.stores)
    return ImportReport(
        mode=facts.mode,
        files=tuple(_files(facts)),
        columns=tuple(_columns(facts)),
        sales_rows=len(sold_days),
        stores=len(imported),
        new_stores=len(new),
        items=len({item for _, item in keys if item}),
        first_sale_on=iso(sold_days.min()) if len(sold_days) else None,
        last_sale_on=iso(sold_days.max()) if len(sold_days) else None,
        frequency=facts.merged.periods.code,
        missing_periods=int(np.isnan(target).sum()),
        gaps=_gaps(facts),
        covariates=() if facts.related is None else _shown(facts.related.rows.values),
        past_only=tuple(facts.chosen.past_only),
        known_future_periods=_known_periods(facts),
        known_future_first_on=None if facts.future is None else iso(facts.future[0]),
        known_future_last_on=None if facts.future is None else iso(facts.future[1]),
        by_rule=_by_rule(facts),
        horizon=horizon,
        horizon_reason=reason,
        regions=dict(sorted(regions.items(), key=lambda pair: natural_order(pair[0]))),
        notes=tuple(notes(facts)),
        stockouts=_stockouts(facts),
        totals=tuple(_totals(facts)),
        fixed=fixed(facts, horizon),
        unusual=report_of(facts.unusual, facts.sales.rows),
        new_names=tuple(new[:MOST_NEW_NAMES]),
    )


def _totals(facts: Facts) -> Iterator[ColumnTotals]:
    regions = {store: state.region for store, state in facts.stores.items()}
    stated = None
    if facts.related is not None:
        # What the files state, without the days that rules fill.
        rows = facts.related.stated
        names = set(facts.chosen.values)
        stated = replace(rows, values={n: v for n, v in rows.values.items() if n in names})
    yield from column_totals(facts.sales.rows, stated, regions)


def _known_periods(facts: Facts) -> int:
    if facts.future is None:
        return 0
    last_sale, last = facts.sales.last.max(), np.int64(facts.future[1])
    return int(facts.merged.periods.between(last_sale, last))


def _kept_rows(facts: Facts) -> npt.NDArray[np.bool_]:
    return facts.kept[facts.merged.series]


def _files(facts: Facts) -> Iterator[FileReport]:
    for sheet in facts.merged.sheets:
        role = "future days" if sheet.target is None else "sales"
        yield FileReport(role, sheet.name, sheet.rows)
    if facts.table is not None:
        yield FileReport("stores", facts.table.name, facts.table.rows)


def _columns(facts: Facts) -> Iterator[ColumnReport]:
    for sheet in facts.merged.sheets:
        yield from _columns_of(sheet, facts.chosen)
    if facts.table is not None:
        for number, (column, name) in enumerate(facts.table.columns.items()):
            used = number < MAX_ATTRIBUTES
            reason = None if used else say("too_many_attributes", most=MAX_ATTRIBUTES)
            yield ColumnReport(facts.table.name, column, "attribute", (name,), reason)


def _columns_of(sheet: Sheet, chosen: Covariates) -> Iterator[ColumnReport]:
    roles = sheet.roles
    role_of = {roles.store: "store", roles.date: "date", roles.target: "sales", roles.item: "item"}
    role_of[roles.stockout] = "mark of stock-outs"
    titles = {title: slug for slug, title in titles_of(sheet).items()}
    spellings = {snake(title): title for title in (*chosen.columns, *chosen.left_out)}
    for name in sheet.raw.header:
        title = name if name in chosen.columns else spellings.get(titles.get(name, ""), name)
        if name in role_of:
            yield ColumnReport(sheet.name, name, role_of[name])
        elif title in chosen.columns:
            yield ColumnReport(sheet.name, name, "covariate", _shown(chosen.columns[title]))
        else:
            reason = chosen.left_out.get(title, say("column_ignored"))
            yield ColumnReport(sheet.name, name, "left out", (), reason)


def _shown(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(shown_name(name) for name in names)


def _gaps(facts: Facts) -> GapReport:
    """Gaps between known sales of this import."""
    rows = facts.sales.rows
    known = rows.take(~np.isnan(rows.values["target"]))
    gap_days = known.day[1:] - facts.merged.periods.after(known.day[:-1], 1)
    is_gap = (gap_days > GAP_DAYS) & (np.diff(known.series) == 0)
    longest = int(gap_days[is_gap].max()) if is_gap.any() else 0
    series = np.unique(known.series[:-1][is_gap])
    with_longest = np.unique(known.series[:-1][is_gap & (gap_days == longest)])
    names = sorted((series_title(facts.merged.keys[i]) for i in with_longest), key=natural_order)
    return GapReport(GAP_DAYS, len(series), longest, len(with_longest), tuple(names[:EXAMPLES]))


def _stockouts(facts: Facts) -> StockoutReport | None:
    rows = facts.sales.rows
    marked = rows.take(rows.values["stockout"] > 0)
    if not len(marked):
        return None
    stores = {facts.merged.keys[series][0] for series in np.unique(marked.series)}
    hidden = np.isnan(marked.values["demand"]) & ~np.isnan(marked.values["target"])
    return StockoutReport(len(marked), int(hidden.sum()), len(stores))


def _by_rule(facts: Facts) -> RuleReport | None:
    assumed = [s.assumed_from for s in facts.stores.values() if s.assumed_from is not None]
    if not assumed or facts.related is None:
        return None
    return RuleReport(len(assumed), min(assumed), iso(facts.related.until), facts.rule)
