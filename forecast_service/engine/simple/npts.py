"""NPTS: the past sales of a series as its distribution; new days of the same weekday count most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from forecast_service.common.wording.coded import say
from forecast_service.engine.algorithm import FitConfig, Progress, silent
from forecast_service.engine.calendar import weekday_of
from forecast_service.engine.closing import Closing
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.engine.periods.frequency import Times, parse_frequency
from forecast_service.engine.simple.empirical_distribution import weighted_mean, weighted_quantiles
from forecast_service.engine.simple.npts_options import NptsOptions
from forecast_service.engine.simple.seasonal_naive import fit_seasonal_naive
from forecast_service.engine.simple.series_models import (
    SeriesModels,
    naive_arrays,
    naive_of,
    notes_of,
)

__all__ = ["NAME", "FittedNpts", "Npts", "season_feature"]

NAME = "npts"

_Arrays = Mapping[str, npt.NDArray[np.generic]]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class FittedNpts(SeriesModels):
    """The history that is sampled: ``sold`` (m, T) of the modelled series, NaN if not known."""

    name: ClassVar[str] = NAME

    sold: FloatArray
    times: Times
    options: NptsOptions

    def quantiles(self, known_future: KnownFuture, levels: Sequence[float]) -> FloatArray:
        values = np.zeros((len(self.rows), known_future.horizon, len(levels)))
        for periods, past, weights in self._seasons(known_future):
            values[:, periods] = weighted_quantiles(past, weights, levels)[:, None]
        return values

    def means(self, known_future: KnownFuture) -> FloatArray:
        values = np.zeros((len(self.rows), known_future.horizon))
        for periods, past, weights in self._seasons(known_future):
            values[:, periods] = weighted_mean(past, weights)[:, None]
        return values

    def take(self, rows: Rows, known_future: KnownFuture) -> FittedNpts:
        new, ours = self.locate(rows)
        return replace(
            self,
            naive=self.naive.take(rows, known_future),
            rows=new,
            notes=tuple(self.notes[row] for row in rows),
            sold=self.sold[ours],
        )

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        texts = self.options.texts()
        return {
            **naive_arrays(self),
            "sold": self.sold,
            "times": self.times,
            "options": np.array([list(texts), list(texts.values())], dtype=np.str_),
        }

    def _seasons(
        self, known_future: KnownFuture
    ) -> Iterator[tuple[npt.NDArray[np.bool_], FloatArray, FloatArray]]:
        """For each season: its periods (a mask), the past values for them, and their weights.

        A series without known values in a season uses the values of all seasons.
        """
        self.naive.steps(known_future)
        age = np.arange(self.sold.shape[1], 0, -1, dtype=np.float64)
        logs = np.where(np.isfinite(self.sold), -self.options.decay * age, -np.inf)
        if not self.options.is_seasonal:
            yield np.ones(known_future.horizon, dtype=bool), self.sold, _weights(logs)
            return
        past = season_feature(self.times, self.naive.frequency)
        ahead = season_feature(known_future.timestamps, self.naive.frequency)
        for season in np.unique(ahead):
            is_same = np.asarray(past == season, dtype=bool)
            lacks = np.asarray(~np.isfinite(logs[:, is_same]).any(axis=1))
            used = np.ones_like(is_same) if lacks.any() else is_same
            of_season = np.where(lacks[:, None] | is_same[used], logs[:, used], -np.inf)
            yield np.asarray(ahead == season), self.sold[:, used], _weights(of_season)


class Npts:
    """Amazon's non-parametric time series: a weighted distribution of past observations.

    The distribution of a day consists of the observations of the same season (for daily data, the
    same day of the week); without ``use_seasonal_model``, of all observations. An observation has
    the weight ``exp(-exp_kernel_weights * age)`` (kernel "exponential") or all have the same
    ("uniform", the climatological forecaster). Amazon draws samples. Here quantiles and mean are
    computed from the weights, which is the limit of many samples. All days of the horizon in one
    season have the same forecast, because the decay cancels out. Forecasts stay within the
    observed range.

    Options: ``config.options``, see ``NptsOptions``. Minimum history: one known day; a series
    without any gets seasonal naive and a note. Any quantile. Nothing is random. No covariates
    except ``open``: closed days are not sampled.
    Source: Amazon Forecast developer guide, "Non-Parametric Time Series (NPTS) Algorithm"; the
    formula of the kernel as in GluonTS, ``NPTSPredictor``, with the age in periods.
    """

    name = NAME

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> FittedNpts:
        options = NptsOptions.parse(config.options or {})
        fitted = _fit(panel, options, config.season_length, None)
        progress(1.0, f"NPTS: {panel.n_series} series")
        return fitted

    def condition(self, fitted: FittedNpts, panel: Panel) -> FittedNpts:
        """The same options over the newer data; the model has no fitted parameters."""
        before = {key: row for row, key in enumerate(fitted.keys)}
        closing = fitted.naive.closing.carried_to(panel, before)
        return _fit(panel, fitted.options, fitted.naive.season_length, closing)

    def from_arrays(self, arrays: _Arrays) -> FittedNpts:
        names, texts = arrays["options"].tolist()
        return FittedNpts(
            naive=naive_of(arrays),
            rows=arrays["rows"].astype(np.intp),
            notes=notes_of(arrays),
            sold=arrays["sold"].astype(np.float64),
            times=arrays["times"].astype("datetime64[s]"),
            options=NptsOptions.parse(dict(zip(names, texts, strict=True))),
        )


def season_feature(times: Times, frequency: str) -> npt.NDArray[np.int64]:
    """The seasonal feature of each period: for daily data the day of the week.

    Minutes: minute of the hour; hours: hour of the day; weeks: day of the month; months: month of
    the year; years: none.
    Source: Amazon Forecast developer guide, "NPTS", "Seasonal Features".
    """
    unit = parse_frequency(frequency).unit
    days = times.astype("datetime64[D]")
    if unit == "D":
        return weekday_of(days)
    if unit in ("H", "min"):
        size = "h" if unit == "H" else "m"
        return np.asarray(times.astype(f"datetime64[{size}]").astype(np.int64) % _PER[unit])
    months = times.astype("datetime64[M]")
    if unit == "W":
        return np.asarray((days - months.astype("datetime64[D]")).astype(np.int64))
    return np.asarray(months.astype(np.int64) % _PER[unit])


def _weights(logs: FloatArray) -> FloatArray:
    """Weights with these logs, scaled so that the largest in a row is 1; 0 for -infinity."""
    highest = logs.max(axis=1, keepdims=True, initial=-np.inf)
    return np.exp(logs - np.where(np.isfinite(highest), highest, 0.0))


_PER = {"min": 60, "H": 24, "M": 12, "Y": 1}


def _fit(
    panel: Panel, options: NptsOptions, season_length: int, closing: Closing | None
) -> FittedNpts:
    naive = fit_seasonal_naive(panel, season_length, closing)
    sold = naive.closing.open_target(panel)
    notes = list(naive.notes)
    known = np.isfinite(sold)
    begin = max(0, panel.n_periods - (options.context_length or panel.n_periods))
    is_stale = known.any(axis=1) & ~known[:, begin:].any(axis=1)
    for row in np.flatnonzero(is_stale):
        notes[row] = notes[row] or say("no_context", periods=options.context_length)
    rows = np.flatnonzero(known.any(axis=1))
    if is_stale.any():
        sold[~is_stale, :begin] = np.nan
    else:
        sold = sold[:, begin:]
    times = panel.timestamps[-sold.shape[1] :]
    return FittedNpts(naive, rows, tuple(notes), sold[rows], times, options)
