"""Weights, calibration and coverage of a combination, from the backtests of its members.

A part is a window. A single window is divided into two parts, of alternate seasons. Each part is
judged by what was learned on the others (cross-validation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from forecast_service.engine.auto.calibration import (
    GRID,
    SCORES,
    Calibration,
    Coverage,
    calibrate,
    coverage,
    normal_scores,
)
from forecast_service.engine.auto.weights import (
    candidates,
    choose,
    combine,
    exact_points,
    forward_selection,
    learn_prior_days,
    loss_table,
)
from forecast_service.engine.backtest import Backtest, TestedWindow
from forecast_service.engine.panel import FloatArray
from forecast_service.engine.totals.days import comovement_of_days

__all__ = ["INTERVAL", "Evidence", "Learned", "Tested"]

INTERVAL = (0.1, 0.9)  # its coverage is reported
JUDGED = tuple(int(np.argmin(np.abs(SCORES - score))) for score in (-1.25, 0.0, 1.25))


@dataclass(frozen=True)
class Part:
    """Periods of one window; ``periods`` is a mask (horizon,)."""

    window: int
    periods: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Learned:
    """Weights of each series (n, members), common weights (members,), and the calibration."""

    weights: FloatArray
    common_weights: FloatArray
    calibration: Calibration | None
    """None when there was nothing to learn from."""


class Tested(NamedTuple):
    """A backtest, the coverage of ``INTERVAL``, and the co-movement of the days of a week (n,)."""

    backtest: Backtest
    coverage: Coverage | None
    comovement: FloatArray | None


class Evidence:
    """Backtests of the members, on the same panel and windows, with quantiles at ``GRID``.

    Weights and calibration are learned from ``learned_from`` (n, T), the target without absurd
    days; by default, from the actuals of the windows. Coverage is measured on the actuals.
    """

    def __init__(self, members: Sequence[Backtest], learned_from: FloatArray | None = None) -> None:
        self._members = members
        self._learned_from = learned_from
        self._parts = _parts(members[0].windows)
        self._tables: dict[tuple[int, tuple[int, ...]], FloatArray] = {}
        self._losses: dict[tuple[int, bytes], float] = {}

    def learn(self, without: int | None = None) -> Learned:
        """Learn from all parts, or from all but one; without any part the weights are equal."""
        parts = [place for place in range(len(self._parts)) if place != without]
        if not parts:
            equal = np.full(len(self._members), 1 / len(self._members))
            return Learned(np.tile(equal, (len(self._members[0].keys), 1)), equal, None)
        chosen = forward_selection(
            len(self._members), lambda points: self._total_losses(parts, points)
        )
        points = candidates(len(self._members), chosen)
        tables = [self._table(place, chosen, points) for place in parts]
        days = [self._days[place] for place in parts]
        table, prior_days = np.sum(tables, axis=0), learn_prior_days(tables, days)
        sales = np.sum([np.nansum(self._actual(self._parts[place]), axis=1) for place in parts], 0)
        exact = exact_points(table, np.sum(days, axis=0), sales)
        weights = points[choose(table, np.sum(days, axis=0), prior_days, exact)]
        common_weights = points[np.argmin(table.sum(axis=0))]
        scores = [self._scores(self._parts[place], weights) for place in parts]
        return Learned(weights, common_weights, calibrate(scores))

    def backtest(self, levels: Sequence[float]) -> Tested:
        """The combination's backtest at ``levels``, with what it tells about ``INTERVAL``.

        Each part is forecast with the weights and calibration learned on the others.
        """
        first = self._members[0]
        all_levels = sorted({*levels, *INTERVAL, 0.5})
        places = [all_levels.index(level) for level in levels]
        values, means = self._held_out_forecasts(all_levels)
        windows = tuple(
            replace(window, quantiles=quantiles[:, :, places], mean=mean)
            for window, quantiles, mean in zip(first.windows, values, means, strict=True)
        )
        tested = replace(first, levels=tuple(levels), windows=windows)
        if not windows:
            return Tested(tested, None, None)
        bands = [
            [quantiles[:, :, all_levels.index(level)] for level in (INTERVAL[0], 0.5, INTERVAL[1])]
            for quantiles in values
        ]
        low, high = (np.concatenate([band[end] for band in bands], axis=1) for end in (0, 2))
        actual = np.concatenate([window.actual for window in windows], axis=1)
        covered = coverage(actual, low, high, round(INTERVAL[1] - INTERVAL[0], 9))
        errors = [
            _in_spreads(window.actual, *band) for window, band in zip(windows, bands, strict=True)
        ]
        return Tested(tested, covered, comovement_of_days(errors))

    def _held_out_forecasts(
        self, levels: Sequence[float]
    ) -> tuple[list[FloatArray], list[FloatArray]]:
        """Quantiles (n, horizon, levels) and means (n, horizon) of each window."""
        shapes = [window.actual.shape for window in self._members[0].windows]
        values = [np.zeros((*shape, len(levels))) for shape in shapes]
        means = [np.zeros(shape) for shape in shapes]
        for place, part in enumerate(self._parts):
            learned = self.learn(without=place)
            on_grid = self._combine(part, learned.weights)
            calibration = learned.calibration or calibrate([np.full(on_grid.shape[:2], np.nan)])
            calibrated = calibration.quantiles(on_grid, levels)
            values[part.window][:, part.periods] = calibrated[:, part.periods]
            of_members = [member.windows[part.window].mean for member in self._members]
            mean = combine(learned.weights, of_members)
            means[part.window][:, part.periods] = mean[:, part.periods]
        return values, means

    def _total_losses(self, parts: Sequence[int], points: FloatArray) -> FloatArray:
        """Loss over all series and these parts at each point, (points,)."""
        total = np.zeros(len(points))
        for place in parts:
            new = [point for point in points if (place, point.tobytes()) not in self._losses]
            if new:
                losses = self._loss_table(place, np.array(new)).sum(axis=0)
                for point, loss in zip(new, losses.tolist(), strict=True):
                    self._losses[place, point.tobytes()] = loss
            total += [self._losses[place, point.tobytes()] for point in points]
        return total

    def _table(self, place: int, chosen: tuple[int, ...], points: FloatArray) -> FloatArray:
        """Losses (n, points) of a part, cached: mostly the same members are selected."""
        if (place, chosen) not in self._tables:
            self._tables[place, chosen] = self._loss_table(place, points)
        return self._tables[place, chosen]

    def _loss_table(self, place: int, points: FloatArray) -> FloatArray:
        """Losses (n, points) of a part at each point."""
        part, used = self._parts[place], np.flatnonzero(points.any(axis=0)).tolist()
        windows = [self._members[member].windows[part.window] for member in used]
        forecasts = [window.quantiles[:, :, JUDGED] for window in windows]
        levels = [GRID[index] for index in JUDGED]
        return loss_table(self._actual(part), forecasts, levels, points[:, used])

    @cached_property
    def _days(self) -> list[npt.NDArray[np.int64]]:
        """Known days (n,) of each part."""
        return [np.isfinite(self._actual(part)).sum(axis=1) for part in self._parts]

    def _scores(self, part: Part, weights: FloatArray) -> FloatArray:
        """Normal scores (n, horizon), NaN outside the part."""
        return normal_scores(self._actual(part), self._combine(part, weights))

    def _actual(self, part: Part) -> FloatArray:
        """Demand in the window (n, horizon); NaN outside the part and where nothing is learned."""
        window = self._members[0].windows[part.window]
        actual = window.actual
        if self._learned_from is not None:
            actual = self._learned_from[:, window.cutoff : window.cutoff + actual.shape[1]]
        return np.where(part.periods & np.isfinite(actual), actual, np.nan)

    def _combine(self, part: Part, weights: FloatArray) -> FloatArray:
        """The weighted quantiles at ``GRID`` of the window of a part."""
        return combine(weights, [member.windows[part.window].quantiles for member in self._members])


def _in_spreads(
    actual: FloatArray, low: FloatArray, middle: FloatArray, high: FloatArray
) -> FloatArray:
    """Errors of the median in standard deviations of the forecast; NaN without a spread."""
    spread = (high - low) / (NormalDist().inv_cdf(INTERVAL[1]) - NormalDist().inv_cdf(INTERVAL[0]))
    return np.where(spread > 0, (actual - middle) / np.where(spread > 0, spread, 1.0), np.nan)


def _parts(windows: Sequence[TestedWindow]) -> list[Part]:
    if len(windows) != 1:
        return [Part(i, np.ones(w.actual.shape[1], dtype=bool)) for i, w in enumerate(windows)]
    horizon, season = windows[0].actual.shape[1], windows[0].season_length
    length = season if horizon >= 2 * season else max(1, horizon // 2)
    odd = np.arange(horizon) // length % 2 == 1
    return [Part(0, ~odd), Part(0, odd)] if odd.any() else [Part(0, ~odd)]
