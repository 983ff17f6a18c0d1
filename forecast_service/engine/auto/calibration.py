"""Calibration: corrects a model's quantiles by their coverage in backtests.

It works on the quantiles of any algorithm at the levels ``GRID``. The median does not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from forecast_service.engine.archive import Arrays
from forecast_service.engine.panel import FloatArray

__all__ = ["GRID", "Calibration", "Coverage", "calibrate", "coverage", "normal_scores"]

STEP = 0.25
SCORES = np.arange(-4, 4 + STEP / 2, STEP)
GRID = tuple(float(NormalDist().cdf(score)) for score in SCORES)
"""Ascending levels of the model's quantiles: an even grid of normal scores from -4 to 4."""

FARTHEST = 8.0  # largest absolute normal score
BUCKETS = 4  # parts of the horizon, of equal length
LEAST_SCORES = 200  # per bucket; with fewer there is one bucket
PRIOR_DAYS = (1e9, 1000.0, 300.0, 100.0, 30.0, 10.0)  # candidates for ``_learn_prior_days``
EVENLY = (0.7548776662466927, 0.5698402909980532)  # powers of 1 / 1.3247…, the root of x^3 = x + 1
TABLE = np.linspace(0, 1, 401)


@dataclass(frozen=True)
class Calibration:
    """How far each quantile must reach, per series and per bucket of the horizon.

    ``scale`` (n,): the spread of a series' scores relative to that of all series. ``table``
    (buckets, 401): for shares from 0 to 1 in even steps, the normal score at which the central
    interval contained this share of the backtest. ``horizon`` is the length that the buckets
    divide.
    """

    scale: FloatArray
    table: FloatArray
    horizon: int

    def quantiles(self, on_grid: FloatArray, levels: Sequence[float]) -> FloatArray:
        """Calibrated quantiles (n, horizon, levels) from the model's quantiles at ``GRID``.

        ``on_grid`` has shape (n, horizon, 33). Ascending levels give ascending quantiles.
        """
        horizon = on_grid.shape[1]
        bucket = _bucket(horizon, self.horizon, len(self.table))
        central = np.abs(2 * np.array(levels) - 1)
        sign = np.sign(np.array(levels) - 0.5)
        reach = np.stack([np.interp(central, TABLE, row) for row in self.table])
        score = self.scale[:, None, None] * (sign * reach)[bucket][None]
        return _interpolate(on_grid, score)

    def take(self, rows: npt.NDArray[np.intp]) -> Calibration:
        """The calibration of these rows; a new series (-1) has scale 1."""
        return replace(self, scale=np.where(rows < 0, 1.0, self.scale[rows]))

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {"scale": self.scale, "table": self.table, "horizon": np.array([self.horizon])}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Calibration:
        """The inverse of ``to_arrays``."""
        return cls(
            arrays["scale"].astype(np.float64),
            arrays["table"].astype(np.float64),
            int(arrays["horizon"].astype(np.int64)[0]),
        )


