"""Forecasts of a model, in the order of Amazon's forecast types."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecast_service.common.keys import MEAN, parse_forecast_type
from forecast_service.engine.algorithm import Fitted
from forecast_service.engine.panel import FloatArray, KnownFuture

__all__ = ["values_of"]


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
