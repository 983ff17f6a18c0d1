"""Weights of several forecasts of one series, shrunken toward those of all series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from forecast_service.engine.metrics import quantile_loss
from forecast_service.engine.panel import FloatArray

__all__ = [
    "candidates",
    "choose",
    "combine",
    "exact_points",
    "forward_selection",
    "learn_prior_days",
    "loss_table",
]

STEPS = 10  # weights are tenths; finer ones have no measurable gain
MOST = 3  # members with a weight, so that at most 66 points are compared
PRIOR_DAYS = (1e9, 1000.0, 300.0, 100.0, 30.0, 10.0, 0.0)
LEAST_PRIOR_DAYS = 1e-9  # so that a series without days takes the weights of all series
CHUNK = 2000  # series at a time
EXACT = 1e-3  # loss relative to sales, up to which a forecast is without error
EXACT_DAYS = 7  # fewer days without error may be chance


def candidates(members: int, chosen: Sequence[int]) -> FloatArray:
    """All weights in tenths that add up to 1, (points, members); 0 for members not chosen.

    They descend, so that in a tie the point with the largest weight of the first member wins.

    Example
    -------
    >>> candidates(3, [0, 2])[:3].tolist()
    [[1.0, 0.0, 0.0], [0.9, 0.0, 0.1], [0.8, 0.0, 0.2]]
    """
    first = product(range(STEPS, -1, -1), repeat=len(chosen) - 1)
    points = [(*tenths, STEPS - sum(tenths)) for tenths in first if sum(tenths) <= STEPS]
    weights = np.zeros((len(points), members))
    weights[:, list(chosen)] = np.array(points, dtype=np.float64) / STEPS
    return weights


def forward_selection(
    members: int, losses_at: Callable[[FloatArray], FloatArray]
) -> tuple[int, ...]:
    """Ascending indices of the members that get a weight, at most three.

    Ten times, the member that lowers the loss of the average most is added to it; a member may be
    added more than once. Those added most often are selected. ``losses_at`` returns the loss over
    all series for each row of weights (points, members). Three or fewer members are all selected.
    Source: Caruana, Niculescu-Mizil, Crew, Ksikes, "Ensemble selection from libraries of models"
    (ICML 2004).
    """
    if members <= MOST:
        return tuple(range(members))
    counts = np.zeros(members)
    for step in range(1, STEPS + 1):
        counts[np.argmin(losses_at((counts + np.eye(members)) / step))] += 1
    most = np.argsort(-counts, kind="stable")[:MOST]
    return tuple(int(member) for member in np.sort(most))


def loss_table(
    actual: FloatArray, forecasts: Sequence[FloatArray], levels: Sequence[float], points: FloatArray
) -> FloatArray:
    """Quantile loss of each series at each point (a choice of weights), (n, points).

    ``actual`` (n, horizon) is NaN where it is not known; each of ``forecasts`` has shape
    (n, horizon, levels). Quantiles are averaged level by level. The loss is 0 for a series without
    known days.
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
            average = np.tensordot(point, stacked, axes=1)
            for place, level in enumerate(levels):
                losses = quantile_loss(usable, average[:, :, place], level)
                table[rows, index] += (losses * known).sum(axis=1)
    return table


def choose(
    table: FloatArray,
    days: npt.NDArray[np.int64],
    prior_days: float,
    exact: npt.NDArray[np.bool_] | None = None,
) -> npt.NDArray[np.intp]:
    """Index of the best point for each series, (n,), shrunken toward the best for all series.

    It minimises ``days * own + prior_days * common``. ``own`` is the loss of the series on its
    ``days`` (n,), ``common`` the loss of all series; both are relative to the loss at the point
    that is best for all series. With ``prior_days`` days of its own, the loss of a series weighs
    as much as that of all series. A series with points where its ``exact`` (n, points) is true
    gets the best of these: nothing can be gained from others.
    """
    total = table.sum(axis=0)
    best = int(np.argmin(total))
    scale = table[:, best]
    usable = np.where(scale > 0, days / np.where(scale > 0, scale, 1.0), 0.0)
    common = total / total[best] if total[best] > 0 else 1.0 + np.sign(total)
    shrunken = usable[:, None] * table + max(prior_days, LEAST_PRIOR_DAYS) * common
    if exact is not None:
        some = exact.any(axis=1, keepdims=True)
        shrunken = np.where(some, np.where(exact, table, np.inf), shrunken)
    return np.asarray(np.argmin(shrunken, axis=1), dtype=np.intp)


def exact_points(
    table: FloatArray, days: npt.NDArray[np.int64], sales: FloatArray
) -> npt.NDArray[np.bool_]:
    """Points (n, points) without any error on at least seven ``days`` (n,) with ``sales`` (n,)."""
    judged = (days >= EXACT_DAYS) & (sales > 0)
    return np.asarray(judged[:, None] & (table <= EXACT * sales[:, None]))


def learn_prior_days(tables: Sequence[FloatArray], days: Sequence[npt.NDArray[np.int64]]) -> float:
    """The prior days with the least loss in a cross-validation over the parts of the backtest.

    The points are chosen without one part and judged on that part. With a single part all series
    share one point. In a tie the larger value wins.
    """
    totals = [0.0] * len(PRIOR_DAYS)
    for index in range(len(tables) if len(tables) > 1 else 0):
        others = np.delete(tables, index, axis=0).sum(axis=0)
        their_days = np.delete(days, index, axis=0).sum(axis=0)
        for place, prior_days in enumerate(PRIOR_DAYS):
            chosen = choose(others, their_days, prior_days)
            losses = np.take_along_axis(tables[index], chosen[:, None], axis=1)
            totals[place] += float(losses.sum())
    return PRIOR_DAYS[int(np.argmin(totals))]


def combine(weights: FloatArray, values: Sequence[FloatArray]) -> FloatArray:
    """The sum over members of their ``values`` (n, …) times their ``weights`` (n, members)."""
    total = np.zeros(values[0].shape)
    for share, of_member in zip(weights.T, values, strict=True):
        total += share.reshape(-1, *[1] * (of_member.ndim - 1)) * of_member
    return total
