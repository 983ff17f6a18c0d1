"""Effects common to all series: regression with shocks per date and empirical-Bayes shrinkage.

A shock is a random effect of one date on all series. Without it, one Christmas in a thousand
stores would count as a thousand Christmases.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from forecast_service.engine.features.columns import Single
from forecast_service.engine.panel import FloatArray

__all__ = ["Pool", "PoolSums", "fit_pool"]

Integers = npt.NDArray[np.intp]

ITERATIONS = 25
TOLERANCE = 3e-4  # in the log of the target, on the largest change of an effect
FIRST_VARIANCE = 0.1**2
WILD = 1.0  # variance above which effects start from it: from a small one they stay near 0
LEAST_VARIANCE = 1e-9
LEAST_NOISE = 1e-5
LEAST_SERIES = 5  # with fewer, a shock cannot be separated from the noise of the series


@dataclass
class PoolSums:
    """The sums over series for the regression; chunks of series are added one by one.

    ``dated`` (T, P_dated) are the columns that are equal for all series; ``recency`` (T,) is the
    weight of each date. The P columns are the dated ones, then ``n_varying`` that differ by series.
    """

    dated: FloatArray
    recency: FloatArray
    n_varying: int
    gram: FloatArray = field(init=False)
    moment: FloatArray = field(init=False)
    varying: FloatArray = field(init=False)
    """(T, n_varying): weighted sum over series."""
    centers: FloatArray = field(init=False)
    """(T, P): weighted sum over series of each series' column means."""
    target: FloatArray = field(init=False)
    """(T,): weighted sum over series of the centred target."""
    count: FloatArray = field(init=False)
    squares: float = 0.0
    n_series: int = 0

    def __post_init__(self) -> None:
        periods, n_dated = self.dated.shape
        size = n_dated + self.n_varying
        self.gram, self.moment = np.zeros((size, size)), np.zeros(size)
        self.varying, self.centers = np.zeros((periods, self.n_varying)), np.zeros((periods, size))
        self.target, self.count = np.zeros(periods), np.zeros(periods)

    def add(self, varying: Single, target: Single, trust: Single) -> None:
        """Add series: ``varying`` (rows, columns, T), ``target`` and ``trust`` (rows, T).

        ``trust`` is 0 where the target is unknown. Elsewhere it is the usual noise variance
        divided by that of the series.
        """
        n_dated = self.dated.shape[1]
        weight = trust * self.recency.astype(np.float32)
        total = weight.sum(axis=1, dtype=np.float64)
        divisor = np.where(total > 0, total, 1.0)
        means = np.empty((len(target), len(self.moment)))
        means[:, :n_dated] = weight.astype(np.float64) @ self.dated
        means[:, n_dated:] = np.matmul(varying, weight[:, :, None])[:, :, 0]
        means /= divisor[:, None]
        center = (weight * target).sum(axis=1, dtype=np.float64) / divisor
        centered = target - center[:, None].astype(np.float32)
        weighted = weight * centered
        root = varying * np.sqrt(weight)[:, None]
        squares = np.matmul(root, root.transpose(0, 2, 1)).sum(axis=0, dtype=np.float64)
        self.gram[n_dated:, n_dated:] += squares
        self.gram -= means.T @ (means * total[:, None])
        self.varying += np.einsum("npt,nt->tp", varying, trust, optimize=True)
        self.centers += trust.T.astype(np.float64) @ means
        self.moment[n_dated:] += np.matmul(varying, weighted[:, :, None])[:, :, 0].sum(axis=0)
        self.target += (centered * trust).sum(axis=0, dtype=np.float64)
        self.count += trust.sum(axis=0, dtype=np.float64)
        self.squares += float((weighted * centered).sum(dtype=np.float64))
        self.n_series += int((total > 0).sum())

    def system(self) -> tuple[FloatArray, FloatArray]:
        """Gram matrix (P, P) and moments (P,) of all columns; adds the sums of the dated ones."""
        n_dated = self.dated.shape[1]
        gram, moment = self.gram.copy(), self.moment.copy()
        cross = (self.dated * self.recency[:, None]).T @ self.varying
        mass = self.dated * (self.recency * self.count)[:, None]
        gram[:n_dated, :n_dated] += self.dated.T @ mass
        gram[:n_dated, n_dated:] += cross
        gram[n_dated:, :n_dated] += cross.T
        moment[:n_dated] += self.dated.T @ (self.recency * self.target)
        return gram, moment

    def by_date(self) -> tuple[FloatArray, FloatArray]:
        """Mean over the known series of each centred column, (T, P), and of the target, (T,)."""
        divisor = np.where(self.count > 0, self.count, 1.0)
        totals = np.hstack([self.dated * self.count[:, None], self.varying]) - self.centers
        return totals / divisor[:, None], self.target / divisor


