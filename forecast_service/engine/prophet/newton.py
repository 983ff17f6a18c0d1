"""Prophet's estimate where its curve is no regression: multiplied seasons, logistic growth."""

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
    fill,
    spaces,
    sums_of,
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
SHORTEST = 2.0**-20  # of a step towards the optimum of the regression
SMALLEST = 1e-12  # slope by which an offset is divided
ENOUGH = 1e-6  # log posterior that the regression still promises: a thousandth of a deviation

_Arrays = TypeVar("_Arrays", Estimate, Moments)


def estimate_curved(problem: Problem) -> Estimate:
    """A maximum of the posterior density of Prophet's model of any growth and mode.

    The curve is ``f = g (1 + X beta)`` or ``f = g + X beta`` with the trend g, which is linear
    in its parameters or ``cap / (1 + exp(-u))`` of such a u. Gauss-Newton: at each point the
    curve is replaced by its tangent, which leaves the regression of ``map_estimate`` (priors,
    Laplace included, and the noise are exact) with other columns; its optimum is where to go
    next, or as much of the way as raises the density. A series is finished when the regression
    promises less than a millionth more. The start is a constant, from which the first step of a
    multiplicative model is the additive one.

    Logistic growth has several maxima (a slow rise and a slow fall may reach the same level):
    from two starts the better end is taken. Source of the method: Nocedal & Wright, Numerical
    optimization, 2006, 10.3.
    """
    found = _climb(problem, _start(problem, 1.0))
    if problem.where.options.growth == "logistic":
        falling = _climb(problem, _start(problem, -1.0))
        found = _chosen(found, falling, falling.log_posterior > found.log_posterior)
    return found


def _start(problem: Problem, slope: float) -> Estimate:
    """Where to begin: a trend at the mean of the target; logistic growth has a slope, too."""
    where, n = problem.where, len(problem)
    mean = np.nanmean(problem.target, axis=1) / problem.scales.y_scale
    ridge, unknown = np.zeros((n, where.ridge.stop)), np.zeros(n)
    ridge[:, 0] = mean
    if where.options.growth == "logistic":
        share = np.clip(mean / _cap(problem), 0.01, 0.99)
        ridge[:, 0], ridge[:, where.slope] = -np.log(share / (1 - share)) / slope, slope
    delta = np.zeros((n, where.options.trend_changes))
    return Estimate(ridge / where.deviations, delta, unknown, unknown, unknown)


def _climb(problem: Problem, start: Estimate) -> Estimate:
    """The maximum that lies uphill of ``start``, each series by itself."""
    scale = problem.where.options.changepoint_prior_scale
    at, tangent = _look(problem, start)
    found = {name: values.copy() for name, values in vars(at).items()}
    rows, share = np.arange(len(problem)), np.ones(len(problem))
    for _ in range(MAX_STEPS):
        goal = estimate(tangent, scale, at)
        gain = goal.log_posterior - at.log_posterior
        missed = np.where(gain <= ENOUGH, goal.violation, np.inf)
        for name, values in vars(replace(at, violation=missed)).items():
            found[name][rows] = values
        going = np.flatnonzero((gain > ENOUGH) & (share > SHORTEST))
        rows, share = rows[going], share[going]
        if rows.size == 0:
            break
        at, goal, tangent = at.take(going), goal.take(going), tangent.take(going)
        part = problem.take(rows)
        tried, its_tangent = _look(part, _between(part, at, goal, share))
        rises = tried.log_posterior >= at.log_posterior
        at, tangent = _chosen(at, tried, rises), _chosen(tangent, its_tangent, rises)
        share = np.where(rises, 1.0, share / 2)
    return Estimate(**found)


def _between(problem: Problem, here: Estimate, goal: Estimate, share: FloatArray) -> Estimate:
    """The point at this share of the way: straight for a regression's parameters.

    Those of logistic growth are ``k`` and ``k m``; straight in ``k`` and ``m`` it would leave the
    curved valley of the density after a few steps.
    """
    move = goal.ridge - here.ridge
    ridge = here.ridge + share[:, None] * move
    delta = here.delta + share[:, None] * (goal.delta - here.delta)
    where = problem.where
    if where.options.growth == "logistic":
        k, m = here.ridge[:, where.slope], here.ridge[:, 0]
        product = k * m + share * (k * move[:, 0] + m * move[:, where.slope])
        slope = np.where(ridge[:, where.slope] == 0, SMALLEST, ridge[:, where.slope])
        ridge[:, where.slope], ridge[:, 0] = slope, product / slope
    return replace(here, ridge=ridge, delta=delta)


