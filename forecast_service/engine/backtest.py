"""Rolling backtest: forecast from past cutoffs and compare with the actual values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from forecast_service.engine import metrics
from forecast_service.engine.algorithm import Algorithm, FitConfig, Progress, part, silent
from forecast_service.engine.calendar import next_periods
from forecast_service.engine.guards.bounds import find_bounds
from forecast_service.engine.guards.clean_panel import clean_panel
from forecast_service.engine.guards.dormancy import find_dormant
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.periods.frequency import parse_frequency, usable_season
from forecast_service.engine.pool import map_in_order, pool

__all__ = [
    "Backtest",
    "Metrics",
    "TestedWindow",
    "average_metrics",
    "backtest",
    "cutoffs",
    "join_backtests",
]

Rows = npt.NDArray[np.intp]

LARGE = 200_000  # series times periods; a smaller fit is not worth a process of its own


class Metrics(TypedDict):
    """Accuracy over all series of a window; point metrics are those of the mean forecast.

    A metric is None where it is undefined (see ``engine.metrics``).
    """

    wQL: dict[float, float]
    average_wQL: float
    WAPE: float
    RMSE: float | None
    MAPE: float | None
    MASE: float | None


@dataclass(frozen=True)
class TestedWindow:
    """Forecasts made at one cutoff, and the actual values. Rows are in the panel's order."""

    cutoff: int
    """Index of the first tested period; the model saw only the periods before it."""
    start: np.datetime64
    end: np.datetime64
    """First period after the window."""
    actual: FloatArray
    """(n, horizon); NaN where unknown."""
    quantiles: FloatArray
    """(n, horizon, levels)."""
    mean: FloatArray
    """(n, horizon)."""
    history: FloatArray
    """(n, cutoff): the target before the cutoff, without absurd days, for scaled errors."""
    season_length: int

    @property
    def item_count(self) -> int:
        """Series with at least one known actual."""
        return int((~np.isnan(self.actual)).any(axis=1).sum())

    def metrics(self, levels: Sequence[float]) -> Metrics:
        """Accuracy over all series; ``levels`` are those of ``quantiles``."""
        by_level = {level: self.quantiles[:, :, i] for i, level in enumerate(levels)}
        return Metrics(
            wQL={level: metrics.wql(self.actual, q, level) for level, q in by_level.items()},
            average_wQL=metrics.average_wql(self.actual, by_level),
            WAPE=metrics.wape(self.actual, self.mean),
            RMSE=_or_none(metrics.rmse(self.actual, self.mean)),
            MAPE=_or_none(metrics.mape(self.actual, self.mean)),
            MASE=_or_none(
                metrics.mase(self.actual, self.mean, self.history, season_length=self.season_length)
            ),
        )

    def losses(self, levels: Sequence[float]) -> FloatArray:
        """Sum of quantile losses per series, (n,); NaN without a known actual."""
        total = np.zeros_like(self.actual)
        for i, level in enumerate(levels):
            total = total + metrics.quantile_loss(self.actual, self.quantiles[:, :, i], level)
        known = ~np.isnan(total)
        return np.where(known.any(axis=1), np.where(known, total, 0.0).sum(axis=1), np.nan)


@dataclass(frozen=True)
class Backtest:
    """All windows of one algorithm on one panel, most recent first."""

    keys: tuple[tuple[str, ...], ...]
    levels: tuple[float, ...]
    windows: tuple[TestedWindow, ...]
    notes: tuple[str, ...]

    def losses(self) -> FloatArray:
        """Quantile losses per series, summed over the windows with a known actual.

        They rank algorithms for one series as its average wQL does: the weight, its sum of
        actuals, is the same for every algorithm. NaN without a usable window.
        """
        rows = [window.losses(self.levels) for window in self.windows]
        if not rows:
            return np.full(len(self.keys), np.nan)
        stacked = np.vstack(rows)
        known = ~np.isnan(stacked)
        return np.where(known.any(axis=0), np.where(known, stacked, 0.0).sum(axis=0), np.nan)


def cutoffs(
    n_periods: int, config: FitConfig, frequency: str = "D"
) -> tuple[list[int], tuple[str, ...]]:
    """Cutoff indices, most recent first, and a note if there are fewer than requested.

    Window k begins ``k`` offsets before the end. A window is skipped if it leaves less history
    than ``Frequency.least_history`` or reaches beyond the end of the data.
    """
    offset = config.backtest_offset or config.horizon
    minimum = parse_frequency(frequency).least_history
    requested = [n_periods - k * offset for k in range(1, config.backtest_windows + 1)]
    possible = [c for c in requested if c >= minimum and c + config.horizon <= n_periods]
    if len(possible) == len(requested):
        return possible, ()
    return possible, (
        f"Accuracy rests on {len(possible)} of {len(requested)} backtest windows: "
        f"{config.backtest_windows} x {offset} periods plus {minimum} of history are needed, "
        f"{n_periods} are there.",
    )


