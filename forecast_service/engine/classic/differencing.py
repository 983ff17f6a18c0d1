"""Decides whether a series is differenced before an ARIMA is fitted to it."""

from __future__ import annotations

import numpy as np

from forecast_service.engine.panel import FloatArray

__all__ = ["needs_difference", "needs_season"]

KPSS_LIMIT = 0.463  # critical value at 5 %, for stationarity around a mean
STRENGTH_LIMIT = 0.64


def needs_difference(values: FloatArray) -> bool:
    """Whether the KPSS test rejects, at 5 %, that the values (T,) are stationary.

    Source: Kwiatkowski, Phillips, Schmidt, Shin, Journal of Econometrics 54 (1992), with
    ``4 (T / 100) ** 0.25`` lags.
    """
    around = values - values.mean()
    size = len(values)
    lags = int(4 * (size / 100) ** 0.25)
    variance = around @ around / size
    for lag in range(1, lags + 1):
        variance += 2 * (1 - lag / (lags + 1)) * (around[lag:] @ around[:-lag]) / size
    partial = np.cumsum(around)
    return bool(partial @ partial / size**2 > KPSS_LIMIT * variance)


def needs_season(values: FloatArray, length: int) -> bool:
    """Whether the season explains more than 64 % of the variance of the values (T,) around a trend.

    Source: Wang, Smith, Hyndman, Data Mining and Knowledge Discovery 13 (2006), with a moving
    average as the trend.
    """
    kernel = np.ones(length) / length
    trend = np.convolve(values, kernel, mode="valid")
    begin = (length - 1) // 2
    around = values[begin : begin + len(trend)] - trend
    phase = np.arange(len(around)) % length
    means = np.bincount(phase, weights=around) / np.bincount(phase)
    remainder = around - means[phase]
    return bool(1 - remainder.var() / max(around.var(), 1e-12) > STRENGTH_LIMIT)