@dataclass(frozen=True)
class Pool:
    """Effects (P,), their covariance (P, P), shocks (T,), and the variances of noise and shocks.

    ``shock`` is the variance of a shock for an average series: a date with few open series has
    little weight.
    """

    effects: FloatArray
    covariance: FloatArray
    shocks: FloatArray
    noise: float
    shock: float


def fit_pool(sums: PoolSums, group: Integers) -> Pool:
    """Generalised least squares; all variances come from expectation-maximisation.

    The model within a series is ``target = columns @ effects + shock of the date + noise``. An
    effect of group g is normal with variance ``groups[g]``. All variances are estimated from the
    same data; nothing is tuned by hand. ``group`` (P,) is the group number of each column.
    Source: Searle, Casella, McCulloch, Variance Components (1992), 8.3; the inverse of
    ``noise * I + shock * 11'`` by Sherman and Morrison.
    """
    gram, moment = sums.system()
    columns, target = sums.by_date()
    mass, dates = sums.recency * sums.count, sums.recency * (sums.count > 0)
    sizes = np.bincount(group)
    has_shocks = sums.n_series >= LEAST_SERIES
    noise, shock = max(sums.squares / max(mass.sum(), 1e-12), LEAST_NOISE), 0.0
    groups = np.full(len(sizes), FIRST_VARIANCE if noise < WILD else noise)
    if has_shocks:
        noise, shock = noise / 2, noise / 20
    effects, shocks = np.zeros(len(moment)), np.zeros(len(target))
    covariance, shock_by_mass = np.eye(len(moment)), 0.0
    for _ in range(ITERATIONS):
        pull = sums.count * shock / (noise + sums.count * shock)
        removed = mass * pull
        precision = (gram - (columns.T * removed) @ columns) / noise
        precision[np.diag_indices_from(precision)] += 1 / groups[group]
        covariance = np.linalg.inv(precision)
        previous, effects = effects, covariance @ (moment - columns.T @ (removed * target)) / noise
        second = effects**2 + np.diag(covariance)
        groups = np.maximum(np.bincount(group, second) / sizes, LEAST_VARIANCE)
        residual = target - columns @ effects
        shocks = pull * residual
        explained = (mass * (2 * shocks * residual - shocks**2)).sum()
        squares = sums.squares - 2 * effects @ moment + effects @ gram @ effects - explained
        if has_shocks:
            spread = ((columns @ covariance) * columns).sum(axis=1)
            uncertain = noise * shock / (noise + sums.count * shock) + pull**2 * spread
            total = (mass * (shocks**2 + uncertain)).sum()
            shock_by_mass = float(total / max(mass.sum(), 1e-12))
            shock = float((dates * (shocks**2 + uncertain)).sum() / max(dates.sum(), 1e-12))
        noise = max(float(squares) / max(mass.sum(), 1e-12), LEAST_NOISE)
        if np.abs(effects - previous).max(initial=0.0) < TOLERANCE:
            break
    return Pool(effects, covariance, shocks, noise, shock_by_mass)
