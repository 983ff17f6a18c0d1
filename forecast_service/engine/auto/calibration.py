"""Honest quantiles: a model's spread, corrected by how often its backtest was right.

Works on the quantiles of any algorithm, asked for at ``GRID``. The median stays as it is.
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
"""Levels at which a model is asked, ascending: an even grid of normal scores from -4 to 4."""

FARTHEST = 8.0  # normal score of anything beyond
BUCKETS = 4  # of equal length in the horizon
LEAST_SCORES = 200  # in a bucket; below it, all buckets are one
BELIEFS = (1e9, 1000.0, 300.0, 100.0, 30.0, 10.0)  # candidates, in days, for ``_learn_belief``
EVENLY = (0.7548776662466927, 0.5698402909980532)  # powers of 1 / 1.3247…, where x^3 = x + 1
TABLE = np.linspace(0, 1, 401)


@dataclass(frozen=True)
class Calibration:
    """``scale`` (n,): spread of a series' own scores against the usual one.

    ``table`` (buckets, 401): normal score whose central interval holds each of the even shares
    0 … 1 of the backtest. ``horizon`` is the length that the buckets divide.
    """

    scale: FloatArray
    table: FloatArray
    horizon: int

    def quantiles(self, on_grid: FloatArray, levels: Sequence[float]) -> FloatArray:
        """Calibrated quantiles (n, horizon, levels) from those of the model at ``GRID``.

        ``on_grid`` has shape (n, horizon, 33). Ascending levels give ascending quantiles.
        """
        horizon = on_grid.shape[1]
        bucket = _bucket(horizon, self.horizon, len(self.table))
        central = np.abs(2 * np.array(levels) - 1)
        sign = np.sign(np.array(levels) - 0.5)
        reach = np.stack([np.interp(central, TABLE, row) for row in self.table])
        score = self.scale[:, None, None] * (sign * reach)[bucket][None]
        return _at(on_grid, score)

    def take(self, rows: npt.NDArray[np.intp]) -> Calibration:
        """That of these series; a new one (-1) has the usual spread."""
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
    """Share of the known days within an interval, and how many they are; each (n,)."""

    nominal: float
    measured: FloatArray
    """NaN without a day."""
    days: npt.NDArray[np.int64]

    def take(self, rows: npt.NDArray[np.intp]) -> Coverage:
        """That of these series; a new one (-1) has no days."""
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
    """Where each actual (n, horizon) lies in its forecast (n, horizon, 33), as a normal score.

    NaN where unknown, and where the forecast has no spread (a closed day). Between two quantiles,
    and beyond the last, the score is linear; it ends at -8 and 8. An actual that several quantiles
    equal, as 0 in sparse demand, has a level between the first and the last of them: which one
    follows from its row and column, so that such levels are spread evenly, as those of continuous
    demand are.
    Source of the last: Czado, Gneiting, Held, Biometrics 65 (2009), 2: randomised probability
    integral transform, here with Roberts' additive sequence R2 instead of random numbers.
    """
    upper = np.clip((on_grid <= actual[:, :, None]).sum(axis=2), 1, len(SCORES) - 1)
    high = np.take_along_axis(on_grid, upper[:, :, None], axis=2)[:, :, 0]
    low = np.take_along_axis(on_grid, upper[:, :, None] - 1, axis=2)[:, :, 0]
    width = high - low
    within = (actual - low) / np.where(width > 0, width, np.inf)
    score = np.clip(SCORES[upper - 1] + STEP * within, -FARTHEST, FARTHEST)
    usable = np.isfinite(actual) & (on_grid[:, :, -1] > on_grid[:, :, 0])
    return np.where(usable, _within_ties(actual, on_grid, score), np.nan)


def _within_ties(actual: FloatArray, on_grid: FloatArray, score: FloatArray) -> FloatArray:
    """The scores, with another one where several quantiles equal the actual."""
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
    spread[tied] = [normal.inv_cdf(each) for each in level[tied].tolist()]
    return spread


def calibrate(windows: Sequence[FloatArray]) -> Calibration:
    """The correction that the scores (n, horizon) of backtest windows ask for; at least one.

    Normalised split conformal prediction: a central interval that shall hold the share s reaches
    to the k-th smallest of m absolute scores, k = ceil((m + 1) s), counted per bucket of the
    horizon over all series, each divided by the scale of its series. The guarantee is one over
    all series and days, not for each of them.
    Source: Lei, G'Sell, Rinaldo, Tibshirani, Wasserman (JASA 2018), 2.2 and 5.2.
    """
    scores = np.abs(np.stack(windows))
    scale = _scale(scores, _learn_belief(scores))
    relative = scores / scale[None, :, None]
    horizon = scores.shape[2]
    bucket = _bucket(horizon, horizon, BUCKETS)
    split = [relative[:, :, bucket == index] for index in range(BUCKETS)]
    if min(int(np.isfinite(part).sum()) for part in split) < LEAST_SCORES:
        split = [relative]
    return Calibration(scale, np.stack([_reaches(part) for part in split]), horizon)


def coverage(actual: FloatArray, low: FloatArray, high: FloatArray, nominal: float) -> Coverage:
    """How often the actuals (n, days) lay within ``low`` … ``high``, ends included.

    Days without spread (closed) do not count.
    """
    counted = np.isfinite(actual) & (high > low)
    inside = counted & (actual >= low) & (actual <= high)
    days = counted.sum(axis=1)
    return Coverage(
        nominal, np.where(days > 0, inside.sum(axis=1) / np.maximum(days, 1), np.nan), days
    )


def _learn_belief(scores: FloatArray) -> float:
    """Weight, in days, of the belief that a series is as well forecast as all others.

    The one whose scales, found without one window, fit the scores of that window best: least
    ``log(scale) + score / scale``, the quasi-likelihood of a mean. A single window is halved.
    """
    if len(scores) == 1:
        first = np.arange(scores.shape[2]) < scores.shape[2] // 2
        scores = np.concatenate([np.where(first, scores, np.nan), np.where(first, np.nan, scores)])
    losses = [0.0] * len(BELIEFS)
    for index in range(len(scores)):
        others = np.delete(scores, index, axis=0)
        total, days = _totals(scores[index : index + 1])
        usual = total.sum() / max(days.sum(), 1)
        for place, belief in enumerate(BELIEFS):
            scale = _scale(others, belief)
            losses[place] += float((days * np.log(scale) + total / max(usual, 1e-9) / scale).sum())
    return BELIEFS[int(np.argmin(losses))]


def _scale(scores: FloatArray, belief: float) -> FloatArray:
    """Mean absolute score of each series over that of all, shrunken toward 1; (n,)."""
    total, days = _totals(scores)
    usual = total.sum() / max(days.sum(), 1)
    scale: FloatArray = (total / max(usual, 1e-9) + belief) / (days + belief)
    return scale


def _totals(scores: FloatArray) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Sum of the absolute scores of each series, without extremes, and their number; both (n,)."""
    known = np.isfinite(scores)
    limited = np.where(known, np.minimum(scores, FARTHEST / 2), 0.0)
    return limited.sum(axis=(0, 2)), known.sum(axis=(0, 2))


