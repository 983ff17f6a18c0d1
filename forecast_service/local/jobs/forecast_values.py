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
) -> Iterator[StoredParts]:
    """The parts of the middle of each series; ``series`` are in the order of the model.

    ``totals`` of stores by their name: their parts are those of their items, added up and scaled to
    the total.
    """
    if not series:
        return
    place = series[0].forecast_types.index(middle_type(series[0].forecast_types))
    middle = np.stack([one.values[place] for one in series])
    sums: dict[str, dict[str, FloatArray]] = {}
    whole: dict[str, FloatArray] = {}
    for parts in parts_of(fitted, known_future, middle):
        for row, values in zip(parts.rows.tolist(), parts.values, strict=True):
            named = {n: v for n, v in zip(parts.names, values, strict=True) if v.any()}
            yield StoredParts(series[row].forecast_arn, series[row].series_key, named)
            store = fitted.keys[row][-1]
            if store in totals:
                whole[store] = whole.get(store, 0.0) + middle[row]
                for name, part in named.items():
                    of_store = sums.setdefault(store, {})
                    of_store[name] = of_store.get(name, 0.0) + part
    for store, total in totals.items():
        added = whole.get(store, np.zeros(middle.shape[1]))
        factor = np.divide(total.values[place], added, out=np.zeros_like(added), where=added > 0)
        named = {name: part * factor for name, part in sums.get(store, {}).items()}
        yield StoredParts(total.forecast_arn, total.series_key, named)
