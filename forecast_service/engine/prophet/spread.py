"""The distribution of Prophet's simulated futures, computed exactly instead of by draws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray

__all__ = ["spread_quantiles"]

HIGHEST_FREQUENCY = 6.0  # at it, normal noise damps the characteristic function to exp(-18)
NOISE_WIDTH = 9.0  # standard deviations of the noise: less than 1e-8 lies beyond
WIDEST = 4096.0  # widest distribution, in standard deviations of the noise
NUMBERS = 2**20  # values of the characteristic function in memory at once, 8 MB
MAX_CONTRAST = 8.0  # between the factors of a series; each doubling doubles the work
TINY = 1e-12
MAX_STEPS = 60
TOLERANCE = 1e-5  # last relative step of Newton's method; the error is about its square


def spread_quantiles(
    trend: FloatArray,
    rate: FloatArray,
    sigma: FloatArray,
    factor: FloatArray,
    levels: tuple[float, ...],
) -> FloatArray:
    """Quantiles of the deviations from the centre, (m, horizon, levels), in units of ``sigma``.

    In the middle of each coming period the slope changes with probability ``rate`` (m,). The
    change is Laplace distributed with scale ``trend`` (m,), in units of the value per period.
    ``sigma`` (m,) is the standard deviation of the normal noise of each period; it is positive.
    These quantiles are the limit of many draws of ``Prophet.sample_predictive_trend_vectorized``
    (Taylor & Letham, Forecasting at scale, 2018, 3.1.4).

    h periods ahead the deviation is ``sigma N + trend sum_j (j - 1/2) B_j L_j`` over j = 1 … h,
    so its characteristic function is a cumulative product of simple factors. Davies' rule
    inverts it to the distribution function. Newton's method finds the quantiles: it starts at
    the quantile of the noise alone and rises to the solution, because the density falls outwards.
    Source: Davies, Numerical inversion of a characteristic function, Biometrika 60, 1973.

    ``factor`` (m, horizon) is the factor by which seasons multiply the trend; 1 without seasons.
    In units of ``factor`` the distribution is as above, and the noise is divided by it.

    Let d be the trend's standard deviation at the horizon h, and ``s = d / trend``. Noise below
    ``d (12 + 16 h / s) / 4096`` is raised to this value: with 25 changes in 900 days, 1/50 of d
    at one period ahead, 1/100 at two weeks, less beyond. A factor below 1/8 of the largest one
    is raised to 1/8.
    """
    size = np.abs(factor)
    largest = np.maximum(size.max(axis=1), TINY)
    size = np.maximum(size, largest[:, None] / MAX_CONTRAST)
    relative_noise = np.asarray(largest[:, None] / size)  # 1 in the period with the least noise
    sigma = sigma / largest
    steps = np.arange(1, size.shape[1] + 1, dtype=np.float64) - 0.5
    ratio = trend / sigma
    deviation = np.sqrt(2 * rate * (steps**2).sum())  # of the trend at the horizon, for ratio 1
    reach = 12 * deviation + 16 * steps[-1]  # less than 1e-7 lies beyond
    ratio, noise = np.minimum(ratio, WIDEST / reach), np.maximum(sigma, trend * reach / WIDEST)
    nodes = _nodes(NOISE_WIDTH * relative_noise.max(axis=1) + ratio * reach)
    quantiles = np.empty((*size.shape, len(levels)))
    for rows, count in _batches(nodes, len(steps)):
        series = _Distributions(ratio[rows], rate[rows], relative_noise[rows], steps)
        quantiles[rows] = _quantiles(series, levels, count)
    return np.asarray(quantiles * (noise[:, None] * size)[:, :, None])


def _nodes(width: FloatArray) -> npt.NDArray[np.int64]:
    """Numbers of frequencies for these widths, rounded up so that many series share one."""
    needed = HIGHEST_FREQUENCY * width / (2 * np.pi)
    unit = 2 ** (np.ceil(np.log2(needed)) - 3)
    return np.asarray(np.ceil(needed / unit) * unit, dtype=np.int64)


def _batches(
    nodes: npt.NDArray[np.int64], horizon: int
) -> Iterator[tuple[npt.NDArray[np.intp], int]]:
    """Rows that need the same number of frequencies, and that number, within the memory limit."""
    for count in np.unique(nodes).tolist():
        rows = np.flatnonzero(nodes == count)
        size = max(1, NUMBERS // (horizon * count))
        yield from ((rows[i : i + size], count) for i in range(0, len(rows), size))


@dataclass(frozen=True)
class _Distributions:
    """Parameters of ``m`` series, in units of the least noise of each.

    ``ratio`` (m,) is the scale of the slope changes, ``rate`` (m,) their probability, ``noise``
    (m, horizon) the noise of each period, and ``steps`` (horizon,) j - 1/2.
    """

    ratio: FloatArray
    rate: FloatArray
    noise: FloatArray
    steps: FloatArray

    def characteristic(self, frequency: FloatArray) -> FloatArray:
        """The characteristic function (m, horizon, nodes) of the deviation at each horizon."""
        squared = (self.ratio[:, None, None] * self.steps[:, None] * frequency) ** 2
        factors = 1 - self.rate[:, None, None] * (squared / (1 + squared))
        if (self.noise == 1).all():
            damping = np.exp(-(frequency**2) / 2)
        else:
            damping = np.exp(-((self.noise[:, :, None] * frequency) ** 2) / 2)
        return np.asarray(np.cumprod(factors, axis=1) * damping)


def _quantiles(series: _Distributions, levels: tuple[float, ...], nodes: int) -> FloatArray:
    """The quantiles (m, horizon, levels). The distributions are symmetric around 0."""
    middles = np.arange(nodes, dtype=np.float64) + 0.5
    frequency = middles * (HIGHEST_FREQUENCY / nodes)
    weights = series.characteristic(frequency) / (np.pi * middles)
    quantiles = np.zeros((*series.noise.shape, len(levels)))
    upper = {round(max(level, 1 - level), 12) for level in levels} - {0.5}
    outer = {level: _outer_quantile(weights, frequency, level, series.noise) for level in upper}
    for column, level in enumerate(levels):
        distance = outer.get(round(max(level, 1 - level), 12))
        if distance is not None:
            quantiles[:, :, column] = distance if level > 0.5 else -distance
    return quantiles


def _outer_quantile(
    weights: FloatArray, frequency: FloatArray, level: float, noise: FloatArray
) -> FloatArray:
    """The quantile (m, horizon) at one level above one half."""
    shape = weights.shape[:2]
    weights = weights.reshape(-1, len(frequency))
    quantile = noise.reshape(-1) * NormalDist().inv_cdf(level)
    rows = np.arange(len(weights))
    for _ in range(MAX_STEPS):
        angles = quantile[rows, None] * frequency
        reached = 0.5 + np.einsum("ij,ij->i", np.sin(angles), weights[rows])
        density = np.einsum("ij,ij->i", np.cos(angles), weights[rows] * frequency)
        step = (level - reached) / density
        quantile[rows] += step
        rows = rows[step > TOLERANCE * quantile[rows]]
        if rows.size == 0:
            break
    return np.asarray(quantile.reshape(shape))
