"""Weighted empirical distributions of past observations: exact quantiles, no sampling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecast_service.engine.panel import FloatArray

__all__ = ["weighted_mean", "weighted_quantiles"]

ROUNDING = 1e-12  # tolerance when a cumulative weight reaches a level, as a share of the total


def weighted_quantiles(
    values: FloatArray, weights: FloatArray, levels: Sequence[float]
) -> FloatArray:
    """The weighted quantiles of each row, (n, levels).

    A quantile is the smallest value whose cumulative weight reaches the level. ``values`` and
    ``weights`` are (n, k); a value with weight 0 does not count and may be NaN. A row without
    weight gives 0.

    Example
    -------
    >>> weighted_quantiles(np.array([[7.0, 0.0, 3.0]]), np.array([[1.0, 2.0, 1.0]]), [0.5, 0.6])
    array([[0., 3.]])
    """
    if not values.shape[1]:
        return np.zeros((len(values), len(levels)))
    used = weights > 0
    order = np.argsort(np.where(used, values, np.inf), axis=1, kind="stable")
    ascending = np.take_along_axis(np.where(used, values, 0.0), order, axis=1)
    reached = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    total = reached[:, -1:]
    last = np.maximum(used.sum(axis=1) - 1, 0)
    places = [
        np.minimum((reached < (level - ROUNDING) * total).sum(axis=1), last) for level in levels
    ]
    quantiles: FloatArray = np.take_along_axis(ascending, np.stack(places, axis=1), axis=1)
    return quantiles


def weighted_mean(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighted mean of each row, (n,); 0 for a row without weight."""
    used = weights > 0
    total = weights.sum(axis=1)
    summed = np.where(used, weights * np.where(used, values, 0.0), 0.0).sum(axis=1)
    mean: FloatArray = summed / np.where(total > 0, total, 1.0)
    return mean
