"""Prophet's maximum a posteriori estimate without Stan, for many series at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray
from forecast_service.engine.prophet.design import Moments
from forecast_service.engine.prophet.lasso import solve_lasso, violation

__all__ = ["SMALLEST_SIGMA", "Estimate", "best_variance", "estimate", "log_posterior"]

SMALLEST_SIGMA = 1e-4  # of the largest value; with less noise the sums would not be exact enough
MAX_ROUNDS = 100
STATIONARY = 1e-7  # relative change of the noise variance at which a series is finished


@dataclass(frozen=True)
class Estimate:
    """The most probable parameters of ``c`` series, in Prophet's scaled units."""

    ridge: FloatArray
    """(c, r) in standard deviations of the priors."""
    delta: FloatArray
    """(c, p)"""
    sigma: FloatArray
    """(c,) never below ``SMALLEST_SIGMA``."""
    log_posterior: FloatArray
    """(c,) without constants, as Stan's optimiser counts."""
    violation: FloatArray
    """(c,) how far the trend changes miss the conditions of the optimum, relative to their bound;
    infinite for a series that did not become stationary."""

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Estimate:
        """Those of some of the series."""
        return Estimate(**{name: values[rows] for name, values in vars(self).items()})


@dataclass(frozen=True)
class _Lasso:
    """What remains when the ridge is minimised over, for one variance of each series.

    ``matrix``, ``linear`` and ``penalty`` are those of ``solve_lasso``. ``ridge_target`` (c, r)
    and ``ridge_hinge`` (c, r, p): the best ridge is the first less the second times the changes.
    """

    matrix: FloatArray
    linear: FloatArray
    penalty: FloatArray
    ridge_target: FloatArray
    ridge_hinge: FloatArray

    @classmethod
    def of(cls, moments: Moments, variance: FloatArray, scale: float) -> _Lasso:
        system = moments.ridge.copy()
        diagonal = np.arange(system.shape[1])
        system[:, diagonal, diagonal] += variance[:, None]
        right = np.concatenate([moments.hinge_ridge, moments.ridge_target[:, None]], axis=1)
        solved = np.linalg.solve(system, right.transpose(0, 2, 1))
        ridge_hinge, ridge_target = solved[:, :, :-1], solved[:, :, -1]
        explained = moments.hinge_ridge @ solved
        matrix = moments.hinge - explained[:, :, :-1]
        matrix = (matrix + matrix.transpose(0, 2, 1)) / 2
        linear = moments.hinge_target - explained[:, :, -1]
        return cls(matrix, linear, variance / scale, ridge_target, ridge_hinge)

    def changes(self, start: FloatArray) -> FloatArray:
        return solve_lasso(self.matrix, self.linear, self.penalty, start)

    def ridge(self, delta: FloatArray) -> FloatArray:
        """The best ridge coefficients for these trend changes."""
        return np.asarray(self.ridge_target - _times(self.ridge_hinge, delta))


def estimate(moments: Moments, scale: float, start: Estimate | None = None) -> Estimate:
    """The maximum of the posterior density of Prophet's model as a regression.

    The model is ``y = X beta + A delta + sigma N`` with normal priors on ``beta`` (slope,
    offset, seasons, holidays, covariates), Laplace priors of this ``scale`` on the trend changes
    ``delta`` and a half-normal one on ``sigma``. Three exact steps take turns, each of which
    raises the density, until sigma is stationary (about four rounds; Aitken's rule shortens the
    last). ``start`` is a guess of ``delta`` and ``sigma``.

    - given sigma, ``beta`` is a ridge regression; minimising over it (a Schur complement) leaves
      a lasso of some 25 unknowns in ``delta``,
    - which an active set method solves to the last digits,
    - and given both, ``4 sigma^4 + n sigma^2 = RSS``.

    Everything needs only the second moments of the columns, so a series costs the same whatever
    its length. Sources: the model, Taylor & Letham, Forecasting at scale, 2018, and the Stan
    program of prophet 1.5; the reduction, Golub & Pereyra, The differentiation of
    pseudo-inverses and nonlinear least squares problems (variable projection), 1973.
    """
    delta, variance = _begin(moments, scale, start)
    is_stationary = _take_turns(moments, scale, delta, variance)
    lasso = _Lasso.of(moments, variance, scale)
    ridge = lasso.ridge(delta)
    missed = violation(lasso.matrix, lasso.linear, lasso.penalty, delta)
    squares = _squares(moments, delta, ridge)
    return Estimate(
        ridge=np.where(np.diagonal(moments.ridge, axis1=1, axis2=2) > 0, ridge, 0.0),
        delta=delta,
        sigma=np.sqrt(variance),
        log_posterior=log_posterior(squares, moments.count, variance, ridge, delta, scale),
        violation=np.where(is_stationary, missed, np.inf),
    )


