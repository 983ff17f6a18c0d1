"""Notes of the report: what was decided, what is missing, what changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from forecast_service.importer.files.column_names import OPEN, shown_name
from forecast_service.importer.files.periods import Periods
from forecast_service.importer.long_rows import series_title
from forecast_service.importer.merging.losses import lost_sales
from forecast_service.importer.understanding.facts import Facts
from forecast_service.importer.understanding.hidden_demand import mostly_marked
from forecast_service.importer.understanding.rest_days import rest_code, rest_words
from forecast_service.importer.understanding.sold_days import only_sold_days

__all__ = ["fixed", "notes"]

EXAMPLES = 3


def notes(facts: Facts) -> Iterator[str]:
    """What a person should know besides the numbers, in sentences."""
    for sheet in facts.merged.sheets:
        yield from sheet.raw.notes
    if facts.table is not None:
        yield from facts.table.notes
    yield from facts.merged.notes
    yield from facts.chosen.notes
    yield from _lost_sales(facts)
    yield from _days_without_rows(facts)
    yield from _rest_days(facts)
    yield from _stockouts(facts)
    yield from _left_out(facts)
    if facts.related is not None and facts.related.filled_cells:
        cells = facts.related.filled_cells
        yield f"Empty cells of covariates: {cells:,}. They were filled: {facts.rule}."
    if facts.table is not None:
        absent = sum(store not in facts.table.attributes for store in facts.stores)
        if absent:
            yield f"'{facts.table.name}' has no row for {absent:,} of the stores with sales."


def _lost_sales(facts: Facts) -> Iterator[str]:
    if facts.sales.removed:
        yield f"Rows taken out of the sales: {facts.sales.removed:,}."
    if facts.mode == "FULL" and facts.earlier is not None:
        lost = lost_sales(facts.earlier.stores, facts.stores)
        if lost is not None:
            yield f"Replaces {lost}."


def fixed(facts: Facts, horizon: int) -> str | None:
    """What the first import fixes, or what a later one changes of it."""
    new = _kind(facts.merged.periods, facts.merged.has_items, horizon, facts.covariates)
    if facts.earlier is None:
        listed = "; ".join(f"{name} {value}" for name, value in new.items())
        return f"Fixed for later imports: {listed}. A full import with 'replace' can change them."
    group = facts.earlier.group
    old = _kind(Periods(group.frequency), group.has_items, group.horizon, group.covariates)
    changed = [f"{name} {old[name]} → {new[name]}" for name in new if new[name] != old[name]]
    if facts.mode != "FULL" or not changed:
        return None
    return f"Changes what earlier imports fixed: {'; '.join(changed)}."


def _kind(
    periods: Periods, has_items: bool, horizon: int, covariates: Sequence[str]
) -> dict[str, str]:
    names = ", ".join(shown_name(name) for name in covariates) or "none"
    series = "item in a store" if has_items else "store"
    return {
        "one row per": f"{periods.noun} and {series}",
        "horizon": f"{horizon} {periods.noun}s",
        "covariates": names,
    }


def _stockouts(facts: Facts) -> Iterator[str]:
    mostly = mostly_marked(facts.sales.whole)
    if mostly.any():
        example = series_title(facts.merged.keys[int(np.argmax(mostly))])
        yield (
            f"Stock-outs: more than half of the {facts.merged.periods.noun}s with sales are marked "
            f"in {int(mostly.sum()):,} series, such as {example}. Their usual sales are unknown, "
            "so all of their sales count as demand."
        )


def _left_out(facts: Facts) -> Iterator[str]:
    """Series without a sale."""
    unsold = int((facts.merged.last_sale < 0).sum())
    if unsold:
        example = series_title(facts.merged.keys[int(np.argmin(facts.merged.last_sale))])
        has_items = facts.merged.has_items
        one, many = ("item in a store", "items in stores") if has_items else ("store", "stores")
        yield (
            f"Left out: 1 {one} without sales: {example}. It is added with its first sale."
            if unsold == 1
            else f"Left out: {unsold:,} {many} without sales, such as {example}. They are added "
            "with their first sale."
        )


def _days_without_rows(facts: Facts) -> Iterator[str]:
    """What days without a row count as, where that matters."""
    noun = facts.merged.periods.noun
    if facts.sales.zeros:
        yield f"{noun.capitalize()}s without a row: {facts.sales.zeros:,}. They count as 0 sales."
        return
    found = only_sold_days(facts.sales.rows, facts.merged.periods, facts.sales.rests)
    if found is None:
        return
    many, one = ("items in stores", "item") if facts.merged.has_items else ("stores", "store")
    kind = many if found.series > 1 else one
    example = series_title(facts.merged.keys[found.example])
    yield (
        f"Rows on days with sales only? {found.series:,} {kind} have rows on {found.rows:,} of "
        f"{found.days:,} {noun}s, and none says 0. {example}: {found.example_rows:,} of "
        f"{found.example_days:,}. Missing {noun}s count as unknown, so the forecast is that of "
        f"{noun}s with sales. If nothing was sold on them, import with the option 'missing' as "
        "'zero'."
    )


def _rest_days(facts: Facts) -> Iterator[str]:
    """Weekdays on which stores never sold, one sentence per set of them."""
    related = facts.related
    counted = related is not None and OPEN in related.rows.values
    flags = related.rests if related is not None and counted else facts.sales.rests
    stores: dict[str, list[str]] = {}
    for (store, _), rests in zip(facts.merged.keys, flags, strict=True):
        code = rest_code(rests)
        if code is not None and store in facts.stores and store not in stores.get(code, ()):
            stores.setdefault(code, []).append(store)
    for code, names in stores.items():
        subject = "1 store" if len(names) == 1 else f"{len(names):,} stores"
        examples = ", ".join(names[:EXAMPLES])
        what = (
            f"The forecast is 0 on these days, as if '{OPEN}' were 0."
            if counted
            else f"The forecast does not know that yet: a full import adds the covariate '{OPEN}'."
        )
        such_as = ", such as" if len(names) > EXAMPLES else ":"
        yield f"Never sold on {rest_words(code)}: {subject}{such_as} {examples}. {what}"
