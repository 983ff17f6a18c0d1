"""Very many series: trained in shards, each a fair sample of them, one after another."""

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
"""Most series x horizon x windows of a shard.

A backtest holds 33 quantiles of each point from every member: some 100 MB a member, and three
times as much while members are weighed. That is 5,000 series with two windows of 48 days.
"""
LEAST_SERIES = 1000  # of a shard, whatever the horizon: they teach each other

Rows = npt.NDArray[np.intp]
Fit = Callable[[Panel, FitConfig, Progress], tuple[Fitted, Backtest]]


def fit_in_shards(
    fit: Fit, panel: Panel, config: FitConfig, progress: Progress
) -> tuple[Fitted, Backtest]:
    """What ``fit`` gives for the panel; with very many series it sees one shard at a time.

    Memory beyond the panel, the model and the tested forecasts is that of one shard. A shard
    knows nothing of the others: its series share their effects, weights and calibration.
    """
    shards = shards_of(panel, config)
    if len(shards) == 1:
        return fit(panel, config, progress)
    fitted: list[Group[Fitted]] = []
    tested = Backtest(panel.keys, config.quantiles, (), ())
    for place, rows in enumerate(shards):
        model, of_shard = fit(panel.take(rows), config, _step(progress, place, len(shards)))
        fitted.append(Group(rows, model))
        tested = _with(tested, panel, rows, of_shard)
    said = f"{panel.n_series} series were trained in {len(shards)} shards of {len(shards[0])}."
    notes = (*tested.notes, said)
    return Grouped(tuple(fitted)), replace(tested, notes=notes)


def shards_of(panel: Panel, config: FitConfig) -> list[Rows]:
    """Rows of each shard, ascending; all rows are in one, and sizes differ by one at most.

    Series are dealt out in the order of a hash of their keys: every shard is a fair sample,
    whatever the order of the panel, and most keep their companions when some come or go.
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


def _step(progress: Progress, place: int, count: int) -> Progress:
    step = part(progress, place / count, (place + 1) / count)
    return lambda share, note: step(share, f"shard {place + 1} of {count}: {note}")


def _with(whole: Backtest, panel: Panel, rows: Rows, shard: Backtest) -> Backtest:
    """The backtest of the panel with that of a shard in its rows; the first sets its windows."""
    if not whole.windows:
        windows = tuple(_empty(window, panel) for window in shard.windows)
        whole = replace(shard, keys=panel.keys, windows=windows)
    for window, of_shard in zip(whole.windows, shard.windows, strict=True):
        window.quantiles[rows] = of_shard.quantiles
        window.mean[rows] = of_shard.mean
    return whole


def _empty(window: TestedWindow, panel: Panel) -> TestedWindow:
    """The same window of the whole panel, of which only what really came is there already."""
    horizon = window.actual.shape[1]
    return replace(
        window,
        actual=panel.target[:, window.cutoff : window.cutoff + horizon],
        quantiles=np.empty((panel.n_series, *window.quantiles.shape[1:])),
        mean=np.empty((panel.n_series, horizon)),
        history=panel.target[:, : window.cutoff],
    )