@dataclass(frozen=True)
class Coverage:
    """Share of the known days within an interval, and the number of these days; both (n,)."""

    nominal: float
    measured: FloatArray
    """NaN for a series without days."""
    days: npt.NDArray[np.int64]

    def take(self, rows: npt.NDArray[np.intp]) -> Coverage:
        """The coverage of these rows; a new series (-1) has no days."""
        is_new = rows < 0
        measured = np.where(is_new, np.nan, self.measured[rows])
        return replace(self, measured=measured, days=np.where(is_new, 0, self.days[rows]))

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {
            "nominal": np.array([self.nominal]),
            "measured": self.measured,
            "days": self.days,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Coverage:
        """The inverse of ``to_arrays``."""
        return cls(
            float(arrays["nominal"].astype(np.float64)[0]),
            arrays["measured"].astype(np.float64),
            arrays["days"].astype(np.int64),
        )


def normal_scores(actual: FloatArray, on_grid: FloatArray) -> FloatArray:
    """The level of each actual (n, horizon) in its forecast (n, horizon, 33), as a normal score.

    NaN where the actual is not known, and where the forecast has no spread (a closed day). The
    score is linear between quantiles and beyond the outermost; it is limited to -8 … 8. If
    several quantiles equal the actual (as with 0 in sparse demand), the level lies between the
    first and the last of them. Its place depends on row and column, so that these levels are
    spread evenly, like those of continuous demand.
    Source for ties: Czado, Gneiting, Held, Biometrics 65 (2009), 2: randomised probability
    integral transform, here with Roberts' additive sequence R2 instead of random numbers.
    """
    upper = np.clip((on_grid <= actual[:, :, None]).sum(axis=2), 1, len(SCORES) - 1)
    high = np.take_along_axis(on_grid, upper[:, :, None], axis=2)[:, :, 0]
    low = np.take_along_axis(on_grid, upper[:, :, None] - 1, axis=2)[:, :, 0]
    width = high - low
    within = (actual - low) / np.where(width > 0, width, np.inf)
    score = np.clip(SCORES[upper - 1] + STEP * within, -FARTHEST, FARTHEST)
    usable = np.isfinite(actual) & (on_grid[:, :, -1] > on_grid[:, :, 0])
    return np.where(usable, _spread_ties(actual, on_grid, score), np.nan)


def _spread_ties(actual: FloatArray, on_grid: FloatArray, score: FloatArray) -> FloatArray:
    """The scores, replaced where several quantiles equal the actual."""
    below = (on_grid < actual[:, :, None]).sum(axis=2)
    equal = (on_grid == actual[:, :, None]).sum(axis=2)
    tied = equal > 1
    if not tied.any():
        return score
    ends = np.array([0.0, *GRID[1:-1], 1.0])
    last = len(GRID) - 1
    first_level = ends[np.minimum(below, last)]
    last_level = ends[np.clip(below + equal - 1, 0, last)]
    n, periods = actual.shape
    place = (np.arange(n)[:, None] * EVENLY[0] + np.arange(1, periods + 1) * EVENLY[1]) % 1
    level = first_level + place * (last_level - first_level)
    spread = score.copy()
    normal = NormalDist()
    spread[tied] = [normal.inv_cdf(share) for share in level[tied].tolist()]
    return spread


def calibrate(windows: Sequence[FloatArray]) -> Calibration:
    """The calibration from the scores (n, horizon) of at least one backtest window.

    This is normalised split conformal prediction. The central interval for the share s reaches to
    the k-th smallest of m absolute scores, k = ceil((m + 1) s). The scores are divided by the
    scale of their series and pooled over all series, per bucket of the horizon. The guarantee
    holds on average over all series and days, not for each of them.
    Source: Lei, G'Sell, Rinaldo, Tibshirani, Wasserman (JASA 2018), 2.2 and 5.2.
    """
    scores = np.abs(np.stack(windows))
    scale = _scale(scores, _learn_prior_days(scores))
    relative = scores / scale[None, :, None]
    horizon = scores.shape[2]
    bucket = _bucket(horizon, horizon, BUCKETS)
    split = [relative[:, :, bucket == index] for index in range(BUCKETS)]
    if min(int(np.isfinite(part).sum()) for part in split) < LEAST_SCORES:
        split = [relative]
    return Calibration(scale, np.stack([_score_table(part) for part in split]), horizon)


def coverage(actual: FloatArray, low: FloatArray, high: FloatArray, nominal: float) -> Coverage:
    """Coverage of the intervals ``low`` … ``high`` (ends included) of the actuals (n, days).

    Days on which both ends are 0 (closed) do not count.
    """
    counted = np.isfinite(actual) & ((high > low) | (high > 0))
    inside = counted & (actual >= low) & (actual <= high)
    days = counted.sum(axis=1)
    return Coverage(
        nominal, np.where(days > 0, inside.sum(axis=1) / np.maximum(days, 1), np.nan), days
    )


def _learn_prior_days(scores: FloatArray) -> float:
    """Weight, in days, of the prior that a series has the same spread as all others.

    It is chosen by cross-validation over the windows; a single window is halved. The scales of
    the other windows must minimise ``log(scale) + score / scale``, the quasi-likelihood of a mean.
    """
    if len(scores) == 1:
        first = np.arange(scores.shape[2]) < scores.shape[2] // 2
        scores = np.concatenate([np.where(first, scores, np.nan), np.where(first, np.nan, scores)])
    losses = [0.0] * len(PRIOR_DAYS)
    for index in range(len(scores)):
        others = np.delete(scores, index, axis=0)
        total, days = _totals(scores[index : index + 1])
        usual = total.sum() / max(days.sum(), 1)
        for place, prior_days in enumerate(PRIOR_DAYS):
            scale = _scale(others, prior_days)
            losses[place] += float((days * np.log(scale) + total / max(usual, 1e-9) / scale).sum())
    return PRIOR_DAYS[int(np.argmin(losses))]


def _scale(scores: FloatArray, prior_days: float) -> FloatArray:
    """Mean absolute score of each series relative to that of all, shrunken toward 1; (n,)."""
    total, days = _totals(scores)
    usual = total.sum() / max(days.sum(), 1)
    scale: FloatArray = (total / max(usual, 1e-9) + prior_days) / (days + prior_days)
    return scale


def _totals(scores: FloatArray) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Sum of the absolute scores of each series, extremes limited, and their number; both (n,)."""
    known = np.isfinite(scores)
    limited = np.where(known, np.minimum(scores, FARTHEST / 2), 0.0)
    return limited.sum(axis=(0, 2)), known.sum(axis=(0, 2))


def _score_table(scores: FloatArray) -> FloatArray:
    """Absolute score for each share of ``TABLE``; without scores, that of a normal variable."""
    known = np.sort(scores[np.isfinite(scores)])
    if not len(known):
        halves = np.minimum((1 + TABLE) / 2, GRID[-1])
        return np.array([NormalDist().inv_cdf(share) for share in halves])
    rank = np.ceil((len(known) + 1) * TABLE).astype(np.intp)
    padded = np.concatenate([[0.0], known, [FARTHEST]])
    table: FloatArray = padded[np.minimum(rank, len(padded) - 1)]
    return table


def _bucket(periods: int, horizon: int, count: int) -> npt.NDArray[np.intp]:
    """Bucket of each of the next periods; beyond the horizon it is the last one."""
    return np.minimum(np.arange(periods) * count // max(horizon, 1), count - 1)


def _interpolate(on_grid: FloatArray, score: FloatArray) -> FloatArray:
    """The quantiles at normal scores (n, horizon, levels): linear between and beyond the grid."""
    place = (score - SCORES[0]) / STEP
    left = np.clip(np.floor(place).astype(np.intp), 0, len(SCORES) - 2)
    shape = (*on_grid.shape[:2], score.shape[2])
    left = np.broadcast_to(left, shape)
    low = np.take_along_axis(on_grid, left, axis=2)
    high = np.take_along_axis(on_grid, left + 1, axis=2)
    values: FloatArray = np.maximum(low + (place - left) * (high - low), 0.0)
    return values