def backtest(
    algorithm: Algorithm, panel: Panel, config: FitConfig, progress: Progress = silent
) -> Backtest:
    """Fit on the periods before each cutoff and forecast the ``horizon`` after it.

    A model sees nothing after its cutoff but the covariates, which are known in advance. It does
    not learn from absurd days, but its forecast is compared with them as they are. If a fit
    of the algorithm uses a single core, the windows are tested in parallel.
    """
    starts, notes = cutoffs(panel.n_periods, config, panel.frequency)
    large = getattr(algorithm, "single_core", False) and panel.target.size >= LARGE
    if large and config.processes > 1 and len(starts) > 1:
        windows = _test_in_parallel(algorithm, panel, config, starts, progress)
    else:
        windows = []
        for count, cutoff in enumerate(starts):
            step = part(progress, count / len(starts), (count + 1) / len(starts))
            windows.append(_test(algorithm, panel, config, cutoff, step))
    return Backtest(panel.keys, config.quantiles, tuple(windows), notes)


def _test_in_parallel(
    algorithm: Algorithm, panel: Panel, config: FitConfig, starts: list[int], progress: Progress
) -> list[TestedWindow]:
    """The result of ``_test`` for each cutoff, computed in the processes of the pool."""
    alone = replace(config, processes=1)
    ends = [cutoff + config.horizon for cutoff in starts]
    tasks = [
        (algorithm, panel.before(end), alone, cutoff)
        for cutoff, end in zip(starts, ends, strict=True)
    ]

    def finished(count: int) -> None:
        progress(count / len(tasks), f"{algorithm.name}: {count} of {len(tasks)} windows tested")

    progress(0.0, f"{algorithm.name}: testing {len(tasks)} windows")
    with pool(config.processes) as executor:
        return map_in_order(executor, _test_task, tasks, finished)


def _test_task(task: tuple[Algorithm, Panel, FitConfig, int]) -> TestedWindow:
    return _test(*task)


def _test(
    algorithm: Algorithm,
    panel: Panel,
    config: FitConfig,
    cutoff: int,
    progress: Progress = silent,
) -> TestedWindow:
    before, known = panel.before(cutoff), panel.known_between(cutoff, cutoff + config.horizon)
    past = clean_panel(before)
    dormant, future = find_dormant(before, known), find_bounds(past).within(known)
    fitted = algorithm.fit(past, config, progress)
    quantiles, mean = fitted.forecast(future, config.quantiles), fitted.mean(future)
    quantiles[dormant], mean[dormant] = 0.0, 0.0
    return TestedWindow(
        cutoff=cutoff,
        start=future.timestamps[0],
        end=next_periods(future.timestamps[-1], panel.frequency, 1)[0],
        actual=panel.target[:, cutoff : cutoff + config.horizon],
        quantiles=quantiles,
        mean=mean,
        history=past.target,
        season_length=usable_season(config.season_length, cutoff),
    )


def join_backtests(
    keys: tuple[tuple[str, ...], ...], parts: Sequence[tuple[Rows, Backtest]]
) -> Backtest:
    """The backtest of all series ``keys`` from parts: rows among them, and their backtest."""
    windows = zip(*(part.windows for _, part in parts), strict=True)
    rows = [rows for rows, _ in parts]
    joined = tuple(_join_windows(rows, of_parts) for of_parts in windows)
    return replace(parts[0][1], keys=keys, windows=joined)


def _join_windows(rows: Sequence[Rows], windows: Sequence[TestedWindow]) -> TestedWindow:
    order = np.argsort(np.concatenate(rows))
    return replace(
        windows[0],
        actual=np.concatenate([window.actual for window in windows])[order],
        quantiles=np.concatenate([window.quantiles for window in windows])[order],
        mean=np.concatenate([window.mean for window in windows])[order],
        history=np.concatenate([window.history for window in windows])[order],
    )


def average_metrics(windows: Sequence[Metrics]) -> Metrics | None:
    """Each metric, averaged over the windows that define it; None without a window."""
    if not windows:
        return None
    levels = windows[0]["wQL"]
    return Metrics(
        wQL={level: float(np.mean([w["wQL"][level] for w in windows])) for level in levels},
        average_wQL=float(np.mean([w["average_wQL"] for w in windows])),
        WAPE=float(np.mean([w["WAPE"] for w in windows])),
        RMSE=_average([w["RMSE"] for w in windows]),
        MAPE=_average([w["MAPE"] for w in windows]),
        MASE=_average([w["MASE"] for w in windows]),
    )


def _average(values: Sequence[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value
