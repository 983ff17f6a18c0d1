"""What the backtests of several algorithms say about their combination: weights, spread, coverage.

A part is a window; of a single window, every other season. What is said about one part was learned
on the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

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
    combined,
    forward_selection,
    learn_trust,
    loss_table,
)
from forecast_service.engine.backtest import Backtest, TestedWindow
from forecast_service.engine.panel import FloatArray

__all__ = ["INTERVAL", "Evidence", "Learned"]

INTERVAL = (0.1, 0.9)  # whose coverage is reported
JUDGED = tuple(int(np.argmin(np.abs(SCORES - score))) for score in (-1.25, 0.0, 1.25))


@dataclass(frozen=True)
class Part:
    """Some periods, a mask (horizon,), of the window with this index."""

    window: int
    periods: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Learned:
    """Weights (n, members) of the series, those of all (members,), and the spread's correction."""

    weights: FloatArray
    fleet: FloatArray
    calibration: Calibration | None
    """None when there was nothing to learn from."""


class Evidence:
    """Backtests of the members on the same panel and windows, with quantiles at ``GRID``."""

    def __init__(self, members: Sequence[Backtest]) -> None:
        self._members = members
        self._parts = _parts(members[0].windows)
        self._tables: dict[tuple[int, tuple[int, ...]], FloatArray] = {}
        self._losses: dict[tuple[int, bytes], float] = {}

    def learned(self, without: int | None = None) -> Learned:
        """What all parts say, or all but one. Of nothing: every member weighs the same."""
        parts = [place for place in range(len(self._parts)) if place != without]
        if not parts:
            equal = np.full(len(self._members), 1 / len(self._members))
            return Learned(np.tile(equal, (len(self._members[0].keys), 1)), equal, None)
        chosen = forward_selection(
            len(self._members), lambda points: self._fleet_losses(parts, points)
        )
        points = candidates(len(self._members), chosen)
        tables = [self._table(place, chosen, points) for place in parts]
        days = [self._days[place] for place in parts]
        table, trust = np.sum(tables, axis=0), learn_trust(tables, days)
        weights = points[choose(table, np.sum(days, axis=0), trust)]
        fleet = points[np.argmin(table.sum(axis=0))]
        scores = [self._scores(self._parts[place], weights) for place in parts]
        return Learned(weights, fleet, calibrate(scores))

    def tested(self, levels: Sequence[float]) -> tuple[Backtest, Coverage | None]:
        """The combination's backtest at ``levels``, and how often ``INTERVAL`` held.

        Each part is forecast with what the others say.
        """
        first = self._members[0]
        asked = sorted({*levels, *INTERVAL})
        wanted = [asked.index(level) for level in levels]
        values, means = self._held_out(asked)
        windows = tuple(
            replace(window, quantiles=quantiles[:, :, wanted], mean=mean)
            for window, quantiles, mean in zip(first.windows, values, means, strict=True)
        )
        tested = replace(first, levels=tuple(levels), windows=windows)
        if not windows:
            return tested, None
        low, high = (
            np.concatenate([each[:, :, asked.index(level)] for each in values], axis=1)
            for level in INTERVAL
        )
        known = np.concatenate([window.actual for window in windows], axis=1)
        return tested, coverage(known, low, high, round(INTERVAL[1] - INTERVAL[0], 9))

    def _held_out(self, levels: Sequence[float]) -> tuple[list[FloatArray], list[FloatArray]]:
        """Quantiles (n, horizon, levels) and means (n, horizon) of each window."""
        shapes = [window.actual.shape for window in self._members[0].windows]
        values = [np.zeros((*shape, len(levels))) for shape in shapes]
        means = [np.zeros(shape) for shape in shapes]
        for place, part in enumerate(self._parts):
            others = self.learned(without=place)
            ours = self._combined(part, others.weights)
            correction = others.calibration or calibrate([np.full(ours.shape[:2], np.nan)])
            corrected = correction.quantiles(ours, levels)
            values[part.window][:, part.periods] = corrected[:, part.periods]
            of_members = [each.windows[part.window].mean for each in self._members]
            mean = combined(others.weights, of_members)
            means[part.window][:, part.periods] = mean[:, part.periods]
        return values, means

    def _fleet_losses(self, parts: Sequence[int], points: FloatArray) -> FloatArray:
        """Loss over all series and these parts at each choice of weights, (points,)."""
        total = np.zeros(len(points))
        for place in parts:
            new = [point for point in points if (place, point.tobytes()) not in self._losses]
            if new:
                found = self._loss_table(place, np.array(new)).sum(axis=0)
                for point, loss in zip(new, found.tolist(), strict=True):
                    self._losses[place, point.tobytes()] = loss
            total += [self._losses[place, point.tobytes()] for point in points]
        return total

    def _table(self, place: int, chosen: tuple[int, ...], points: FloatArray) -> FloatArray:
        """Losses (n, points) of a part, kept: whichever part is left out, most choices agree."""
        if (place, chosen) not in self._tables:
            self._tables[place, chosen] = self._loss_table(place, points)
        return self._tables[place, chosen]

    def _loss_table(self, place: int, points: FloatArray) -> FloatArray:
        """Losses (n, points) of a part at each choice of weights."""
        part, used = self._parts[place], np.flatnonzero(points.any(axis=0)).tolist()
        windows = [self._members[member].windows[part.window] for member in used]
        forecasts = [each.quantiles[:, :, JUDGED] for each in windows]
        levels = [GRID[judged] for judged in JUDGED]
        return loss_table(self._actual(part), forecasts, levels, points[:, used])

    @cached_property
    def _days(self) -> list[npt.NDArray[np.int64]]:
        """Known days (n,) of each part."""
        return [np.isfinite(self._actual(part)).sum(axis=1) for part in self._parts]

    def _scores(self, part: Part, weights: FloatArray) -> FloatArray:
        """Normal scores (n, horizon), NaN outside the part."""
        return normal_scores(self._actual(part), self._combined(part, weights))

    def _actual(self, part: Part) -> FloatArray:
        """What came in a window, NaN outside the part and for anything that is not finite."""
        actual = self._members[0].windows[part.window].actual
        return np.where(part.periods & np.isfinite(actual), actual, np.nan)

    def _combined(self, part: Part, weights: FloatArray) -> FloatArray:
        """The window of a part at ``GRID``."""
        return combined(weights, [each.windows[part.window].quantiles for each in self._members])


def _parts(windows: Sequence[TestedWindow]) -> list[Part]:
    if len(windows) != 1:
        return [Part(i, np.ones(w.actual.shape[1], dtype=bool)) for i, w in enumerate(windows)]
    horizon, season = windows[0].actual.shape[1], windows[0].season_length
    length = season if horizon >= 2 * season else max(1, horizon // 2)
    odd = np.arange(horizon) // length % 2 == 1
    return [Part(0, ~odd), Part(0, odd)] if odd.any() else [Part(0, ~odd)]
