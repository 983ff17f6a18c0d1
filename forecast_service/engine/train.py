"""Training: one call returns the fitted model and its accuracy in a backtest."""

from __future__ import annotations

from functools import partial

from forecast_service.engine.algorithm import FitConfig, Fitted, Progress, part, silent
from forecast_service.engine.auto.auto_algorithm import NAME as AUTO
from forecast_service.engine.auto.auto_algorithm import fit_with_backtest
from forecast_service.engine.backtest import Backtest, backtest
from forecast_service.engine.changes import content_of
from forecast_service.engine.guards.dormancy import without_silence
from forecast_service.engine.guards.outliers import without_outliers
from forecast_service.engine.panel import Panel
from forecast_service.engine.pool import pool
from forecast_service.engine.registry import algorithm
from forecast_service.engine.retrain import retrain
from forecast_service.engine.sharding import fit_in_shards
from forecast_service.engine.training_result import Kept, Trained, Window

__all__ = ["Trained", "Window", "train"]


def train(
    name: str,
    panel: Panel,
    config: FitConfig,
    progress: Progress = silent,
    previous: Trained | None = None,
) -> Trained:
    """Fit an algorithm on the whole panel and backtest it on the windows of ``config``.

    ``auto`` backtests each member once, chooses by the result, and fits only the chosen members
    on the whole history. With a ``previous`` training, only what changed since then is fitted
    (``engine.retrain``); if too much changed, everything is fitted and a note gives the reason.
    Very many series are trained in shards (``engine.sharding``).

    Raises
    ------
    InvalidData
        The algorithm does not exist.
    """
    algorithm(name)
    if previous is None:
        return _train_all(name, panel, config, progress)
    result = retrain(name, previous, panel, config, progress)
    if isinstance(result, Trained):
        return result
    return _train_all(name, panel, config, progress, f"Every series was fitted again: {result}.")


def _train_all(
    name: str, panel: Panel, config: FitConfig, progress: Progress, *reasons: str
) -> Trained:
    with pool(config.processes):
        fitted, tested = fit_in_shards(partial(_fit, name), panel, config, progress)
    windows = tuple(
        Window(window.start, window.end, window.item_count, window.metrics(tested.levels))
        for window in tested.windows
        if window.item_count
    )
    content = content_of(name, panel, config)
    kept = Kept(content.until, content.until, tested.notes)
    return Trained(fitted, windows, (*tested.notes, *reasons), content, kept, tested=tested)


def _fit(name: str, panel: Panel, config: FitConfig, progress: Progress) -> tuple[Fitted, Backtest]:
    if name == AUTO:
        return fit_with_backtest(panel, config, progress)
    chosen = algorithm(name)
    share = config.backtest_windows / (config.backtest_windows + 1)
    panel = without_silence(panel)
    tested = backtest(chosen, panel, config, part(progress, 0, share))
    return chosen.fit(without_outliers(panel), config, part(progress, share, 1)), tested
