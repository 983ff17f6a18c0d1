"""Totals of stores: beside a forecast of items, the forecast of each store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_service.common.keys import MEAN, parse_forecast_type, series_key
from forecast_service.engine.algorithm import Fitted
from forecast_service.engine.guards.outliers import without_outliers
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.engine.periods.frequency import season_length
from forecast_service.engine.totals.past import past_of
from forecast_service.engine.totals.sums import mean_of_quantiles, total
from forecast_service.local.jobs.limits import DORMANT, Limits
from forecast_service.storage.forecast_store import totals_of
from forecast_service.storage.stored_forecast import StoredForecast

__all__ = ["ITEMS_OF_STORES", "store_totals"]

Rows = npt.NDArray[np.intp]
LONGEST_SEASON = 24  # periods; two years of weeks have too few years to compare
ITEMS_OF_STORES = ("item_id", "location")
"""Keys of series that are items of stores, as the importer writes them."""


def store_totals(
    series: Sequence[StoredForecast],
    fitted: Fitted,
    known_future: KnownFuture,
    panel: Panel,
    limits: Limits,
) -> dict[str, StoredForecast]:
    """The total of each store by its name; ``series`` are its items, in the order of the model."""
    quantiles, places = _levels(series[0].forecast_types)
    if not quantiles:
        return {}
    totals: dict[str, StoredForecast] = {}
    expected = limits.applied_to(fitted.mean(known_future)[:, None])[:, 0]
    history = without_outliers(panel).target
    season = season_length(panel.frequency)
    season = season if season <= LONGEST_SEASON else 1
    for store, rows in _rows_by_store(fitted.keys).items():
        values = np.stack([series[row].values for row in rows])
        ordered = values[:, places]
        means = _means(ordered, quantiles, expected[rows])
        past = past_of(history[rows], season)
        sums = np.empty(values.shape[1:])
        sums[:] = values.sum(axis=0)  # right for the type ``mean``
        sums[places] = total(ordered, quantiles, means, past)
        first = series[rows[0]]
        totals[store] = StoredForecast(
            forecast_arn=totals_of(first.forecast_arn),
            series_key=series_key([store]),
            start=first.start,
            frequency=first.frequency,
            forecast_types=first.forecast_types,
            values=sums,
            facts=_facts(rows, past.comovement, limits),
        )
    return totals


def _facts(rows: Rows, comovement: float, limits: Limits) -> dict[str, Any]:
    facts: dict[str, Any] = {"total": {"items": len(rows), "comovement": round(comovement, 3)}}
    if np.isin(rows, limits.dormant).all():
        facts["state"] = DORMANT
    return facts


def _levels(types: Sequence[str]) -> tuple[list[float], list[int]]:
    """The quantiles among the forecast types, ascending, and their places."""
    found = sorted(
        (parse_forecast_type(text), place) for place, text in enumerate(types) if text != MEAN
    )
    return [level for level, _ in found], [place for _, place in found]


def _means(ordered: FloatArray, levels: Sequence[float], expected: FloatArray) -> FloatArray:
    """Expected values (n, horizon): by the calibrated quantiles, unless many of them are 0."""
    return np.where(ordered[:, 0] > 0, mean_of_quantiles(ordered, levels), expected)


def _rows_by_store(keys: Sequence[tuple[str, ...]]) -> dict[str, Rows]:
    rows: dict[str, list[int]] = {}
    for row, (_item, store) in enumerate(keys):
        rows.setdefault(store, []).append(row)
    return {store: np.array(of_store, dtype=np.intp) for store, of_store in rows.items()}
