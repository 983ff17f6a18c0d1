"""The items of a store with what each is expected to sell in the coming week, in pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa

from forecast_service.common.arrow import to_numpy
from forecast_service.common.keys import series_key
from forecast_service.common.names import natural_order
from forecast_service.engine.periods.frequency import parse_frequency
from forecast_service.engine.totals.sums import mean_of_quantiles
from forecast_service.importer.history import sales_key
from forecast_service.importer.merging.stored_rows import rows_of_store
from forecast_service.reading.outlook.series_forecast import SeriesForecast
from forecast_service.reading.outlook.weeks import coming_week, quantiles_of_sum
from forecast_service.storage import forecast_store
from forecast_service.storage.groups import DatasetGroup
from forecast_service.storage.limits import UNLIMITED, Limits
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.stores import items_of

__all__ = ["ItemsQuestion", "items_document"]

DAYS = 7

Document = dict[str, Any]


@dataclass(frozen=True)
class ItemsQuestion:
    """A page of the items of a store; ``after`` is the last item of the page before."""

    store: int | str
    sort: str = "next_7_days"
    ascending: bool = False
    search: str | None = None
    limit: int = 100
    after: str | None = None
    limits: Limits = UNLIMITED


def items_document(
    connection: sa.Connection,
    snapshots: SnapshotStore,
    group: DatasetGroup,
    question: ItemsQuestion,
    day: date,
) -> Document:
    """The page as JSON; an item that is not in the forecast has nulls."""
    store = str(question.store)
    names = items_of(connection, group.name, store) if group.has_items else []
    found = [n for n in names if (question.search or "").casefold() in n.casefold()]
    keys = {series_key([name, store]): name for name in found}
    arn = group.current_forecast_arn
    stored = {} if arn is None else forecast_store.read_many(connection, arn, list(keys))
    series = {keys[key]: SeriesForecast(one, None) for key, one in stored.items()}
    first = next(iter(series.values()), None)
    inside = None if first is None else coming_week(first, day)
    sold = _sold(snapshots, group, store)
    rows = [_row(name, series.get(name), inside, sold.get(name)) for name in found]
    ordered = _sorted(rows, question)
    places = [place for place, row in enumerate(ordered) if row["item"] == question.after]
    start = places[0] + 1 if places else 0
    page = ordered[start : start + question.limit]
    has_more = start + question.limit < len(ordered)
    return {
        "store_number": question.store,
        "week": None if first is None or inside is None else _days(first, inside),
        "items": page,
        "count": len(ordered),
        "next": page[-1]["item"] if has_more else None,
    }


def _days(series: SeriesForecast, inside: slice) -> Document:
    days = series.dates[inside]
    return {"from": str(days[0]), "to": str(days[-1])}


def _sold(snapshots: SnapshotStore, group: DatasetGroup, store: str) -> dict[str, float]:
    """What each item sold in the last week (or period) of the data, as far as it is known."""
    if group.last_sale_on is None:
        return {}
    last = int(np.datetime64(group.last_sale_on, "D").astype(np.int64))
    unit = parse_frequency(group.frequency).unit
    length = {"D": DAYS, "W": DAYS}.get(unit, 31)
    rows = rows_of_store(snapshots, sales_key(group.name), store, None, (last - length + 1, last))
    if not len(rows.day):
        return {}
    values = to_numpy(rows.values["demand"]).astype(np.float64)
    known = np.isfinite(values)
    sums = np.bincount(rows.item[known], weights=values[known], minlength=len(rows.items))
    counts = np.bincount(rows.item[known], minlength=len(rows.items))
    return {
        str(name): float(total)
        for name, total, count in zip(rows.items, sums, counts, strict=True)
        if count
    }


def _row(
    item: str, series: SeriesForecast | None, inside: slice | None, sold: float | None
) -> Document:
    if series is None or inside is None:
        empty = dict.fromkeys(("next_7_days", "low", "high", "change"))
        return {"item": item, "state": "active", **empty, "last_7_days": sold}
    sums = quantiles_of_sum(series, inside, series.facts.get("day_comovement")) or {}
    expected = sums.get(series.middle_key)
    if expected is None:
        expected = _expected(series, inside)
    return {
        "item": item,
        "state": series.state,
        "next_7_days": expected,
        "low": sums.get("p10"),
        "high": sums.get("p90"),
        "change": expected / sold - 1 if sold else None,
        "last_7_days": sold,
    }


def _expected(series: SeriesForecast, inside: slice) -> float:
    """The sum of the expected values, for items whose days cannot be added up otherwise."""
    if not series.levels:
        return float(series.middle[inside].sum())
    values = np.stack([series.values[name][inside] for name in series.levels], axis=0)[None]
    return float(mean_of_quantiles(values, list(series.levels.values())).sum())


def _sorted(rows: Sequence[Document], question: ItemsQuestion) -> list[Document]:
    by_name = sorted(rows, key=lambda row: natural_order(row["item"]))
    if question.sort == "item":
        return by_name if question.ascending else by_name[::-1]

    def place(row: Mapping[str, Any]) -> tuple[bool, float]:
        value = row[question.sort]
        sign = 1.0 if question.ascending else -1.0
        return value is None, 0.0 if value is None else sign * value

    return sorted(by_name, key=place)
