"""Notes of the report: what was decided, what is missing, what changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from forecast_service.common.wording.coded import say
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
        yield say("cells_filled", cells=cells, rule=facts.rule)
    if facts.table is not None:
        absent = sum(store not in facts.table.attributes for store in facts.stores)
        if absent:
            yield say("stores_without_row", file=facts.table.name, stores=absent)


def _lost_sales(facts: Facts) -> Iterator[str]:
    if facts.sales.removed:
        yield say("rows_taken_out", rows=facts.sales.removed)
    if facts.mode == "FULL" and facts.earlier is not None:
        lost = lost_sales(facts.earlier.stores, facts.stores)
        if lost is not None:
            yield f"Replaces {lost}."


def fixed(facts: Facts, horizon: int) -> str | None:
    """What the first import fixes, or what a later one changes of it."""
    new = _kind(facts.merged.periods, facts.merged.has_items, horizon, facts.covariates)
    if facts.earlier is None:
        return say(
            "fixed",
            period=facts.merged.periods.noun,
            series=_series_noun(facts.merged.has_items),
            horizon=new["horizon"],
            covariates=new["covariates"],
        )
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
    return {
        "one row per": f"{periods.noun} and {_series_noun(has_items)}",
        "horizon": f"{horizon} {periods.noun}s",
        "covariates": names,
    }


def _series_noun(has_items: bool) -> str:
    return say("word_item_in_store" if has_items else "word_store")


def _stockouts(facts: Facts) -> Iterator[str]:
    mostly = mostly_marked(facts.sales.whole)
    if mostly.any():
        example = series_title(facts.merged.keys[int(np.argmax(mostly))])
        yield say(
            "mostly_sold_out",
            period=facts.merged.periods.noun,
            series=int(mostly.sum()),
            example=example,
        )


def _left_out(facts: Facts) -> Iterator[str]:
    """Series without a sale."""
    unsold = int((facts.merged.last_sale < 0).sum())
    if unsold:
        example = series_title(facts.merged.keys[int(np.argmin(facts.merged.last_sale))])
        has_items = facts.merged.has_items
        one, many = ("item in a store", "items in stores") if has_items else ("store", "stores")
        yield (
            say("one_without_sales", series=one, example=example)
            if unsold == 1
            else say("some_without_sales", count=unsold, series=many, example=example)
        )


def _days_without_rows(facts: Facts) -> Iterator[str]:
    """What days without a row count as, where that matters."""
    noun = facts.merged.periods.noun
    if facts.sales.zeros:
        yield say("days_without_rows", period=noun.capitalize(), rows=facts.sales.zeros)
        return
    found = only_sold_days(facts.sales.rows, facts.merged.periods, facts.sales.rests)
    if found is None:
        return
    many, one = ("items in stores", "item") if facts.merged.has_items else ("stores", "store")
    kind = many if found.series > 1 else one
    example = series_title(facts.merged.keys[found.example])
    yield say(
        "only_sold_days",
        count=found.series,
        series=kind,
        rows=found.rows,
        days=found.days,
        period=noun,
        example=example,
        example_rows=found.example_rows,
        example_days=found.example_days,
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
        wording = "never_sold_on" if counted else "never_sold_unknown"
        yield say(
            f"{wording}_such_as" if len(names) > EXAMPLES else wording,
            weekdays=rest_words(code),
            stores=subject,
            examples=examples,
        )
