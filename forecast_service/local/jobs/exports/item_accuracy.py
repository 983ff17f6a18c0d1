"""The accuracy of single series, by the formulas of GetAccuracyMetrics."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from forecast_service.engine import metrics
from forecast_service.engine.panel import FloatArray
from forecast_service.local.jobs.exports.backtest_files import BacktestBlock

__all__ = ["accuracy_of", "averages"]

Mask = npt.NDArray[np.bool_]
Accuracy = Mapping[str, FloatArray]
"""Metrics by the name of their column."""


def accuracy_of(tested: BacktestBlock) -> dict[str, FloatArray]:
    """Each metric of each series and window, (n, windows); NaN where it is undefined.

    Point metrics are those of the mean. Added up with their weights (the actuals of wQL and WAPE,
    the known points of RMSE and MAPE, one per series of MASE), they are GetAccuracyMetrics'.
    """
    actual = tested.actual
    weight = np.nansum(np.abs(actual), axis=2)
    known = ~np.isnan(actual)
    error = metrics.absolute_error(actual, tested.mean)
    losses = {
        level: _weighted(2 * metrics.quantile_loss(actual, quantiles, level), weight, known)
        for level, quantiles in zip(
            tested.levels, np.moveaxis(tested.quantiles, -1, 0), strict=True
        )
    }
    base = np.where(actual == 0, np.nan, np.abs(actual))
    scale = np.where(tested.scale > 0, tested.scale, np.nan)
    return {
        **{f"wQL[{level:g}]": values for level, values in losses.items()},
        "Average wQL": np.mean(list(losses.values()), axis=0),
        "RMSE": np.sqrt(_mean(error**2)),
        "WAPE": _weighted(error, weight, known),
        "MAPE": _mean(error / base),
        "MASE": _mean(error) / scale,
    }


def averages(accuracy: Accuracy) -> dict[str, FloatArray]:
    """Each metric of each series, averaged over the windows that define it, (n, 1)."""
    return {name: _mean(values)[:, None] for name, values in accuracy.items()}


def _weighted(losses: FloatArray, weight: FloatArray, known: Mask) -> FloatArray:
    """Sum of losses over the sum of actuals, or alone if that is 0; NaN without actuals."""
    total = np.nansum(losses, axis=2)
    ratio = np.divide(total, weight, out=total.copy(), where=weight > 0)
    return np.where(np.any(known, axis=2), ratio, np.nan)


def _mean(values: FloatArray) -> FloatArray:
    """The mean of what is known along the last axis; NaN without any."""
    count = (~np.isnan(values)).sum(axis=-1)
    total = np.nansum(values, axis=-1)
    return np.asarray(np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0))
