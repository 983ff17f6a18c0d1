"""Shapley values of covariates: how far each moves a forecast from that of usual weeks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

import numpy as np

from forecast_service.engine.panel import FloatArray, KnownFuture, Panel

__all__ = ["backgrounds", "shapley_values"]

EXACT = 6  # up to this many covariates, every subset is forecast: at most 64 of them
ORDERS = 12  # with more of them: orders that are tried, each forwards and backwards
WINDOWS = 4  # past windows that stand for what is usual

Subset = frozenset[str]
Ask = Callable[[KnownFuture], FloatArray]


def backgrounds(panel: Panel, future: KnownFuture, season_length: int) -> list[KnownFuture]:
    """The covariates of the last windows of the history, in the periods of the future.

    They begin at the same place in the season. A value that is not known is that of the future.
    """
    span = math.ceil(future.horizon / season_length) * season_length
    starts = [panel.n_periods - number * span for number in range(1, WINDOWS + 1)]
    return [
        KnownFuture(
            future.timestamps,
            {
                name: _known(panel.covariates[name][:, start : start + future.horizon], values)
                for name, values in future.covariates.items()
            },
        )
        for start in starts
        if start >= 0
    ]


def shapley_values(
    ask: Ask, future: KnownFuture, usual: Sequence[KnownFuture], seed: int
) -> dict[str, FloatArray]:
    """The value (n, horizon) of each covariate; ``ask`` forecasts a future.

    A subset of the covariates is worth the forecast in which these are as planned and the others
    as in a ``usual`` window, averaged over the windows. The values add up to the difference between
    the forecast and that of the usual windows. Up to six covariates they are exact.
    """
    names = sorted(future.covariates)
    if not usual:
        return {name: np.zeros_like(future.covariates[name]) for name in names}

    @cache
    def worth(planned: Subset) -> FloatArray:
        mixed = (_mixed(future, window, planned) for window in usual)
        average: FloatArray = np.mean([ask(one) for one in mixed], axis=0)
        return average

    if len(names) <= EXACT:
        return {name: _exact(name, names, worth) for name in names}
    return _sampled(names, worth, seed)


def _exact(name: str, names: Sequence[str], worth: Callable[[Subset], FloatArray]) -> FloatArray:
    others = [other for other in names if other != name]
    value = np.zeros_like(worth(frozenset()))
    for size in range(len(names)):
        share = 1 / (len(names) * math.comb(len(others), size))
        for some in itertools.combinations(others, size):
            value += share * (worth(frozenset((*some, name))) - worth(frozenset(some)))
    return value


def _sampled(
    names: Sequence[str], worth: Callable[[Subset], FloatArray], seed: int
) -> dict[str, FloatArray]:
    values = {name: np.zeros_like(worth(frozenset())) for name in names}
    for order in _orders(names, seed):
        before = worth(frozenset())
        for place, name in enumerate(order):
            after = worth(frozenset(order[: place + 1]))
            values[name] += (after - before) / (2 * ORDERS)
            before = after
    return values


def _orders(names: Sequence[str], seed: int) -> Iterator[list[str]]:
    generator = np.random.default_rng(seed)
    for _ in range(ORDERS):
        order = [names[place] for place in generator.permutation(len(names))]
        yield order
        yield order[::-1]


def _mixed(future: KnownFuture, window: KnownFuture, planned: Subset) -> KnownFuture:
    mixed: Mapping[str, FloatArray] = {
        name: (future if name in planned else window).covariates[name] for name in future.covariates
    }
    return KnownFuture(future.timestamps, mixed)


def _known(past: FloatArray, planned: FloatArray) -> FloatArray:
    return np.where(np.isfinite(past), past, planned)
