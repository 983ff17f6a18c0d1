"""Prophet's maximum a posteriori estimate without Stan, for many series at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithms.lasso import solve_lasso, violation
from forecast_service.engine.algorithms.prophet_design import Moments
from forecast_service.engine.panel import FloatArray

__all__ = ["SMALLEST_SIGMA", "Estimate", "estimate"]

CHANGEPOINT_SCALE = 0.05  # Prophet's own scale of the Laplace prior of trend changes
SMALLEST_SIGMA = 1e-4  # of the largest value; with less noise the sums would not be exact enough
MAX_ROUNDS = 100
STATIONARY = 1e-7  # relative change of the noise variance at which a series is finished


@dataclass(frozen=True)
class Estimate:
    """The most probable parameters of ``c`` series, in Prophet's scaled units."""

    ridge: FloatArray
    """(c, r) in standard deviations of the priors."""
    delta: FloatArray
    """(c, 25)"""
    sigma: FloatArray
    """(c,) never below ``SMALLEST_SIGMA``."""
    log_posterior: FloatArray
    """(c,) without constants, as Stan's optimiser counts."""
    violation: FloatArray
    """(c,) how far the trend changes miss the conditions of the optimum, relative to their bound;
    infinite for a series that did not become stationary."""


@dataclass(frozen=True)
class _Reduced:
    """The problem in the basis where the ridge columns are uncorrelated. Arrays as in Moments."""

    moments: Moments
    values: FloatArray
    """(c, r) eigenvalues of ``moments.ridge``."""
    ridge_target: FloatArray
    hinge_ridge: FloatArray

    def take(self, rows: npt.NDArray[np.bool_]) -> _Reduced:
        m = self.moments
        picked = {name: array[rows] for name, array in vars(m).items()}
        return _Reduced(
            Moments(**picked), self.values[rows], self.ridge_target[rows], self.hinge_ridge[rows]
        )

    def lasso(self, variance: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Matrix, linear part and penalty of what remains when the ridge is minimised over."""
        scaled = self.hinge_ridge / (self.values + variance[:, None])[:, None, :]
        matrix = self.moments.hinge - scaled @ self.hinge_ridge.transpose(0, 2, 1)
        linear = self.moments.hinge_target - (scaled @ self.ridge_target[:, :, None])[:, :, 0]
        return matrix, linear, variance / CHANGEPOINT_SCALE

    def ridge(self, delta: FloatArray, variance: FloatArray) -> FloatArray:
        """The best ridge coefficients for these trend changes."""
        explained = (delta[:, None, :] @ self.hinge_ridge)[:, 0]
        return np.asarray((self.ridge_target - explained) / (self.values + variance[:, None]))

    def squares(self, delta: FloatArray, ridge: FloatArray) -> FloatArray:
        """Sum of the squared residuals; rounding never makes it negative."""
        m = self.moments
        trend = (m.hinge @ delta[:, :, None])[:, :, 0] / 2 - m.hinge_target
        both = (delta[:, None, :] @ self.hinge_ridge)[:, 0]
        rest = self.values * ridge / 2 + both - self.ridge_target
        total = m.target + 2 * (delta * trend).sum(axis=1) + 2 * (ridge * rest).sum(axis=1)
        return np.asarray(np.maximum(total, 0.0))


def estimate(moments: Moments) -> Estimate:
    """The maximum of the posterior density of Prophet's linear, additive model.

    The model is a regression: ``y = X beta + A delta + sigma N`` with normal priors on ``beta``
    (slope, offset, seasons, holidays, covariates), Laplace priors on the trend changes ``delta``
    and a half-normal one on ``sigma``. Three exact steps take turns, each of which raises the
    density, until sigma is stationary (about four rounds; Aitken's rule shortens the last):

    - given sigma, ``beta`` is a ridge regression; minimising over it (a Schur complement, for all
      sigmas from one eigendecomposition) leaves a lasso of 25 unknowns in ``delta``,
    - which an active set method solves to the last digits,
    - and given both, ``4 sigma^4 + n sigma^2 = RSS``.

    Everything needs only the second moments of the columns, so a series costs the same whatever
    its length. Sources: the model, Taylor & Letham, Forecasting at scale, 2018, and the Stan
    program of prophet 1.5; the reduction, Golub & Pereyra, The differentiation of
    pseudo-inverses and nonlinear least squares problems (variable projection), 1973.
    """
    values, vectors = np.linalg.eigh(moments.ridge)
    rotated = (moments.ridge_target[:, None, :] @ vectors)[:, 0]
    problem = _Reduced(moments, np.maximum(values, 0.0), rotated, moments.hinge_ridge @ vectors)
    delta, variance, is_stationary = _take_turns(problem)
    ridge = problem.ridge(delta, variance)
    missed = violation(*problem.lasso(variance), delta)
    is_there = np.diagonal(moments.ridge, axis1=1, axis2=2) > 0
    return Estimate(
        ridge=np.where(is_there, (vectors @ ridge[:, :, None])[:, :, 0], 0.0),
        delta=delta,
        sigma=np.sqrt(variance),
        log_posterior=_log_posterior(problem, ridge, delta, variance),
        violation=np.where(is_stationary, missed, np.inf),
    )


def _take_turns(problem: _Reduced) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """Trend changes, noise variance, and who became stationary; each series by itself."""
    delta = np.zeros_like(problem.moments.hinge_target)
    variance = np.full(len(delta), SMALLEST_SIGMA**2)
    variance = _variance(problem, delta, problem.ridge(delta, variance))
    rows = np.arange(len(delta))
    part, last_step = problem, np.full(len(delta), np.inf)
    for _ in range(MAX_ROUNDS):
        before = variance[rows]
        delta[rows] = solve_lasso(*part.lasso(before), delta[rows])
        step = _variance(part, delta[rows], part.ridge(delta[rows], before)) - before
        moving = ~(np.abs(step) <= STATIONARY * before)
        rate = np.clip(step / last_step, 0.0, 0.5)  # the steps shrink by a constant: go ahead
        ahead = np.maximum(before + step / (1 - rate), SMALLEST_SIGMA**2)
        rows, last_step, part = rows[moving], step[moving], part.take(moving)
        variance[rows] = ahead[moving]
        if rows.size == 0:
            break
    is_stationary = np.ones(len(delta), dtype=bool)
    is_stationary[rows] = False
    return delta, variance, is_stationary


def _variance(problem: _Reduced, delta: FloatArray, ridge: FloatArray) -> FloatArray:
    """The noise variance v at which ``4 v^2 + n v = RSS``, written without cancellation."""
    count, squares = problem.moments.count, problem.squares(delta, ridge)
    found = 2 * squares / (count + np.sqrt(count**2 + 16 * squares))
    return np.maximum(found, SMALLEST_SIGMA**2)


def _log_posterior(
    problem: _Reduced, ridge: FloatArray, delta: FloatArray, variance: FloatArray
) -> FloatArray:
    fit = problem.squares(delta, ridge) / variance + problem.moments.count * np.log(variance)
    priors = 4 * variance + (ridge**2).sum(axis=1)
    return np.asarray(-(fit + priors) / 2 - np.abs(delta).sum(axis=1) / CHANGEPOINT_SCALE)
