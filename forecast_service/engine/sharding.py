"""Training of very many series in shards, one after another; each shard is a fair sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import FitConfig, Fitted, Progress, part
from forecast_service.engine.backtest import Backtest, TestedWindow
from forecast_service.engine.grouped import Group, Grouped
from forecast_service.engine.panel import Panel

__all__ = ["Fit", "fit_in_shards", "shards_of"]

MOST_POINTS = 480_000
"""Most points (series x horizon x windows) of a shard: 5,000 series with two windows of 48 days.

A backtest holds 33 quantiles of each point for every member: about 100 MB per member, and three
times as much while the weights are computed.
"""
LEAST_SERIES = 1000  # of a shard, even with a long horizon: shared effects need many series

Rows = npt.NDArray[np.intp]
Fit = Callable[[Panel, FitConfig, Progress], tuple[Fitted, Backtest]]


def fit_in_shards(
    fit: Fit, panel: Panel, config: FitConfig, progress: Progress
) -> tuple[Fitted, Backtest]:
    """Fit and backtest the panel; very many series are fitted one shard at a time.

    Besides the panel, the model and the tested forecasts, memory holds one shard only. Each shard
    is fitted alone: its series share their effects, weights and calibration.
    """
    shards = shards_of(panel, config)
    if len(shards) == 1:
        return fit(panel, config, progress)
    fitted: list[Group[Fitted]] = []
    tested = Backtest(panel.keys, config.quantiles, (), ())
    for number, rows in enumerate(shards):
        model, of_shard = fit(panel.take(rows), config, _step(progress, number, len(shards)))
        fitted.append(Group(rows, model))
        tested = _add_shard(tested, panel, rows, of_shard)
    note = f"{panel.n_series} series were trained in {len(shards)} shards of {len(shards[0])}."
    return Grouped(tuple(fitted)), replace(tested, notes=(*tested.notes, note))


def shards_of(panel: Panel, config: FitConfig) -> list[Rows]:
    """Rows of each shard, ascending; every row is in one shard, and sizes differ by at most one.

    Series are dealt out in the order of a hash of their keys. So every shard is a fair sample for
    any order of the panel, and most series stay together when some come or go.
    """
    most = config.shard_series or max(
        LEAST_SERIES, MOST_POINTS // (config.horizon * max(config.backtest_windows, 1))
    )
    count = max(1, -(-panel.n_series // most))
    if count == 1:
        return [np.arange(panel.n_series)]
    hashes = [blake2b("\0".join(key).encode(), digest_size=8).digest() for key in panel.keys]
    order = np.argsort(np.frombuffer(b"".join(hashes), dtype=">u8"), kind="stable")
    return [np.sort(rows) for rows in np.array_split(order, count)]


def _step(progress: Progress, number: int, count: int) -> Progress:
    step = part(progress, number / count, (number + 1) / count)
    return lambda share, note: step(share, f"shard {number + 1} of {count}: {note}")


def _add_shard(whole: Backtest, panel: Panel, rows: Rows, shard: Backtest) -> Backtest:
    """The backtest of the panel, with the forecasts of a shard written into its rows.

    The first shard creates the windows.
    """
    if not whole.windows:
        windows = tuple(_empty_window(window, panel) for window in shard.windows)
        whole = replace(shard, keys=panel.keys, windows=windows)
    for window, of_shard in zip(whole.windows, shard.windows, strict=True):
        window.quantiles[rows] = of_shard.quantiles
        window.mean[rows] = of_shard.mean
    return whole


def _empty_window(window: TestedWindow, panel: Panel) -> TestedWindow:
    """The same window for the whole panel: actual values filled in, forecasts still to come."""
    horizon = window.actual.shape[1]
    return replace(
        window,
        actual=panel.target[:, window.cutoff : window.cutoff + horizon],
        quantiles=np.empty((panel.n_series, *window.quantiles.shape[1:])),
        mean=np.empty((panel.n_series, horizon)),
        history=panel.target[:, : window.cutoff],
    )
