"""Prophet's estimate where its model is not linear: multiplicative seasons, logistic growth."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray
from forecast_service.engine.prophet.design import (
    AT_ONCE,
    Moments,
    Problem,
    allocate,
    fill_design,
    moments_of,
    unseen_weekdays,
)
from forecast_service.engine.prophet.map_estimate import (
    Estimate,
    best_variance,
    estimate,
    log_posterior,
)
from forecast_service.engine.prophet.parameters import logistic

__all__ = ["estimate_curved"]

MAX_STEPS = 400
SHORTEST = 2.0**-20  # share of a step towards the optimum of the regression
SMALLEST = 1e-12  # slope to divide by in the place of 0
ENOUGH = 1e-6  # gain of log posterior at which to stop: a thousandth of a standard deviation

_Arrays = TypeVar("_Arrays", Estimate, Moments)


def estimate_curved(problem: Problem) -> Estimate:
    """A maximum of the posterior density of Prophet's model, for any growth and mode.

    The curve is ``f = g (1 + X beta)`` or ``f = g + X beta``. The trend g is linear in its
    parameters, or it is ``cap / (1 + exp(-u))`` with a linear u. The method is Gauss-Newton:
    at each point the tangent replaces the curve. This gives the regression of ``map_estimate``
    with other columns; the priors (Laplace included) and the noise stay exact. The next point is
    the optimum of the regression, or a share of the way to it that raises the density. A series
    is finished when the regression promises a gain of less than 1e-6. The start is a constant,
    from which the first step of a multiplicative model is the additive model.

    Logistic growth has several maxima, because a slow rise and a slow fall may reach the same
    level. Two starts are tried, and the better result is used. Source of the method: Nocedal &
    Wright, Numerical optimization, 2006, 10.3.
    """
    best = _climb(problem, _start(problem, 1.0))
    if problem.columns.options.growth == "logistic":
        falling = _climb(problem, _start(problem, -1.0))
        best = _select(best, falling, falling.log_posterior > best.log_posterior)
    return best


def _start(problem: Problem, slope: float) -> Estimate:
    """A constant trend at the mean of the target; logistic growth gets this slope, too."""
    columns, n = problem.columns, len(problem)
    mean = np.nanmean(problem.target, axis=1) / problem.scales.y_scale
    ridge, unknown = np.zeros((n, columns.ridge.stop)), np.zeros(n)
    ridge[:, 0] = mean
    if columns.options.growth == "logistic":
        share = np.clip(mean / _cap(problem), 0.01, 0.99)
        ridge[:, 0], ridge[:, columns.slope] = -np.log(share / (1 - share)) / slope, slope
    delta = np.zeros((n, columns.options.trend_changes))
    return Estimate(ridge / columns.deviations, delta, unknown, unknown, unknown)


def _climb(problem: Problem, start: Estimate) -> Estimate:
    """The maximum uphill from ``start``, for each series separately."""
    scale = problem.columns.options.changepoint_prior_scale
    at, tangent = _evaluate(problem, start)
    best = {name: values.copy() for name, values in vars(at).items()}
    rows, share = np.arange(len(problem)), np.ones(len(problem))
    for _ in range(MAX_STEPS):
        goal = estimate(tangent, scale, at)
        gain = goal.log_posterior - at.log_posterior
        missed = np.where(gain <= ENOUGH, goal.violation, np.inf)
        for name, values in vars(replace(at, violation=missed)).items():
            best[name][rows] = values
        going = np.flatnonzero((gain > ENOUGH) & (share > SHORTEST))
        rows, share = rows[going], share[going]
        if rows.size == 0:
            break
        at, goal, tangent = at.take(going), goal.take(going), tangent.take(going)
        part = problem.take(rows)
        trial, trial_tangent = _evaluate(part, _point_between(part, at, goal, share))
        rises = trial.log_posterior >= at.log_posterior
        at, tangent = _select(at, trial, rises), _select(tangent, trial_tangent, rises)
        share = np.where(rises, 1.0, share / 2)
    return Estimate(**best)


def _point_between(problem: Problem, here: Estimate, goal: Estimate, share: FloatArray) -> Estimate:
    """The point at this share of the way from here to the goal, on a straight line.

    Logistic growth moves straight in ``k`` and ``k m``. Straight in ``k`` and ``m``, the search
    would leave the curved ridge of the density after a few steps.
    """
    move = goal.ridge - here.ridge
    ridge = here.ridge + share[:, None] * move
    delta = here.delta + share[:, None] * (goal.delta - here.delta)
    columns = problem.columns
    if columns.options.growth == "logistic":
        k, m = here.ridge[:, columns.slope], here.ridge[:, 0]
        product = k * m + share * (k * move[:, 0] + m * move[:, columns.slope])
        slope = np.where(ridge[:, columns.slope] == 0, SMALLEST, ridge[:, columns.slope])
        ridge[:, columns.slope], ridge[:, 0] = slope, product / slope
    return replace(here, ridge=ridge, delta=delta)


def _select(first: _Arrays, second: _Arrays, use_second: npt.NDArray[np.bool_]) -> _Arrays:
    """``second`` for the series where ``use_second`` (c,) is true, otherwise ``first``."""
    arrays = {}
    for name, values in vars(first).items():
        mask = use_second.reshape(-1, *[1] * (values.ndim - 1))
        arrays[name] = np.where(mask, getattr(second, name), values)
    return type(first)(**arrays)


def _evaluate(problem: Problem, at: Estimate) -> tuple[Estimate, Moments]:
    """The density at a point, with the best sigma, and the regression of the tangent there."""
    columns = problem.columns
    ridge = at.ridge * columns.deviations
    coefficients = np.concatenate([ridge, at.delta], axis=1)
    sums, space = allocate(problem)
    squares = np.empty(len(problem))
    for begin in range(0, len(problem), AT_ONCE):
        rows = slice(begin, begin + AT_ONCE)
        block = problem.take(rows)
        design = space[: len(block)]
        fill_design(design, block)
        squares[rows] = _linearise(design, block, coefficients[rows])
        np.matmul(design, design.transpose(0, 2, 1), out=sums[rows])
    tangent = moments_of(problem, sums)
    weekly = ridge[:, columns.weekly]
    squares += np.einsum("ci,cij,cj->c", weekly, unseen_weekdays(problem), weekly)
    variance = best_variance(squares, tangent.count)
    scale = columns.options.changepoint_prior_scale
    density = log_posterior(squares, tangent.count, variance, at.ridge, at.delta, scale)
    return replace(at, sigma=np.sqrt(variance), log_posterior=density), tangent


def _linearise(design: FloatArray, problem: Problem, coefficients: FloatArray) -> FloatArray:
    """Replace columns and target by those of the tangent; returns the squared residuals, (c,).

    ``design`` comes from ``fill_design``. The new target is the residual plus the value of the
    tangent's columns at this point, so that the solution is the next point, not a step.
    """
    columns = problem.columns
    known = design[:, 0].copy()
    parts = np.stack([coefficients * columns.trend, coefficients * ~columns.trend], axis=1)
    trend, effect = np.moveaxis(parts @ design[:, :-1], 1, 0)
    tangent_trend = trend
    if columns.options.growth == "logistic":
        trend, tangent_trend = _linearise_logistic(design, problem, coefficients, trend)
    target = design[:, -1]
    curve, tangent = trend + effect, tangent_trend + effect
    if columns.options.is_multiplicative:
        factor = known + effect
        curve, tangent = trend * factor, tangent_trend * factor + trend * effect
        design[:, :-1][:, ~columns.trend] *= trend[:, None]
        design[:, :-1][:, columns.trend] *= factor[:, None]
    residual = target - curve
    target[:] = residual + tangent
    return np.asarray((residual**2).sum(axis=1))


def _linearise_logistic(
    design: FloatArray, problem: Problem, coefficients: FloatArray, line: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Make the trend's columns those of logistic growth; returns the trend and its tangent.

    The exponent is ``u = k (t - m) + sum_c delta_c (t - c)+``. ``line`` is the same with ``m`` in
    the place of ``- k m``.
    """
    columns = problem.columns
    known = design[:, 0].copy()
    offset, slope = coefficients[:, :1], coefficients[:, columns.slope, None]
    cap = _cap(problem)[:, None]
    exponent = line - (offset + slope * offset) * known
    trend = cap * known * logistic(exponent)
    rate = trend * (1 - trend / cap)
    design[:, columns.slope] -= offset * known
    design[:, 0] = -slope * known
    design[:, :-1][:, columns.trend] *= rate[:, None]
    return trend, rate * (exponent - slope * offset)


def _cap(problem: Problem) -> FloatArray:
    """(c,) the cap in units of the largest known value."""
    options = problem.columns.options
    height = (options.cap or np.inf) - (options.floor or 0.0)
    return np.asarray(height / problem.scales.y_scale)