def _reaches(scores: FloatArray) -> FloatArray:
    """Absolute score that holds each share of ``TABLE``; that of the normal without any score."""
    known = np.sort(scores[np.isfinite(scores)])
    if not len(known):
        halves = np.minimum((1 + TABLE) / 2, GRID[-1])
        return np.array([NormalDist().inv_cdf(share) for share in halves])
    rank = np.ceil((len(known) + 1) * TABLE).astype(np.intp)
    padded = np.concatenate([[0.0], known, [FARTHEST]])
    reaches: FloatArray = padded[np.minimum(rank, len(padded) - 1)]
    return reaches


def _bucket(periods: int, horizon: int, count: int) -> npt.NDArray[np.intp]:
    """Bucket of each of the next periods; those beyond the horizon are in the last one."""
    return np.minimum(np.arange(periods) * count // max(horizon, 1), count - 1)


def _at(on_grid: FloatArray, score: FloatArray) -> FloatArray:
    """The forecast at normal scores (n, horizon, levels), linear between and beyond the grid."""
    place = (score - SCORES[0]) / STEP
    left = np.clip(np.floor(place).astype(np.intp), 0, len(SCORES) - 2)
    shape = (*on_grid.shape[:2], score.shape[2])
    left = np.broadcast_to(left, shape)
    low = np.take_along_axis(on_grid, left, axis=2)
    high = np.take_along_axis(on_grid, left + 1, axis=2)
    values: FloatArray = np.maximum(low + (place - left) * (high - low), 0.0)
    return values
