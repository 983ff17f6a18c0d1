"""The spread of Prophet's simulated futures, computed exactly instead of simulated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray

__all__ = ["spread_quantiles"]

HIGHEST_FREQUENCY = 6.0  # the normal noise leaves exp(-18) of the characteristic function there
NOISE_WIDTH = 9.0  # in its deviations: its outermost quantile and what lies less than 1e-8 beyond
WIDEST = 4096.0  # widest distribution, in deviations of the noise
NUMBERS = 2**20  # of the characteristic function held at once: 8 MB
MAX_CONTRAST = 8.0  # between the factors of a series; each doubling doubles the work
TINY = 1e-12
MAX_STEPS = 60
TOLERANCE = 1e-5  # relative step after which Newton's method is exact to its square


def spread_quantiles(
    trend: FloatArray,
    rate: FloatArray,
    sigma: FloatArray,
    factor: FloatArray,
    levels: tuple[float, ...],
) -> FloatArray:
    """Quantiles of the deviations from the centre, shape (m, horizon, levels), unit of ``sigma``.

    Each coming period changes the slope with probability ``rate`` (m,), by a Laplace variable of
    scale ``trend`` (m,; change of the value per period), in its middle; ``sigma`` (m,), which is
    positive, is the normal noise of each period. This is the law of
    ``Prophet.sample_predictive_trend_vectorized``, whose draws these quantiles are the limit of
    (Taylor & Letham, Forecasting at scale, 2018, 3.1.4).

    h periods ahead the deviation is ``sigma N + trend sum_j (j - 1/2) B_j L_j`` over j = 1 … h,
    so its characteristic function is a running product of simple factors. It is turned into the
    distribution function by Davies' rule, and that into quantiles by Newton's method, which from
    the quantile of the noise alone rises to the solution: the density falls on its way out.
    Source: Davies, Numerical inversion of a characteristic function, Biometrika 60, 1973.

    ``factor`` (m, horizon) is what seasons multiply the trend by: 1 without them. In units of
    ``factor`` the law is as above, with the noise of each period divided by it.

    Noise below ``(12 + 16 h / s) / 4096`` of the trend's deviation at the horizon h is counted
    as that much, ``s`` being that deviation over ``trend``: with 25 changes in 900 days a
    fiftieth one period ahead, a hundredth at two weeks and less beyond. A factor below an eighth
    of the largest is counted as that eighth.
    """
    size = np.abs(factor)
    largest = np.maximum(size.max(axis=1), TINY)
    size = np.maximum(size, largest[:, None] / MAX_CONTRAST)
    louder = np.asarray(largest[:, None] / size)  # noise of a period beside the least, from 1
    sigma = sigma / largest
    steps = np.arange(1, size.shape[1] + 1, dtype=np.float64) - 0.5
    ratio = trend / sigma
    deviation = np.sqrt(2 * rate * (steps**2).sum())  # of the trend at the horizon, if ratio is 1
    reach = 12 * deviation + 16 * steps[-1]  # beyond it lies less than 1e-7
    ratio, noise = np.minimum(ratio, WIDEST / reach), np.maximum(sigma, trend * reach / WIDEST)
    nodes = _nodes(NOISE_WIDTH * louder.max(axis=1) + ratio * reach)
    found = np.empty((*size.shape, len(levels)))
    for rows, count in _batches(nodes, len(steps)):
        laws = _Laws(ratio[rows], rate[rows], louder[rows], steps)
        found[rows] = _quantiles(laws, levels, count)
    return np.asarray(found * (noise[:, None] * size)[:, :, None])


def _nodes(width: FloatArray) -> npt.NDArray[np.int64]:
    """Frequencies for distributions of these widths, rounded up so that many have the same."""
    needed = HIGHEST_FREQUENCY * width / (2 * np.pi)
    unit = 2 ** (np.ceil(np.log2(needed)) - 3)
    return np.asarray(np.ceil(needed / unit) * unit, dtype=np.int64)


def _batches(
    nodes: npt.NDArray[np.int64], horizon: int
) -> Iterator[tuple[npt.NDArray[np.intp], int]]:
    """Rows that need the same number of frequencies, as many as may be held at once."""
    for count in np.unique(nodes).tolist():
        rows = np.flatnonzero(nodes == count)
        size = max(1, NUMBERS // (horizon * count))
        yield from ((rows[i : i + size], count) for i in range(0, len(rows), size))


@dataclass(frozen=True)
class _Laws:
    """Some series, in deviations of their least noise: trend, rate (m,), noise (m, horizon)."""

    ratio: FloatArray
    rate: FloatArray
    noise: FloatArray
    steps: FloatArray

    def characteristic(self, frequency: FloatArray) -> FloatArray:
        """The characteristic function (m, horizon, nodes) of the deviation at each horizon."""
        squared = (self.ratio[:, None, None] * self.steps[:, None] * frequency) ** 2
        factors = 1 - self.rate[:, None, None] * (squared / (1 + squared))
        if (self.noise == 1).all():
            of_noise = np.exp(-(frequency**2) / 2)
        else:
            of_noise = np.exp(-((self.noise[:, :, None] * frequency) ** 2) / 2)
        return np.asarray(np.cumprod(factors, axis=1) * of_noise)


def _quantiles(laws: _Laws, levels: tuple[float, ...], nodes: int) -> FloatArray:
    """The quantiles (m, horizon, levels) of some series. The laws are symmetric around 0."""
    middles = np.arange(nodes, dtype=np.float64) + 0.5
    frequency = middles * (HIGHEST_FREQUENCY / nodes)
    weights = laws.characteristic(frequency) / (np.pi * middles)
    found = np.zeros((*laws.noise.shape, len(levels)))
    upper = {round(max(level, 1 - level), 12) for level in levels} - {0.5}
    outer = {level: _outer_quantile(weights, frequency, level, laws.noise) for level in upper}
    for column, level in enumerate(levels):
        distance = outer.get(round(max(level, 1 - level), 12))
        if distance is not None:
            found[:, :, column] = distance if level > 0.5 else -distance
    return found


def _outer_quantile(
    weights: FloatArray, frequency: FloatArray, level: float, noise: FloatArray
) -> FloatArray:
    """Where the distribution function reaches a level above one half; shape (m, horizon)."""
    shape = weights.shape[:2]
    weights = weights.reshape(-1, len(frequency))
    place = noise.reshape(-1) * NormalDist().inv_cdf(level)
    rows = np.arange(len(weights))
    for _ in range(MAX_STEPS):
        angles = place[rows, None] * frequency
        reached = 0.5 + np.einsum("ij,ij->i", np.sin(angles), weights[rows])
        density = np.einsum("ij,ij->i", np.cos(angles), weights[rows] * frequency)
        step = (level - reached) / density
        place[rows] += step
        rows = rows[step > TOLERANCE * place[rows]]
        if rows.size == 0:
            break
    return np.asarray(place.reshape(shape))
