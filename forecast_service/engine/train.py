"""Training: one call gives the fitted model and how well it did in its backtest."""

from __future__ import annotations

from functools import partial

from forecast_service.engine.algorithm import FitConfig, Fitted, Progress, part, silent
from forecast_service.engine.auto.auto_algorithm import NAME as AUTO
from forecast_service.engine.auto.auto_algorithm import fit_with_backtest
from forecast_service.engine.backtest import Backtest, backtest
from forecast_service.engine.calendar import require_trainable
from forecast_service.engine.changes import content_of
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
    """Fit an algorithm on all of the panel and backtest it on the windows of ``config``.

    ``auto`` backtests each of its candidates once, uses that to choose, and trains on all of
    the history only what was chosen. With a ``previous`` training, only what changed since then
    is fitted, if that is little (``engine.retrain``); else a note says why it was not used.
    Very many series are trained in shards (``engine.sharding``).

    Raises
    ------
    InvalidData
        There is no such algorithm, or the frequency cannot be trained on.
    """
    require_trainable(panel.frequency)
    algorithm(name)
    if previous is None:
        return _train_all(name, panel, config, progress)
    found = retrain(name, previous, panel, config, progress)
    if isinstance(found, Trained):
        return found
    return _train_all(name, panel, config, progress, f"Every series was fitted again: {found}.")


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
    return Trained(fitted, windows, (*tested.notes, *reasons), content, kept)


def _fit(name: str, panel: Panel, config: FitConfig, progress: Progress) -> tuple[Fitted, Backtest]:
    if name == AUTO:
        return fit_with_backtest(panel, config, progress)
    chosen = algorithm(name)
    share = config.backtest_windows / (config.backtest_windows + 1)
    tested = backtest(chosen, panel, config, part(progress, 0, share))
    return chosen.fit(panel, config, part(progress, share, 1)), tested
