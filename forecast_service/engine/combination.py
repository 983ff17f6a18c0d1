"""Weights of several forecasts of the same series: what each series says, and what all say."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from forecast_service.engine.metrics import quantile_loss
from forecast_service.engine.panel import FloatArray

__all__ = ["choose", "combined", "learn_trust", "loss_table", "simplex"]

STEPS = 10  # weights are multiples of a tenth: finer ones gain nothing that could be measured
TRUSTS = (1e9, 1000.0, 300.0, 100.0, 30.0, 10.0, 0.0)
LEAST_TRUST = 1e-9  # a series without days follows the fleet
CHUNK = 2000  # series at a time


def simplex(members: int) -> FloatArray:
    """Every choice of weights in tenths that add up to 1, (points, members).

    In descending order: of equals, the first member's largest weight is found first.

    Example
    -------
    >>> simplex(2)[:3].tolist()
    [[1.0, 0.0], [0.9, 0.1], [0.8, 0.2]]
    """
    tenths = product(range(STEPS, -1, -1), repeat=members - 1)
    points = [(*each, STEPS - sum(each)) for each in tenths if sum(each) <= STEPS]
    return np.array(points, dtype=np.float64) / STEPS


def loss_table(
    actual: FloatArray, forecasts: Sequence[FloatArray], levels: Sequence[float], points: FloatArray
) -> FloatArray:
    """Quantile loss of each series at each choice of weights, (n, points).

    ``actual`` (n, horizon) with NaN where unknown; each of ``forecasts`` (n, horizon, levels).
    Their quantiles are averaged level by level. 0 for a series of which nothing is known.
    Source: Lichtendahl, Grushka-Cockayne, Winkler, Management Science 59 (2013): averaging
    quantiles beats averaging probabilities.
    """
    table = np.zeros((len(actual), len(points)))
    for start in range(0, len(actual), CHUNK):
        rows = slice(start, start + CHUNK)
        known = np.isfinite(actual[rows])
        usable = np.where(known, actual[rows], 0.0)
        stacked = np.stack([forecast[rows] for forecast in forecasts])
        for index, point in enumerate(points):
            combined = np.tensordot(point, stacked, axes=1)
            for place, level in enumerate(levels):
                losses = quantile_loss(usable, combined[:, :, place], level)
                table[rows, index] += (losses * known).sum(axis=1)
    return table


def choose(table: FloatArray, days: npt.NDArray[np.int64], trust: float) -> npt.NDArray[np.intp]:
    """Index of the point of each series, (n,), shrunken toward the best one of all series.

    It minimises ``days * own + trust * fleet``: the loss on the series' own ``days`` (n,) and that
    over all series, both relative to the loss at the fleet's point. ``trust`` is how many days of
    its own a series needs to weigh as much as all others together.
    """
    total = table.sum(axis=0)
    best = int(np.argmin(total))
    scale = table[:, best]
    usable = np.where(scale > 0, days / np.where(scale > 0, scale, 1.0), 0.0)
    fleet = total / total[best] if total[best] > 0 else np.arange(len(total), dtype=np.float64)
    judged = usable[:, None] * table + max(trust, LEAST_TRUST) * fleet
    return np.asarray(np.argmin(judged, axis=1), dtype=np.intp)


def learn_trust(tables: Sequence[FloatArray], days: Sequence[npt.NDArray[np.int64]]) -> float:
    """The trust whose points, chosen without one part of the backtest, lose least on that part.

    With a single part nothing can be compared: all series share one point. A tie goes to the
    larger trust.
    """
    totals = [0.0] * len(TRUSTS)
    for index in range(len(tables) if len(tables) > 1 else 0):
        others = np.delete(tables, index, axis=0).sum(axis=0)
        their_days = np.delete(days, index, axis=0).sum(axis=0)
        for place, trust in enumerate(TRUSTS):
            chosen = choose(others, their_days, trust)
            losses = np.take_along_axis(tables[index], chosen[:, None], axis=1)
            totals[place] += float(losses.sum())
    return TRUSTS[int(np.argmin(totals))]


def combined(weights: FloatArray, values: Sequence[FloatArray]) -> FloatArray:
    """The sum of ``values`` (n, …), one per member, times their ``weights`` (n, members)."""
    total = np.zeros(values[0].shape)
    for share, of_member in zip(weights.T, values, strict=True):
        total += share.reshape(-1, *[1] * (of_member.ndim - 1)) * of_member
    return total
