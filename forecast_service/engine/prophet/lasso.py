"""Many small lasso problems at once, solved exactly by an active set method."""

from __future__ import annotations

import numpy as np

from forecast_service.engine.panel import FloatArray

__all__ = ["objective", "solve_lasso", "violation"]

TOLERANCE = 1e-9  # of the penalty, by which a gradient may miss its bound
MAX_STEPS = 400


def solve_lasso(
    matrix: FloatArray, linear: FloatArray, penalty: FloatArray, start: FloatArray
) -> FloatArray:
    """Minimisers of ``x'Sx / 2 - b'x + penalty * |x|_1``, shape (n, p).

    ``matrix`` S (n, p, p) is symmetric and positive definite, apart from rows and columns that
    are wholly 0, whose unknowns stay 0; ``linear`` b (n, p); ``penalty`` (n,) is positive;
    ``start`` (n, p) is a guess, such as the solution of a similar problem. ``violation`` tells
    how exact the answer is.

    Feature-sign search: guess the signs, solve the linear system of the unknowns that are not 0,
    go only as far towards its solution as the best change of sign on the way, and let in the
    unknown whose gradient breaks its bound the most. Every step lowers the objective, so no
    guess comes twice and the search ends. Source: Lee, Battle, Raina & Ng, Efficient sparse
    coding algorithms, NIPS 2006, algorithm 1.
    """
    found = start.copy()
    rows = np.arange(len(start))
    signs = np.sign(start)
    settled = ~signs.any(axis=1)  # is the gradient 0 over the unknowns that are not 0?
    for _ in range(MAX_STEPS):
        gradient = linear[rows] - _times(matrix[rows], found[rows])
        outside = np.where(signs == 0, np.abs(gradient), 0.0)
        worst = outside.argmax(axis=1)
        enters = settled & (outside.max(axis=1) > penalty[rows] * (1 + TOLERANCE))
        going = enters | ~settled
        if not going.any():
            break
        signs[enters, worst[enters]] = np.sign(gradient[enters, worst[enters]])
        rows, signs, gradient = rows[going], signs[going], gradient[going]
        target = _stationary(matrix[rows], linear[rows], penalty[rows], signs)
        settled = (np.sign(target) == signs).all(axis=1)
        crossing = np.flatnonzero(~settled)
        inner = rows[crossing]
        target[crossing] = _best_crossing(
            matrix[inner], gradient[crossing], penalty[inner], found[inner], target[crossing]
        )
        found[rows] = target
        signs = np.sign(target)
    return found


def violation(
    matrix: FloatArray, linear: FloatArray, penalty: FloatArray, found: FloatArray
) -> FloatArray:
    """By how much the optimality conditions are missed, relative to the penalty, shape (n,).

    At the minimum the gradient of the smooth part is ``-penalty * sign(x)`` where x is not 0,
    and within ``penalty`` of 0 elsewhere (Karush, Kuhn and Tucker).
    """
    gradient = linear - _times(matrix, found)
    bound = penalty[:, None]
    missed = np.where(
        found == 0,
        np.maximum(np.abs(gradient) - bound, 0.0),
        np.abs(gradient - bound * np.sign(found)),
    )
    return np.asarray((missed / bound).max(axis=1, initial=0.0))


def objective(
    matrix: FloatArray, linear: FloatArray, penalty: FloatArray, found: FloatArray
) -> FloatArray:
    """What is minimised, shape (n,)."""
    smooth = (found * (_times(matrix, found) / 2 - linear)).sum(axis=1)
    return np.asarray(smooth + penalty * np.abs(found).sum(axis=1))


def _stationary(
    matrix: FloatArray, linear: FloatArray, penalty: FloatArray, signs: FloatArray
) -> FloatArray:
    """The minimum for fixed signs, and 0 where the sign is 0."""
    active = signs != 0
    pairs = active[:, :, None] & active[:, None, :]
    unit = np.eye(signs.shape[1])
    system = np.where(pairs, matrix, unit)
    right = np.where(active, linear - penalty[:, None] * signs, 0.0)
    return np.asarray(np.linalg.solve(system, right[:, :, None])[:, :, 0])


def _best_crossing(
    matrix: FloatArray,
    gradient: FloatArray,
    penalty: FloatArray,
    here: FloatArray,
    target: FloatArray,
) -> FloatArray:
    """The best point on the way to the target among those where an unknown is 0, and its end."""
    step = target - here
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(here * target < 0, -here / step, 1.0)  # (n, p): 1 is the target itself
    share = np.column_stack([share, np.ones(len(share))])
    slope = -(gradient * step).sum(axis=1)[:, None]
    curve = (step * _times(matrix, step)).sum(axis=1)[:, None]
    points = here[:, None, :] + share[:, :, None] * step[:, None, :]
    size = np.abs(points).sum(axis=2) * penalty[:, None]
    best = (share * slope + share**2 * curve / 2 + size).argmin(axis=1)
    chosen = points[np.arange(len(best)), best]
    crossed = (best < here.shape[1]) & (share[np.arange(len(best)), best] < 1)
    chosen[crossed, best[crossed]] = 0.0  # exactly, whatever the rounding
    return np.asarray(chosen)


def _times(matrix: FloatArray, vector: FloatArray) -> FloatArray:
    return np.asarray((matrix @ vector[:, :, None])[:, :, 0])
