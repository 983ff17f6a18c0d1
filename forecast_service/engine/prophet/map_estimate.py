"""Prophet's maximum a posteriori estimate without Stan, for many series at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray
from forecast_service.engine.prophet.design import Moments
from forecast_service.engine.prophet.lasso import multiply, solve_lasso, violation

__all__ = ["SMALLEST_SIGMA", "Estimate", "best_variance", "estimate", "log_posterior"]

SMALLEST_SIGMA = 1e-4  # relative to the largest value; below it the sums are not exact enough
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
    """(c,) without constants, as in Stan's optimiser."""
    violation: FloatArray
    """(c,) how far the trend changes miss the optimality conditions, relative to their bound;
    infinite for a series that did not become stationary."""

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Estimate:
        return Estimate(**{name: values[rows] for name, values in vars(self).items()})


@dataclass(frozen=True)
class _Lasso:
    """The problem in the trend changes that remains for a given noise variance of each series.

    The ridge coefficients are minimised out. ``matrix``, ``linear`` and ``penalty`` are those of
    ``solve_lasso``. The best ridge coefficients are ``ridge_target`` (c, r) minus ``ridge_hinge``
    (c, r, p) times the trend changes.
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
        return np.asarray(self.ridge_target - multiply(self.ridge_hinge, delta))


def estimate(moments: Moments, scale: float, start: Estimate | None = None) -> Estimate:
    """The maximum of the posterior density, where Prophet's model is a linear regression.

    The model is ``y = X beta + A delta + sigma N``. The priors are normal on ``beta`` (slope,
    offset, seasons, holidays, covariates), Laplace with this ``scale`` on the trend changes
    ``delta``, and half-normal on ``sigma``. ``start`` is a guess of ``delta`` and ``sigma``.

    Three exact steps alternate, and each raises the density:

    - Given sigma, ``beta`` is a ridge regression. Minimising over it (a Schur complement) leaves
      a lasso in ``delta``, with about 25 unknowns.
    - An active set method solves this lasso to the last digits.
    - Given both, sigma solves ``4 sigma^4 + n sigma^2 = RSS``.

    They end when sigma is stationary, after about four rounds; Aitken's rule shortens the last
    ones. Only the second moments of the columns are needed, so the cost does not depend on the
    length of a series. Sources: the model, Taylor & Letham, Forecasting at scale, 2018, and the
    Stan program of prophet 1.5; the reduction, Golub & Pereyra, The differentiation of
    pseudo-inverses and nonlinear least squares problems (variable projection), 1973.
    """
    delta, variance = _starting_point(moments, scale, start)
    is_stationary = _alternate(moments, scale, delta, variance)
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
    """The noise variance v with ``4 v^2 + n v = RSS``, in a form without cancellation."""
    variance = 2 * squares / (count + np.sqrt(count**2 + 16 * squares))
    return np.maximum(variance, SMALLEST_SIGMA**2)


def log_posterior(
    squares: FloatArray,
    count: FloatArray,
    variance: FloatArray,
    ridge: FloatArray,
    delta: FloatArray,
    scale: float,
) -> FloatArray:
    """(c,) without constants, for ``count`` residuals with this sum of ``squares``."""
    fit = squares / variance + count * np.log(variance)
    priors = 4 * variance + (ridge**2).sum(axis=1)
    return np.asarray(-(fit + priors) / 2 - np.abs(delta).sum(axis=1) / scale)


def _starting_point(
    moments: Moments, scale: float, start: Estimate | None
) -> tuple[FloatArray, FloatArray]:
    """Trend changes and noise variance to start from: those of ``start``, or no change."""
    if start is not None:
        return start.delta.copy(), start.sigma**2
    delta = np.zeros_like(moments.hinge_target)
    variance = np.full(len(delta), SMALLEST_SIGMA**2)
    ridge = _Lasso.of(moments, variance, scale).ridge(delta)
    return delta, best_variance(_squares(moments, delta, ridge), moments.count)


def _alternate(
    moments: Moments, scale: float, delta: FloatArray, variance: FloatArray
) -> npt.NDArray[np.bool_]:
    """Improve ``delta`` and ``variance`` in place; returns which series are stationary, (c,)."""
    rows = np.arange(len(delta))
    part, last_step = moments, np.full(len(delta), np.inf)
    for _ in range(MAX_ROUNDS):
        before = variance[rows]
        lasso = _Lasso.of(part, before, scale)
        delta[rows] = lasso.changes(delta[rows])
        squares = _squares(part, delta[rows], lasso.ridge(delta[rows]))
        step = best_variance(squares, part.count) - before
        moving = ~(np.abs(step) <= STATIONARY * before)
        rate = np.clip(step / last_step, 0.0, 0.5)  # steps shrink by a constant factor: extrapolate
        extrapolated = np.maximum(before + step / (1 - rate), SMALLEST_SIGMA**2)
        rows, last_step, part = rows[moving], step[moving], part.take(moving)
        variance[rows] = extrapolated[moving]
        if rows.size == 0:
            break
    is_stationary = np.ones(len(delta), dtype=bool)
    is_stationary[rows] = False
    return is_stationary


def _squares(moments: Moments, delta: FloatArray, ridge: FloatArray) -> FloatArray:
    """Sum of the squared residuals (c,), never negative through rounding."""
    trend = multiply(moments.hinge, delta) / 2 - moments.hinge_target
    mixed = (delta[:, None, :] @ moments.hinge_ridge)[:, 0]
    others = multiply(moments.ridge, ridge) / 2 + mixed - moments.ridge_target
    total = moments.target + 2 * (delta * trend).sum(axis=1) + 2 * (ridge * others).sum(axis=1)
    return np.asarray(np.maximum(total, 0.0))
