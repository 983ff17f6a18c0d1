"""TSB: the probability and the size of a sale, both smoothed exponentially."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import FitConfig, Progress, silent
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.engine.simple.empirical_distribution import weighted_mean, weighted_quantiles
from forecast_service.engine.simple.seasonal_naive import (
    FittedSeasonalNaive,
    fit_seasonal_naive,
)
from forecast_service.engine.simple.series_models import (
    SeriesModels,
    naive_arrays,
    naive_of,
    notes_of,
)

__all__ = ["NAME", "RATES", "FittedTsb", "Tsb", "best_rates"]

NAME = "tsb"
RATES = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.3])

_Arrays = Mapping[str, npt.NDArray[np.generic]]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class FittedTsb(SeriesModels):
    """``probability`` (m,) of a sale on an open day; ``sizes`` (m, k) of sales, with ``weights``.

    ``rates`` (m, 2) are the smoothing parameters of probability and size. The weights of a series
    add up to 1, and the weighted mean is the smoothed size; unused places have weight 0.
    """

    name: ClassVar[str] = NAME

    probability: FloatArray
    sizes: FloatArray
    weights: FloatArray
    rates: FloatArray

    def quantiles(self, known_future: KnownFuture, levels: Sequence[float]) -> FloatArray:
        self.naive.steps(known_future)
        nothing = np.zeros((len(self.rows), 1))
        values = np.hstack([nothing, self.sizes])
        shares = np.hstack(
            [1 - self.probability[:, None], self.probability[:, None] * self.weights]
        )
        of_any_day = weighted_quantiles(values, shares, levels)
        return np.repeat(of_any_day[:, None], known_future.horizon, axis=1)

    def means(self, known_future: KnownFuture) -> FloatArray:
        self.naive.steps(known_future)
        of_any_day = self.probability * weighted_mean(self.sizes, self.weights)
        return np.repeat(of_any_day[:, None], known_future.horizon, axis=1)

    def take(self, rows: Rows, known_future: KnownFuture) -> FittedTsb:
        new, ours = self.locate(rows)
        return replace(
            self,
            naive=self.naive.take(rows, known_future),
            rows=new,
            notes=tuple(self.notes[row] for row in rows),
            probability=self.probability[ours],
            sizes=self.sizes[ours],
            weights=self.weights[ours],
            rates=self.rates[ours],
        )

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        names = ("probability", "sizes", "weights", "rates")
        return {**naive_arrays(self), **{name: getattr(self, name) for name in names}}


class Tsb:
    """Teunter, Syntetos and Babai's method for intermittent demand, with a distribution.

    The probability of a sale is smoothed over all open days, the size of a sale over the days with
    sales. Expected demand is their product; unlike Croston's, it falls while nothing is sold. Both
    start from the mean of the history. Each smoothing parameter is the value of a grid with the
    least squared error of one-step forecasts (for the probability, the Brier score). The
    distribution is 0 with ``1 - probability``, otherwise one of the past sizes, with the weights
    of the smoothed size. It is the same for every day of the horizon.

    Minimum history: one known day; a series without any gets seasonal naive and a note. Any
    quantile. Nothing is random. No covariates except ``open``: closed days do not count.
    Source: Teunter, Syntetos, Babai, "Intermittent demand: linking forecasting to inventory
    obsolescence", European Journal of Operational Research 214 (2011). Sizes drawn from the past:
    Willemain, Smart, Schwarz, International Journal of Forecasting 20 (2004).
    """

    name = NAME

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> FittedTsb:
        naive = fit_seasonal_naive(panel, config.season_length)
        fitted = _fit(naive, panel, np.full((panel.n_series, 2), np.nan))
        progress(1.0, f"TSB: {panel.n_series} series")
        return fitted

    def condition(self, fitted: FittedTsb, panel: Panel) -> FittedTsb:
        """The same smoothing parameters over the newer data; for new series they are searched."""
        before = {key: row for row, key in enumerate(fitted.keys)}
        closing = fitted.naive.closing.carried_to(panel, before)
        naive = fit_seasonal_naive(panel, fitted.naive.season_length, closing)
        index_of = {fitted.keys[row]: index for index, row in enumerate(fitted.rows)}
        index = np.array([index_of.get(key, -1) for key in panel.keys], dtype=np.intp)
        rates = np.where(index[:, None] < 0, np.nan, np.vstack([fitted.rates, [[0, 0]]])[index])
        return _fit(naive, panel, rates)

    def from_arrays(self, arrays: _Arrays) -> FittedTsb:
        names = ("probability", "sizes", "weights", "rates")
        return FittedTsb(
            naive_of(arrays),
            arrays["rows"].astype(np.intp),
            notes_of(arrays),
            **{name: arrays[name].astype(np.float64) for name in names},
        )


def _fit(naive: FittedSeasonalNaive, panel: Panel, rates: FloatArray) -> FittedTsb:
    """TSB of every series with a known day; ``rates`` (n, 2) are searched where they are NaN."""
    sold = naive.closing.open_target(panel)
    rows = np.flatnonzero(np.isfinite(sold).any(axis=1))
    sold = sold[rows]
    sells = np.where(np.isnan(sold), np.nan, (sold > 0).astype(np.float64))
    sizes = _pack(np.where(sold > 0, sold, np.nan))
    is_new = np.isnan(rates[rows])
    best = np.stack([best_rates(sells, is_new[:, 0]), best_rates(sizes, is_new[:, 1])], axis=1)
    rates = np.where(is_new, best, rates[rows])
    return FittedTsb(
        naive=naive,
        rows=rows,
        notes=naive.notes,
        probability=weighted_mean(sells, _shares(sells, rates[:, 0])),
        sizes=np.nan_to_num(sizes),
        weights=_shares(sizes, rates[:, 1]),
        rates=rates,
    )


def best_rates(values: FloatArray, mask: npt.NDArray[np.bool_]) -> FloatArray:
    """The rate of ``RATES`` with the least squared error of one-step forecasts, (n,).

    Of equal rates the smallest. NaN for rows outside the mask (n,).
    """
    rates = np.full(len(values), np.nan)
    chosen = values[mask]
    if not chosen.size:
        return rates
    level = np.repeat(_means(chosen)[:, None], len(RATES), axis=1)
    errors = np.zeros_like(level)
    for column in chosen.T:
        miss = np.where(np.isnan(column), 0.0, column)[:, None] - level
        miss[np.isnan(column)] = 0.0
        errors += miss**2
        level += RATES * miss
    rates[mask] = RATES[np.argmin(errors, axis=1)]
    return rates


def _shares(values: FloatArray, rate: FloatArray) -> FloatArray:
    """Weights (n, k) of the known values in their exponentially smoothed level.

    A value has ``rate * (1 - rate) ** (number of later values)``. The remaining weight belongs to
    the start, which is the mean, and is divided equally. They add up to 1, or to 0 for a row
    without known values.
    """
    known = ~np.isnan(values)
    later = known[:, ::-1].cumsum(axis=1)[:, ::-1] - known
    count = known.sum(axis=1)
    start = (1 - rate) ** count / np.maximum(count, 1)
    shares = rate[:, None] * (1 - rate[:, None]) ** later + start[:, None]
    return np.where(known, shares, 0.0)


def _pack(values: FloatArray) -> FloatArray:
    """The known values of each row in order, then NaN; as few columns as possible."""
    known = ~np.isnan(values)
    order = np.argsort(~known, axis=1, kind="stable")
    return np.take_along_axis(values, order, axis=1)[:, : max(1, known.sum(axis=1).max(initial=0))]


def _means(values: FloatArray) -> FloatArray:
    return weighted_mean(values, (~np.isnan(values)).astype(np.float64))
