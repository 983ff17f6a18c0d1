"""What each series adds to the common effects: own effects, and a level that moves in steps."""

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
    "robust",
    "solve",
    "stacked",
]

ITERATIONS, AGAIN = 8, 4  # AGAIN: from what was learned before
PACE = 1.8  # steps of expectation-maximisation at a time, in the log of a variance
FIRST_VARIANCE = 0.03**2
FIRST_STEP = 0.02**2
LEAST_VARIANCE = 1e-8
LEAST_NOISE = 1e-4
GROUP_WEIGHT = 20.0  # series' worth of belief that columns of a group vary alike
STEP_WEIGHT = 20.0  # steps' worth of belief that a level moves at all: even calm ones may one day
NOISE_WEIGHT = 30.0  # periods' worth of belief that series are equally noisy
TAIL = 4
FLAT = 1e-6  # precision of the level itself: as good as free


@dataclass(frozen=True)
class Shrinkage:
    """Prior variances: of each own effect (columns,), of a step of the level; usual noise.

    ``covariance`` (columns, columns) is what remains uncertain of the own effects, on average.
    """

    effects: FloatArray
    step: float
    noise: float
    covariance: FloatArray


@dataclass(frozen=True)
class Moments:
    """Weighted sums of some series: ``gram`` (n, m, m), ``moment`` (n, m), ``squares``, ``weight``.

    The m columns are the ``own`` effects, the level, and its steps.
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
        """Level after all steps, whose columns are ``steps`` (1 + steps, T); (n,)."""
        last: FloatArray = self.path @ steps[:, -1].astype(np.float64)
        return last

    @classmethod
    def joined(cls, parts: Sequence[Deviations]) -> Deviations:
        """Those of several chunks of series, in order."""
        return cls(
            effects=np.concatenate([part.effects for part in parts]),
            path=np.concatenate([part.path for part in parts]),
            noise=np.concatenate([part.noise for part in parts]),
        )


def moments(own: Single, steps: Single, rest: Single, weight: Single) -> Moments:
    """``own`` (n, columns, T), ``steps`` (1 + steps, T), ``rest`` and ``weight`` (n, T)."""
    root = np.sqrt(weight)
    n_own = own.shape[1]
    size = n_own + len(steps)
    columns = np.empty((len(own), size, own.shape[2]), dtype=np.float32)
    np.multiply(own, root[:, None], out=columns[:, :n_own])
    np.multiply(steps[None], root[:, None], out=columns[:, n_own:])
    scaled = rest * root
    return Moments(
        gram=np.matmul(columns, columns.transpose(0, 2, 1)).astype(np.float64),
        moment=np.matmul(columns, scaled[:, :, None])[:, :, 0].astype(np.float64),
        squares=(scaled**2).sum(axis=1, dtype=np.float64),
        weight=weight.sum(axis=1, dtype=np.float64),
        n_own=n_own,
    )


def stacked(parts: Sequence[Moments]) -> Moments:
    """Those of several chunks of series, in order; at least one chunk."""
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
    """How much series differ, by expectation-maximisation over a sample of them.

    ``group`` (own columns,): columns of a group are believed to vary alike, as much as
    ``GROUP_WEIGHT`` more series of the sample would say. ``start`` is what was learned from much
    the same data before, so that few iterations are left to do.
    """
    columns = len(group)
    effects, step, noise = np.full(columns, FIRST_VARIANCE), FIRST_STEP, LEAST_NOISE
    if start is not None:
        effects, step = start.effects, start.step
    remaining = np.diag(effects)
    each = np.maximum(data.squares / np.maximum(data.weight, 1e-12), LEAST_NOISE)
    each = np.minimum(each, np.median(each)) if len(each) else each
    count = len(data.weight)
    sizes = np.maximum(np.bincount(group), 1)
    for _ in range(ITERATIONS if start is None else AGAIN):
        noise = float(np.median(each)) if count else noise
        precision = _precision(data, effects, step)
        system = data.gram / each[:, None, None]
        diagonal = np.arange(len(precision))
        system[:, diagonal, diagonal] += precision
        covariance = np.linalg.inv(system)
        scaled = (data.moment / each[:, None])[..., None]
        solution = _float64(np.matmul(covariance, scaled)[..., 0])
        remaining = covariance[:, :columns, :columns].mean(axis=0) if count else remaining
        second = solution**2 + np.diagonal(covariance, axis1=1, axis2=2)
        own = second[:, :columns].sum(axis=0)
        typical = (np.bincount(group, own) / sizes)[group] / max(count, 1)
        found = (own + GROUP_WEIGHT * typical) / (count + GROUP_WEIGHT)
        effects = _further(effects, found)
        steps = second[:, columns + 1 :]
        if steps.size:
            mean = (steps.sum() + STEP_WEIGHT * FIRST_STEP) / (steps.size + STEP_WEIGHT)
            step = float(_further(np.array(step), np.array(mean)))
        uncertain = (data.gram * covariance).sum(axis=(1, 2))
        each = np.maximum(
            (_squares(data, solution) + uncertain) / np.maximum(data.weight, 1e-12), LEAST_NOISE
        )
    return Shrinkage(effects, step, noise, remaining)


def _further(before: FloatArray, found: FloatArray) -> FloatArray:
    """From one variance past the next, as expectation-maximisation comes closer by small steps.

    Source: Salakhutdinov, Roweis, Adaptive Overrelaxed Bound Optimization Methods (ICML 2003).
    """
    further: FloatArray = np.maximum(before * (found / before) ** PACE, LEAST_VARIANCE)
    return further


def solve(data: Moments, shrinkage: Shrinkage) -> Deviations:
    """The most likely deviations of every series; a series without data gets none."""
    system = data.gram / shrinkage.noise
    precision = _precision(data, shrinkage.effects, shrinkage.step)
    diagonal = np.arange(len(precision))
    system[:, diagonal, diagonal] += precision
    scaled = (data.moment / shrinkage.noise)[..., None]
    solution = _float64(np.linalg.solve(system, scaled)[..., 0])
    squares = np.maximum(_squares(data, solution), 0.0)
    noise = (squares + NOISE_WEIGHT * shrinkage.noise) / (data.weight + NOISE_WEIGHT)
    return Deviations(solution[:, : data.n_own], solution[:, data.n_own :], noise)


def robust(own: Single, steps: Single, rest: Single, weight: Single, found: Deviations) -> Single:
    """The weights (n, T), smaller for days that ``found`` explains badly.

    As if the noise had a t distribution of ``TAIL`` degrees of freedom.
    Source: Lange, Little, Taylor, Robust Statistical Modeling Using the t Distribution (JASA 1989).
    """
    fitted = np.matmul(found.effects.astype(np.float32)[:, None], own)[:, 0]
    fitted += found.path.astype(np.float32) @ steps
    score = (rest - fitted) ** 2 / found.noise[:, None].astype(np.float32)
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
