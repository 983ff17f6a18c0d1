"""Deviations of each series from the common effects: own effects, and a level that has steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.features.columns import Single
from forecast_service.engine.panel import FloatArray

__all__ = [
    "Deviations",
    "Moments",
    "Shrinkage",
    "learn_shrinkage",
    "moments",
    "robust_weights",
    "solve",
    "stack_moments",
]

ITERATIONS, AGAIN = 8, 4  # AGAIN: if started from an earlier result
PACE = 1.8  # over-relaxation: steps of expectation-maximisation at a time, in the log of a variance
FIRST_VARIANCE = 0.03**2
FIRST_STEP = 0.02**2
LEAST_VARIANCE = 1e-8
LEAST_NOISE = 1e-4
GROUP_WEIGHT = 20.0  # prior weight, in series: columns of a group have the same variance
STEP_WEIGHT = 20.0  # prior weight, in steps: a level moves, even if it was calm so far
NOISE_WEIGHT = 30.0  # prior weight, in periods: all series have the same noise
TAIL = 4  # degrees of freedom
FLAT = 1e-6  # prior precision of the level: practically no shrinkage


@dataclass(frozen=True)
class Shrinkage:
    """Prior variances of each own effect (columns,) and of a step of the level; usual noise.

    ``covariance`` (columns, columns) is the average posterior covariance of the own effects.
    """

    effects: FloatArray
    step: float
    noise: float
    covariance: FloatArray


@dataclass(frozen=True)
class Moments:
    """Weighted sums of each series: ``gram`` (n, m, m), ``moment`` (n, m), ``squares``, ``weight``.

    The m columns are the ``n_own`` own effects, the level, and its steps.
    """

    gram: FloatArray
    moment: FloatArray
    squares: FloatArray
    weight: FloatArray
    n_own: int


@dataclass(frozen=True)
class Deviations:
    """Own effects (n, columns), level and its steps (n, 1 + steps), and noise variance (n,)."""

    effects: FloatArray
    path: FloatArray
    noise: FloatArray

    def level(self, steps: Single) -> FloatArray:
        """Level after all steps, (n,); ``steps`` (1 + steps, T) are the columns of the level."""
        last: FloatArray = self.path @ steps[:, -1].astype(np.float64)
        return last

    @classmethod
    def concatenate(cls, parts: Sequence[Deviations]) -> Deviations:
        """The deviations of several chunks of series, in order."""
        return cls(
            effects=np.concatenate([part.effects for part in parts]),
            path=np.concatenate([part.path for part in parts]),
            noise=np.concatenate([part.noise for part in parts]),
        )


def moments(own: Single, steps: Single, residuals: Single, weight: Single) -> Moments:
    """Sums over T of ``own`` (n, columns, T), ``steps`` (1 + steps, T) and ``residuals`` (n, T).

    ``weight`` is (n, T).
    """
    root = np.sqrt(weight)
    n_own = own.shape[1]
    size = n_own + len(steps)
    columns = np.empty((len(own), size, own.shape[2]), dtype=np.float32)
    np.multiply(own, root[:, None], out=columns[:, :n_own])
    np.multiply(steps[None], root[:, None], out=columns[:, n_own:])
    scaled = residuals * root
    return Moments(
        gram=np.matmul(columns, columns.transpose(0, 2, 1)).astype(np.float64),
        moment=np.matmul(columns, scaled[:, :, None])[:, :, 0].astype(np.float64),
        squares=(scaled**2).sum(axis=1, dtype=np.float64),
        weight=weight.sum(axis=1, dtype=np.float64),
        n_own=n_own,
    )


def stack_moments(parts: Sequence[Moments]) -> Moments:
    """The moments of several chunks of series, in order; at least one chunk."""
    return Moments(
        gram=np.concatenate([part.gram for part in parts]),
        moment=np.concatenate([part.moment for part in parts]),
        squares=np.concatenate([part.squares for part in parts]),
        weight=np.concatenate([part.weight for part in parts]),
        n_own=parts[0].n_own,
    )


def learn_shrinkage(
    data: Moments, group: npt.NDArray[np.intp], start: Shrinkage | None = None
) -> Shrinkage:
    """Estimate how much series differ, by expectation-maximisation over a sample of them.

    ``group`` (own columns,) numbers the groups. The variance of a column is shrunk towards the
    mean of its group, with the weight of ``GROUP_WEIGHT`` series. ``start`` is the result for
    nearly the same data, so that few iterations are needed.
    """
    columns = len(group)
    effects, step, noise = np.full(columns, FIRST_VARIANCE), FIRST_STEP, LEAST_NOISE
    if start is not None:
        effects, step = start.effects, start.step
    posterior = np.diag(effects)
    noises = np.maximum(data.squares / np.maximum(data.weight, 1e-12), LEAST_NOISE)
    noises = np.minimum(noises, np.median(noises)) if len(noises) else noises
    count = len(data.weight)
    sizes = np.maximum(np.bincount(group), 1)
    for _ in range(ITERATIONS if start is None else AGAIN):
        noise = float(np.median(noises)) if count else noise
        precision = _precision(data, effects, step)
        system = data.gram / noises[:, None, None]
        diagonal = np.arange(len(precision))
        system[:, diagonal, diagonal] += precision
        covariance = np.linalg.inv(system)
        scaled = (data.moment / noises[:, None])[..., None]
        solution = _float64(np.matmul(covariance, scaled)[..., 0])
        posterior = covariance[:, :columns, :columns].mean(axis=0) if count else posterior
        second = solution**2 + np.diagonal(covariance, axis1=1, axis2=2)
        own = second[:, :columns].sum(axis=0)
        typical = (np.bincount(group, own) / sizes)[group] / max(count, 1)
        variances = (own + GROUP_WEIGHT * typical) / (count + GROUP_WEIGHT)
        effects = _overrelax(effects, variances)
        steps = second[:, columns + 1 :]
        if steps.size:
            mean = (steps.sum() + STEP_WEIGHT * FIRST_STEP) / (steps.size + STEP_WEIGHT)
            step = float(_overrelax(np.array(step), np.array(mean)))
        uncertain = (data.gram * covariance).sum(axis=(1, 2))
        noises = np.maximum(
            (_squares(data, solution) + uncertain) / np.maximum(data.weight, 1e-12), LEAST_NOISE
        )
    return Shrinkage(effects, step, noise, posterior)


def _overrelax(before: FloatArray, after: FloatArray) -> FloatArray:
    """A variance beyond ``after``: plain expectation-maximisation converges in small steps.

    Source: Salakhutdinov, Roweis, Adaptive Overrelaxed Bound Optimization Methods (ICML 2003).
    """
    variance: FloatArray = np.maximum(before * (after / before) ** PACE, LEAST_VARIANCE)
    return variance


def solve(data: Moments, shrinkage: Shrinkage) -> Deviations:
    """The most likely deviations of each series; they are 0 for a series without data."""
    system = data.gram / shrinkage.noise
    precision = _precision(data, shrinkage.effects, shrinkage.step)
    diagonal = np.arange(len(precision))
    system[:, diagonal, diagonal] += precision
    scaled = (data.moment / shrinkage.noise)[..., None]
    solution = _float64(np.linalg.solve(system, scaled)[..., 0])
    squares = np.maximum(_squares(data, solution), 0.0)
    noise = (squares + NOISE_WEIGHT * shrinkage.noise) / (data.weight + NOISE_WEIGHT)
    return Deviations(solution[:, : data.n_own], solution[:, data.n_own :], noise)


def robust_weights(
    own: Single, steps: Single, residuals: Single, weight: Single, deviations: Deviations
) -> Single:
    """The weights (n, T), smaller for days that the deviations explain badly.

    They assume noise with a t distribution of ``TAIL`` degrees of freedom.
    Source: Lange, Little, Taylor, Robust Statistical Modeling Using the t Distribution (JASA 1989).
    """
    fitted = np.matmul(deviations.effects.astype(np.float32)[:, None], own)[:, 0]
    fitted += deviations.path.astype(np.float32) @ steps
    score = (residuals - fitted) ** 2 / deviations.noise[:, None].astype(np.float32)
    lighter: Single = weight * np.float32(TAIL + 1) / (np.float32(TAIL) + score)
    return lighter


def _precision(data: Moments, effects: FloatArray, step: float) -> FloatArray:
    steps = data.gram.shape[1] - data.n_own - 1
    return np.concatenate([1 / effects, [FLAT], np.full(steps, 1 / step)])


def _squares(data: Moments, solution: FloatArray) -> FloatArray:
    fitted = np.matmul(data.gram, solution[..., None])[..., 0]
    total: FloatArray = data.squares + (solution * (fitted - 2 * data.moment)).sum(axis=1)
    return total


def _float64(values: npt.NDArray[np.floating]) -> FloatArray:
    return values.astype(np.float64, copy=False)