def best_variance(squares: FloatArray, count: FloatArray) -> FloatArray:
    """The noise variance v at which ``4 v^2 + n v = RSS``, written without cancellation."""
    found = 2 * squares / (count + np.sqrt(count**2 + 16 * squares))
    return np.maximum(found, SMALLEST_SIGMA**2)


def log_posterior(
    squares: FloatArray,
    count: FloatArray,
    variance: FloatArray,
    ridge: FloatArray,
    delta: FloatArray,
    scale: float,
) -> FloatArray:
    """(c,) without constants, of ``count`` residuals with this sum of ``squares``."""
    fit = squares / variance + count * np.log(variance)
    priors = 4 * variance + (ridge**2).sum(axis=1)
    return np.asarray(-(fit + priors) / 2 - np.abs(delta).sum(axis=1) / scale)


def _begin(moments: Moments, scale: float, start: Estimate | None) -> tuple[FloatArray, FloatArray]:
    """Trend changes and noise variance to start from: as guessed, or those of no change."""
    if start is not None:
        return start.delta.copy(), start.sigma**2
    delta = np.zeros_like(moments.hinge_target)
    variance = np.full(len(delta), SMALLEST_SIGMA**2)
    ridge = _Lasso.of(moments, variance, scale).ridge(delta)
    return delta, best_variance(_squares(moments, delta, ridge), moments.count)


def _take_turns(
    moments: Moments, scale: float, delta: FloatArray, variance: FloatArray
) -> npt.NDArray[np.bool_]:
    """Improve ``delta`` and ``variance`` in place, each series by itself; who is stationary."""
    rows = np.arange(len(delta))
    part, last_step = moments, np.full(len(delta), np.inf)
    for _ in range(MAX_ROUNDS):
        before = variance[rows]
        lasso = _Lasso.of(part, before, scale)
        delta[rows] = lasso.changes(delta[rows])
        squares = _squares(part, delta[rows], lasso.ridge(delta[rows]))
        step = best_variance(squares, part.count) - before
        moving = ~(np.abs(step) <= STATIONARY * before)
        rate = np.clip(step / last_step, 0.0, 0.5)  # the steps shrink by a constant: go ahead
        ahead = np.maximum(before + step / (1 - rate), SMALLEST_SIGMA**2)
        rows, last_step, part = rows[moving], step[moving], part.take(moving)
        variance[rows] = ahead[moving]
        if rows.size == 0:
            break
    is_stationary = np.ones(len(delta), dtype=bool)
    is_stationary[rows] = False
    return is_stationary


def _squares(moments: Moments, delta: FloatArray, ridge: FloatArray) -> FloatArray:
    """Sum of the squared residuals; rounding never makes it negative."""
    trend = _times(moments.hinge, delta) / 2 - moments.hinge_target
    both = (delta[:, None, :] @ moments.hinge_ridge)[:, 0]
    rest = _times(moments.ridge, ridge) / 2 + both - moments.ridge_target
    total = moments.target + 2 * (delta * trend).sum(axis=1) + 2 * (ridge * rest).sum(axis=1)
    return np.asarray(np.maximum(total, 0.0))


def _times(matrix: FloatArray, vector: FloatArray) -> FloatArray:
    return np.asarray((matrix @ vector[:, :, None])[:, :, 0])
