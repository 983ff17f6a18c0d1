"""Weights of several forecasts of the same series: what each series says, and what all say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from forecast_service.engine.metrics import quantile_loss
from forecast_service.engine.panel import FloatArray

__all__ = ["candidates", "choose", "combined", "forward_selection", "learn_trust", "loss_table"]

STEPS = 10  # weights are multiples of a tenth: finer ones gain nothing that could be measured
MOST = 3  # members among which weights are searched: 66 points, however many members there are
TRUSTS = (1e9, 1000.0, 300.0, 100.0, 30.0, 10.0, 0.0)
LEAST_TRUST = 1e-9  # a series without days follows the fleet
CHUNK = 2000  # series at a time


def candidates(members: int, chosen: Sequence[int]) -> FloatArray:
    """Every choice of weights in tenths that add up to 1, (points, members); 0 if not chosen.

    In descending order: of equals, the largest weight of the first member is found first.

    Example
    -------
    >>> candidates(3, [0, 2])[:3].tolist()
    [[1.0, 0.0, 0.0], [0.9, 0.0, 0.1], [0.8, 0.0, 0.2]]
    """
    tenths = product(range(STEPS, -1, -1), repeat=len(chosen) - 1)
    points = [(*each, STEPS - sum(each)) for each in tenths if sum(each) <= STEPS]
    weights = np.zeros((len(points), members))
    weights[:, list(chosen)] = np.array(points, dtype=np.float64) / STEPS
    return weights


def forward_selection(
    members: int, losses_at: Callable[[FloatArray], FloatArray]
) -> tuple[int, ...]:
    """Indices, ascending, of the at most three members that are worth weighing.

    From nothing, the member that helps most is added to the average, ten times over, each as often
    as it helps; kept are those added most often. ``losses_at`` gives the loss over all series at
    each row of weights (points, members). Three or fewer members are kept unasked.
    Source: Caruana, Niculescu-Mizil, Crew, Ksikes, "Ensemble selection from libraries of models"
    (ICML 2004).
    """
    if members <= MOST:
        return tuple(range(members))
    counts = np.zeros(members)
    for step in range(1, STEPS + 1):
        counts[np.argmin(losses_at((counts + np.eye(members)) / step))] += 1
    most = np.argsort(-counts, kind="stable")[:MOST]
    return tuple(int(each) for each in np.sort(most))


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
