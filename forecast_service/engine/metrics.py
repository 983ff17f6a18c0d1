"""Accuracy metrics over arrays. Lower is always better; unknown actuals (NaN) are left out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from forecast_service.engine.panel import FloatArray

__all__ = [
    "absolute_error",
    "average_wql",
    "mape",
    "mase",
    "quantile_loss",
    "rmse",
    "seasonal_scale",
    "wape",
    "wql",
]

ROWS = 2000  # series per chunk: bounds memory, since each has its whole history


def quantile_loss(actual: FloatArray, forecast: FloatArray, level: float) -> FloatArray:
    """Pinball loss of each point, ``max(t (y - q), (1 - t) (q - y))``; NaN where unknown.

    Same unit as the data. Source: Koenker & Bassett 1978.
    """
    error = actual - forecast
    return np.maximum(level * error, (level - 1) * error)


def absolute_error(actual: FloatArray, forecast: FloatArray) -> FloatArray:
    """``|y - f|`` of each point; NaN where unknown."""
    return np.abs(actual - forecast)


def wql(actual: FloatArray, forecast: FloatArray, level: float) -> float:
    """Weighted quantile loss: ``2 sum(pinball) / sum|y|`` over all series and periods.

    At level 0.5 it is the WAPE of the median. When all actuals are 0, the numerator alone.
    Source: Amazon Forecast developer guide, "Weighted Quantile Loss".

    Example
    -------
    >>> wql(np.array([[10.0, 20.0]]), np.array([[8.0, 25.0]]), 0.9)
    0.15333333333333332
    """
    return _weighted(2 * quantile_loss(actual, forecast, level), actual)


def average_wql(actual: FloatArray, forecasts: Mapping[float, FloatArray]) -> float:
    """Mean of ``wql`` over the levels of ``forecasts``.

    Source: Amazon Forecast developer guide, "Weighted Quantile Loss".

    Example
    -------
    >>> y = np.array([[10.0]])
    >>> average_wql(y, {0.25: y - 2, 0.5: y + 1})
    0.1
    """
    return float(np.mean([wql(actual, values, level) for level, values in forecasts.items()]))


def wape(actual: FloatArray, forecast: FloatArray) -> float:
    """Weighted absolute percentage error: ``sum|y - f| / sum|y|`` over all series and periods.

    When all actuals are 0, the numerator alone. Source: Kolassa & Schütz 2007 (MAD/mean ratio).

    Example
    -------
    >>> wape(np.array([[10.0, 20.0, np.nan]]), np.array([[8.0, 25.0, 3.0]]))
    0.23333333333333334
    """
    return _weighted(absolute_error(actual, forecast), actual)


def rmse(actual: FloatArray, forecast: FloatArray) -> float:
    """Root mean squared error, ``sqrt(mean (y - f)^2)``, unit of the data; NaN without actuals.

    Source: Hyndman & Koehler 2006.

    Example
    -------
    >>> rmse(np.array([[3.0, 5.0]]), np.array([[0.0, 1.0]]))
    3.5355339059327378
    """
    return float(np.sqrt(_mean((actual - forecast) ** 2)))


def mape(actual: FloatArray, forecast: FloatArray) -> float:
    """Mean absolute percentage error, ``mean |y - f| / |y|``, as a fraction.

    Periods with actual 0 (closed days) are left out; NaN when nothing is left.
    Source: Hyndman & Koehler 2006.

    Example
    -------
    >>> mape(np.array([[10.0, 0.0, 4.0]]), np.array([[9.0, 7.0, 5.0]]))
    0.175
    """
    base = np.where(actual == 0, np.nan, np.abs(actual))
    return _mean(absolute_error(actual, forecast) / base)


def mase(
    actual: FloatArray, forecast: FloatArray, history: FloatArray, *, season_length: int
) -> float:
    """Mean absolute scaled error: mean error relative to the in-sample seasonal naive error.

    ``mean |y - f| / mean |Y_t - Y_(t-m)|`` per series, then the mean over series. A series with a
    scale of 0 or NaN (constant, or shorter than a season) is left out; NaN when none is left.
    Source: Hyndman & Koehler 2006. ``m`` is ``season_length``; there is no obvious default.

    Example
    -------
    >>> past = np.array([[1.0, 2.0, 3.0, 4.0]])
    >>> mase(np.array([[5.0, 6.0]]), np.array([[4.0, 4.0]]), past, season_length=1)
    1.5
    """
    errors = _row_means(absolute_error(actual, forecast))
    scale = seasonal_scale(history, season_length)
    usable = scale > 0
    return _mean(errors[usable] / scale[usable])


def seasonal_scale(history: FloatArray, season_length: int) -> FloatArray:
    """Mean absolute seasonal difference of each series, (n,); NaN without a difference."""
    scale = np.empty(len(history))
    for start in range(0, len(history), ROWS):
        rows = history[start : start + ROWS]
        scale[start : start + ROWS] = _row_means(
            np.abs(rows[:, season_length:] - rows[:, :-season_length])
        )
    return scale


def _weighted(losses: FloatArray, actual: FloatArray) -> float:
    total = float(np.nansum(losses))
    weight = float(np.nansum(np.abs(actual)))
    return total / weight if weight > 0 else total


def _mean(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def _row_means(values: FloatArray) -> FloatArray:
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
