"""Sums: the quantiles of the sum of several series."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from forecast_service.engine.panel import FloatArray
from forecast_service.engine.totals.past import Past

__all__ = ["mean_of_quantiles", "total"]


def mean_of_quantiles(quantiles: FloatArray, levels: Sequence[float]) -> FloatArray:
    """Expected value (n, horizon) of quantiles (n, levels, horizon): linear between the levels.

    Beyond the outermost levels, the outermost quantiles count. For the levels 0.1, 0.5 and 0.9 the
    weights are 0.3, 0.4 and 0.3.
    Source: Swanson's rule; Hurst, Brown, Swanson, AAPG Bulletin 84 (2000), 1883-1891.
    """
    middles = (np.array(levels)[1:] + np.array(levels)[:-1]) / 2
    weights = np.diff(np.concatenate([[0.0], middles, [1.0]]))
    means: FloatArray = np.einsum("nlh,l->nh", quantiles, weights)
    return means


def total(
    quantiles: FloatArray,
    levels: Sequence[float],
    means: FloatArray,
    past: Past,
) -> FloatArray:
    """Quantiles of the sum, (levels, horizon), of series with these quantiles (n, levels, horizon).

    ``means`` (n, horizon) are the expected values. The expected value of a sum is the sum of the
    expected values. Around it, the sum of the quantiles would be right if all series erred
    together. It is narrowed to the spread that the co-movement gives: the variance of the sum is
    (1 - c) Σ s² + c (Σ s)². A series whose quantiles are equal, although it is expected to sell,
    has the spread of its past. One series alone keeps its quantiles.
    """
    if len(quantiles) == 1:
        alone: FloatArray = quantiles[0].copy()
        return alone
    scores = np.array([NormalDist().inv_cdf(level) for level in levels])
    width = quantiles[:, -1] - quantiles[:, 0]
    reach = scores[-1] - scores[0]
    is_flat = (width <= 0) & (means > 0)
    spread = np.where(is_flat, past.spread[:, None], width / reach if reach else 0.0)
    deviations = quantiles - means[:, None]
    flat = scores[None, :, None] * past.spread[:, None, None]
    deviations = np.where(is_flat[:, None], flat, deviations)
    together = spread.sum(axis=0)
    apart = np.sqrt((1 - past.comovement) * (spread**2).sum(axis=0) + past.comovement * together**2)
    share = np.divide(apart, together, out=np.ones_like(apart), where=together > 0)
    sums = means.sum(axis=0) + share * deviations.sum(axis=0)
    ascending: FloatArray = np.maximum.accumulate(np.maximum(sums, 0.0), axis=0)
    return ascending
