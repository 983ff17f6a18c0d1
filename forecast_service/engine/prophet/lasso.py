"""Solves many small lasso problems at once, exactly, by an active set method."""

from __future__ import annotations

import numpy as np

from forecast_service.engine.panel import FloatArray

__all__ = ["multiply", "objective", "solve_lasso", "violation"]

TOLERANCE = 1e-9  # by which a gradient may miss its bound, relative to the penalty
MAX_STEPS = 400


def solve_lasso(
    matrix: FloatArray, linear: FloatArray, penalty: FloatArray, start: FloatArray
) -> FloatArray:
    """Minimisers of ``x'Sx / 2 - b'x + penalty * |x|_1``, shape (n, p).

    ``matrix`` S (n, p, p) is symmetric and positive definite. A row and column may also be all 0;
    its unknown stays 0. ``linear`` b is (n, p), ``penalty`` (n,) is positive. ``start`` (n, p) is
    a guess, for example the solution of a similar problem. ``violation`` measures how exact the
    result is.

    Feature-sign search: guess the signs and solve the linear system of the unknowns that are not
    0. If signs change on the way to its solution, stop at the best point where one becomes 0.
    Then add the unknown whose gradient exceeds its bound the most. Every step lowers the
    objective, so no guess is tried twice and the search ends. Source: Lee, Battle, Raina & Ng,
    Efficient sparse coding algorithms, NIPS 2006, algorithm 1.
    """
    solution = start.copy()
    rows = np.arange(len(start))
    signs = np.sign(start)
    settled = ~signs.any(axis=1)  # is the gradient 0 over the unknowns that are not 0?
    for _ in range(MAX_STEPS):
        gradient = linear[rows] - multiply(matrix[rows], solution[rows])
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
            matrix[inner], gradient[crossing], penalty[inner], solution[inner], target[crossing]
        )
        solution[rows] = target
        signs = np.sign(target)
    return solution


def violation(
    matrix: FloatArray, linear: FloatArray, penalty: FloatArray, solution: FloatArray
) -> FloatArray:
    """How far the solution misses the optimality conditions, relative to the penalty, (n,).

    At the minimum the gradient of the smooth part is ``-penalty * sign(x)`` where x is not 0,
    and within ``penalty`` of 0 elsewhere (Karush, Kuhn and Tucker).
    """
    gradient = linear - multiply(matrix, solution)
    bound = penalty[:, None]
    missed = np.where(
        solution == 0,
        np.maximum(np.abs(gradient) - bound, 0.0),
        np.abs(gradient - bound * np.sign(solution)),
    )
    return np.asarray((missed / bound).max(axis=1, initial=0.0))


def objective(
    matrix: FloatArray, linear: FloatArray, penalty: FloatArray, solution: FloatArray
) -> FloatArray:
    """The value that ``solve_lasso`` minimises, shape (n,)."""
    smooth = (solution * (multiply(matrix, solution) / 2 - linear)).sum(axis=1)
    return np.asarray(smooth + penalty * np.abs(solution).sum(axis=1))


def _stationary(
    matrix: FloatArray, linear: FloatArray, penalty: FloatArray, signs: FloatArray
) -> FloatArray:
    """The minimum for fixed signs; 0 where the sign is 0."""
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
    """The best point on the way to the target: where an unknown becomes 0, or the target."""
    step = target - here
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(here * target < 0, -here / step, 1.0)  # (n, p): 1 is the target itself
    share = np.column_stack([share, np.ones(len(share))])
    slope = -(gradient * step).sum(axis=1)[:, None]
    curve = (step * multiply(matrix, step)).sum(axis=1)[:, None]
    points = here[:, None, :] + share[:, :, None] * step[:, None, :]
    size = np.abs(points).sum(axis=2) * penalty[:, None]
    best = (share * slope + share**2 * curve / 2 + size).argmin(axis=1)
    chosen = points[np.arange(len(best)), best]
    crossed = (best < here.shape[1]) & (share[np.arange(len(best)), best] < 1)
    chosen[crossed, best[crossed]] = 0.0  # exactly, not only up to rounding
    return np.asarray(chosen)


def multiply(matrix: FloatArray, vector: FloatArray) -> FloatArray:
    """The product of each matrix (n, q, p) with its vector (n, p), shape (n, q)."""
    return np.asarray((matrix @ vector[:, :, None])[:, :, 0])
