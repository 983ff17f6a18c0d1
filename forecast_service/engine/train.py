"""Training: one call gives the fitted model and how well it did in its backtest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast_service.engine.algorithms import algorithm
from forecast_service.engine.algorithms.auto import NAME as AUTO
from forecast_service.engine.algorithms.auto import fit_with_backtest
from forecast_service.engine.algorithms.base import FitConfig, Fitted, Progress, part, silent
from forecast_service.engine.backtest import Backtest, Metrics, average_metrics, backtest
from forecast_service.engine.calendar import require_trainable
from forecast_service.engine.panel import Panel
from forecast_service.engine.pool import pool

__all__ = ["Trained", "Window", "train"]


@dataclass(frozen=True)
class Window:
    """Accuracy in one test window, for ``GetAccuracyMetrics``."""

    start: np.datetime64
    """First tested period."""
    end: np.datetime64
    """First period after the window: exclusive, as Amazon reports it."""
    item_count: int
    """Series with at least one known value in the window."""
    metrics: Metrics


@dataclass(frozen=True)
class Trained:
    """What a training gives: the model, its accuracy, and what has to be said about both."""

    fitted: Fitted
    windows: tuple[Window, ...]
    """Most recent first; empty when the history allows no window (``notes`` says so)."""
    backtest: Backtest
    notes: tuple[str, ...]
    """Sentences about the training as a whole; ``fitted.notes`` has those about one series."""

    @property
    def summary(self) -> Metrics | None:
        """Each metric averaged over the windows; None without a window."""
        return average_metrics([window.metrics for window in self.windows])


def train(name: str, panel: Panel, config: FitConfig, progress: Progress = silent) -> Trained:
    """Fit an algorithm on all of the panel and backtest it on the windows of ``config``.

    ``auto`` backtests each of its candidates once, uses that to choose, and trains on all of
    the history only what was chosen.

    Raises
    ------
    InvalidData
        There is no such algorithm, or the frequency cannot be trained on.
    """
    require_trainable(panel.frequency)
    fitted: Fitted
    with pool(config.processes):
        if name == AUTO:
            fitted, tested = fit_with_backtest(panel, config, progress)
        else:
            chosen = algorithm(name)
            share = config.backtest_windows / (config.backtest_windows + 1)
            tested = backtest(chosen, panel, config, part(progress, 0, share))
            fitted = chosen.fit(panel, config, part(progress, share, 1))
    windows = tuple(
        Window(window.start, window.end, window.item_count, window.metrics(tested.levels))
        for window in tested.windows
        if window.item_count
    )
    return Trained(fitted, windows, tested, tested.notes)
