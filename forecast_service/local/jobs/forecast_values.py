"""Forecasts of a model in the order of Amazon's forecast types, and the parts of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from forecast_service.common.keys import MEAN, middle_type, parse_forecast_type
from forecast_service.engine.algorithm import Fitted
from forecast_service.engine.panel import FloatArray, KnownFuture
from forecast_service.engine.totals.parts import parts_of
from forecast_service.storage.planning.forecast_parts import StoredParts
from forecast_service.storage.stored_forecast import StoredForecast

__all__ = ["forecast_parts", "values_of"]


WITH_EFFECTS = ("boosted", "pooled", "prophet")  # algorithms


def values_of(fitted: Fitted, known_future: KnownFuture, types: Sequence[str]) -> FloatArray:
    """Forecasts of shape (n, n_types, horizon), in the order of ``types``."""
    quantiles = sorted({parse_forecast_type(text) for text in types if text != MEAN})
    shape = (len(fitted.keys), len(types), known_future.horizon)
    values = np.empty(shape)
    if quantiles:
        at_quantiles = fitted.forecast(known_future, quantiles)
    for index, forecast_type in enumerate(types):
        if forecast_type == MEAN:
            values[:, index] = fitted.mean(known_future)
        else:
            values[:, index] = at_quantiles[
                :, :, quantiles.index(parse_forecast_type(forecast_type))
            ]
    return values


def forecast_parts(
    series: Sequence[StoredForecast],
    totals: Mapping[str, StoredForecast],
    fitted: Fitted,
    known_future: KnownFuture,
) -> list[StoredParts]:
    """The parts of the middle of each series; ``series`` are in the order of the model.

    ``totals`` of stores by their name: their parts are those of their items, added up and scaled to
    the total. A series whose algorithm knows no effects has none.
    """
    if not series:
        return []
    place = series[0].forecast_types.index(middle_type(series[0].forecast_types))
    middle = np.stack([one.values[place] for one in series])
    found = dict(_parts_by_row(fitted, known_future, middle))
    of_series = [
        StoredParts(series[row].forecast_arn, series[row].series_key, named)
        for row, named in found.items()
        if _knows_effects(series[row])
    ]
    rows_of: dict[str, list[int]] = {store: [] for store in totals}
    for row, key in enumerate(fitted.keys) if totals else ():
        rows_of[key[-1]].append(row)
    of_stores = [
        StoredParts(totals[store].forecast_arn, totals[store].series_key, named)
        for store, rows in rows_of.items()
        if (named := _added_up([found[row] for row in rows], middle[rows], totals[store], place))
    ]
    return [*of_series, *of_stores]


def _parts_by_row(
    fitted: Fitted, known_future: KnownFuture, middle: FloatArray
) -> Iterator[tuple[int, dict[str, FloatArray]]]:
    """The row of each series and its parts that matter."""
    for parts in parts_of(fitted, known_future, middle):
        for row, values in zip(parts.rows.tolist(), parts.values, strict=True):
            yield row, {n: v for n, v in zip(parts.names, values, strict=True) if v.any()}


def _added_up(
    items: Sequence[Mapping[str, FloatArray]],
    middle: FloatArray,
    total: StoredForecast,
    place: int,
) -> dict[str, FloatArray]:
    """The parts of a store, from those of its items."""
    added = middle.sum(axis=0)
    factor = np.divide(total.values[place], added, out=np.zeros_like(added), where=added > 0)
    sums: dict[str, FloatArray] = {}
    for item in items:
        for name, values in item.items():
            sums[name] = sums.get(name, 0.0) + values
    return {name: values * factor for name, values in sums.items()}


def _knows_effects(series: StoredForecast) -> bool:
    """Whether an algorithm of the series knows effects of calendar and covariates."""
    return any(name in (series.algorithm or "") for name in WITH_EFFECTS)
