"""Seasonal naive: the sales of the same day in the last season. Every model falls back to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from forecast_service.common.wording.coded import say
from forecast_service.engine.algorithm import FitConfig, Progress, silent
from forecast_service.engine.calendar import periods_between
from forecast_service.engine.closing import Closing, find_closing
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.engine.periods.frequency import usable_season
from forecast_service.engine.quantiles import clip_mean, clip_quantiles, require_levels
from forecast_service.errors import InvalidData

__all__ = ["NAME", "NEW", "FittedSeasonalNaive", "SeasonalNaive", "fit_seasonal_naive"]

NAME = "seasonal_naive"
NEW = say("new_series")
NOTHING_KNOWN = say("no_known_sales")
ONE_KNOWN = say("one_known_day")

_Arrays = Mapping[str, npt.NDArray[np.generic]]


@dataclass(frozen=True)
class FittedSeasonalNaive:
    """Last known value of each day of the season, its age, and the spread between seasons.

    ``last`` and ``age`` have shape (n, season_length); column p is for the p-th day after
    ``until``. ``age`` is the number of seasons from the known value to the first forecast of that
    day. ``spread`` (n,) is the standard deviation between one season and the next.
    """

    keys: tuple[tuple[str, ...], ...]
    until: np.datetime64
    frequency: str
    closing: Closing
    last: FloatArray
    age: FloatArray
    spread: FloatArray
    notes: tuple[str | None, ...]

    @property
    def algorithms(self) -> tuple[str, ...]:
        return (NAME,) * len(self.keys)

    @property
    def season_length(self) -> int:
        return int(self.last.shape[1])

    def forecast(self, known_future: KnownFuture, quantiles: Sequence[float]) -> FloatArray:
        """Quantiles (n, horizon, levels): normal around the last known value.

        The standard deviation is ``spread * sqrt(k)``, k seasons after that value.
        Source: Hyndman & Athanasopoulos, Forecasting: Principles and Practice (3rd ed.), 5.5.
        """
        steps = self.steps(known_future)
        phase = steps % self.season_length
        deviation = self.spread[:, None] * np.sqrt(self.age[:, phase] + steps // self.season_length)
        scores = np.array([NormalDist().inv_cdf(q) for q in require_levels(quantiles)])
        values = self.last[:, phase, None] + deviation[:, :, None] * scores
        return clip_quantiles(values, self.closed(known_future))

    def mean(self, known_future: KnownFuture) -> FloatArray:
        phase = self.steps(known_future) % self.season_length
        return clip_mean(self.last[:, phase], self.closed(known_future))

    def take(self, rows: npt.NDArray[np.intp], known_future: KnownFuture) -> FittedSeasonalNaive:
        return replace(
            self,
            keys=tuple(self.keys[row] for row in rows),
            closing=self.closing.take(rows),
            last=self.last[rows],
            age=self.age[rows],
            spread=self.spread[rows],
            notes=tuple(self.notes[row] for row in rows),
        )

    def contributions(self, known_future: KnownFuture) -> Mapping[str, FloatArray]:
        return {"level": self.mean(known_future)}

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {
            "keys": _texts([json.dumps(key) for key in self.keys]),
            "until": np.array([self.until], dtype="datetime64[s]"),
            "frequency": _texts([self.frequency]),
            "closing": _texts([self.closing.covariate or ""]),
            "closing_applies": self.closing.applies,
            "last": self.last,
            "age": self.age,
            "spread": self.spread,
            "notes": _texts([json.dumps(note) for note in self.notes]),
        }

    def steps(self, known_future: KnownFuture) -> npt.NDArray[np.int64]:
        """Index of each period in the horizon, from 0; InvalidData if the model has seen it."""
        steps = periods_between(self.until, known_future.timestamps, self.frequency) - 1
        if known_future.horizon and steps.min() < 0:
            raise InvalidData(
                f"'{known_future.timestamps.min()}' is not in the future: the model has seen all "
                f"periods until {self.until}. Forecast later periods."
            )
        return steps

    def closed(self, known_future: KnownFuture) -> npt.NDArray[np.bool_]:
        """The days on which a store is known to be closed, (n, horizon)."""
        return self.closing.closed(known_future.covariates, (len(self.keys), known_future.horizon))


class SeasonalNaive:
    """Repeats the last known season.

    A day of the season without a known value takes the mean of the other days. The spread is the
    root mean square of the differences between seasons. With fewer than two differences it is the
    standard deviation of the known days; with one known day, half of its value. With no known day
    the forecast is 0. The last two cases get a note. Minimum history: none. Any quantile. Nothing
    is random. No covariates except ``open``.
    """

    name = NAME

    def fit(
        self, panel: Panel, config: FitConfig, progress: Progress = silent
    ) -> FittedSeasonalNaive:
        fitted = fit_seasonal_naive(panel, config.season_length)
        progress(1.0, f"seasonal naive: {panel.n_series} series")
        return fitted

    def condition(self, fitted: FittedSeasonalNaive, panel: Panel) -> FittedSeasonalNaive:
        return fit_seasonal_naive(panel, fitted.season_length)

    def from_arrays(self, arrays: _Arrays) -> FittedSeasonalNaive:
        return FittedSeasonalNaive(
            keys=tuple(tuple(json.loads(str(text))) for text in arrays["keys"]),
            until=arrays["until"].astype("datetime64[s]")[0],
            frequency=str(arrays["frequency"][0]),
            closing=Closing(
                str(arrays["closing"][0]) or None, arrays["closing_applies"].astype(bool)
            ),
            last=arrays["last"].astype(np.float64),
            age=arrays["age"].astype(np.float64),
            spread=arrays["spread"].astype(np.float64),
            notes=tuple(json.loads(str(text)) for text in arrays["notes"]),
        )


def fit_seasonal_naive(
    panel: Panel, season_length: int, closing: Closing | None = None
) -> FittedSeasonalNaive:
    """Seasonal naive of every series; without ``closing`` the rule is derived from the panel.

    A history shorter than one season repeats its last value.
    """
    rule = closing or find_closing(panel)
    values = rule.open_target(panel)
    seasons = _by_season(values, usable_season(season_length, panel.n_periods))
    last, age = _last_known(seasons)
    count = (~np.isnan(values)).sum(axis=1)
    return FittedSeasonalNaive(
        keys=panel.keys,
        until=panel.timestamps[-1],
        frequency=panel.frequency,
        closing=rule,
        last=last,
        age=age,
        spread=_spread(seasons, values, count),
        notes=tuple({0: NOTHING_KNOWN, 1: ONE_KNOWN}.get(int(known)) for known in count),
    )


def _by_season(values: FloatArray, length: int) -> FloatArray:
    """The history as (n, seasons, length), padded with NaN at the start; the last one is full."""
    missing = -values.shape[1] % length
    padded = np.pad(values, ((0, 0), (missing, 0)), constant_values=np.nan)
    seasons: FloatArray = padded.reshape(len(values), -1, length)
    return seasons


def _last_known(seasons: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Last known value of each day of the season and its age; both (n, length)."""
    known = ~np.isnan(seasons)
    count = seasons.shape[1]
    newest = count - 1 - np.argmax(known[:, ::-1], axis=1)
    last = np.take_along_axis(seasons, newest[:, None, :], axis=1)[:, 0]
    is_known = known.any(axis=1)
    known_days = is_known.sum(axis=1, keepdims=True)
    total = np.where(is_known, last, 0.0).sum(axis=1, keepdims=True)
    age = (count - newest).astype(np.float64)
    youngest = np.where(is_known, age, np.inf).min(axis=1, keepdims=True)
    return (
        np.where(is_known, last, total / np.maximum(known_days, 1)),
        np.where(is_known, age, np.where(np.isfinite(youngest), youngest, 1.0)),
    )


def _spread(seasons: FloatArray, values: FloatArray, count: npt.NDArray[np.int64]) -> FloatArray:
    differences = seasons[:, 1:] - seasons[:, :-1]
    known = ~np.isnan(differences)
    pairs = known.sum(axis=(1, 2))
    squares = np.where(known, differences, 0.0) ** 2
    between_seasons = np.sqrt(squares.sum(axis=(1, 2)) / np.maximum(pairs, 1))
    filled = np.where(np.isnan(values), 0.0, values)
    level = filled.sum(axis=1) / np.maximum(count, 1)
    around = np.where(np.isnan(values), 0.0, values - level[:, None])
    within = np.sqrt((around**2).sum(axis=1) / np.maximum(count - 1, 1))
    simpler = np.where(count >= 2, within, np.abs(level) / 2)
    return np.asarray(np.where(pairs >= 2, between_seasons, simpler))


def _texts(values: Sequence[str]) -> npt.NDArray[np.str_]:
    return np.array(list(values), dtype=np.str_)