def _chosen(first: _Arrays, second: _Arrays, takes: npt.NDArray[np.bool_]) -> _Arrays:
    """The second for the series that take it, and else the first."""
    found = {}
    for name, values in vars(first).items():
        mask = takes.reshape(-1, *[1] * (values.ndim - 1))
        found[name] = np.where(mask, getattr(second, name), values)
    return type(first)(**found)


def _look(problem: Problem, at: Estimate) -> tuple[Estimate, Moments]:
    """The density at a point, with its best sigma, and the regression that touches it there."""
    where = problem.where
    ridge = at.ridge * where.deviations
    coefficients = np.concatenate([ridge, at.delta], axis=1)
    sums, space = spaces(problem)
    squares = np.empty(len(problem))
    for begin in range(0, len(problem), AT_ONCE):
        rows = slice(begin, begin + AT_ONCE)
        block = problem.take(rows)
        design = space[: len(block)]
        fill(design, block)
        squares[rows] = _linearise(design, block, coefficients[rows])
        np.matmul(design, design.transpose(0, 2, 1), out=sums[rows])
    tangent = sums_of(problem, sums)
    weekly = ridge[:, where.weekly]
    squares += np.einsum("ci,cij,cj->c", weekly, unseen_weekdays(problem), weekly)
    variance = best_variance(squares, tangent.count)
    scale = where.options.changepoint_prior_scale
    density = log_posterior(squares, tangent.count, variance, at.ridge, at.delta, scale)
    return replace(at, sigma=np.sqrt(variance), log_posterior=density), tangent


def _linearise(design: FloatArray, problem: Problem, coefficients: FloatArray) -> FloatArray:
    """Turn columns and target into those of the tangent, in place; (c,) squared residuals.

    ``design`` is as ``fill`` left it. The new target is the residual plus what the tangent's
    own columns give at this point, so that its solution is the next point itself.
    """
    where = problem.where
    known = design[:, 0].copy()
    parts = np.stack([coefficients * where.trend, coefficients * ~where.trend], axis=1)
    trend, effect = np.moveaxis(parts @ design[:, :-1], 1, 0)
    own = trend
    if where.options.growth == "logistic":
        trend, own = _bend(design, problem, coefficients, trend)
    target = design[:, -1]
    curve, own_part = trend + effect, own + effect
    if where.options.is_multiplicative:
        factor = known + effect
        curve, own_part = trend * factor, own * factor + trend * effect
        design[:, :-1][:, ~where.trend] *= trend[:, None]
        design[:, :-1][:, where.trend] *= factor[:, None]
    residual = target - curve
    target[:] = residual + own_part
    return np.asarray((residual**2).sum(axis=1))


def _bend(
    design: FloatArray, problem: Problem, coefficients: FloatArray, line: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Make the trend's columns those of logistic growth; the trend, and what its columns give.

    ``u = k (t - m) + sum_c delta_c (t - c)+``, and ``line`` is the same with ``m`` in the place
    of ``- k m``.
    """
    where = problem.where
    known = design[:, 0].copy()
    offset, slope = coefficients[:, :1], coefficients[:, where.slope, None]
    cap = _cap(problem)[:, None]
    exponent = line - (offset + slope * offset) * known
    trend = cap * known * logistic(exponent)
    rate = trend * (1 - trend / cap)
    design[:, where.slope] -= offset * known
    design[:, 0] = -slope * known
    design[:, :-1][:, where.trend] *= rate[:, None]
    return trend, rate * (exponent - slope * offset)


def _cap(problem: Problem) -> FloatArray:
    """(c,) the cap in units of the largest value."""
    options = problem.where.options
    height = (options.cap or np.inf) - (options.floor or 0.0)
    return np.asarray(height / problem.scales.y_scale)
