"""Prophet's models as arrays: trend, seasons, holidays and covariates of many series at once.

This module does not need the ``prophet`` package: forecasting starts fast and files stay small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray
from forecast_service.engine.periods.frequency import Times
from forecast_service.errors import InvalidData

__all__ = [
    "CHANGEPOINTS",
    "WEEKLY",
    "YEARLY",
    "Parameters",
    "Part",
    "ProphetModels",
    "empty_models",
    "fourier",
    "holiday_features",
    "stack_models",
]

YEARLY = (365.25, 10)  # period in days and Fourier order, as in Prophet
WEEKLY = (7.0, 3)
DAILY = (1.0, 4)
CHANGEPOINTS = 25
SHARED = ("holiday_names", "holiday_days", "covariate_names", "rows")  # no value per model
RESERVED = ("trend", "weekly", "yearly", "daily", "holidays", "level", "floor")

Part = dict[str, FloatArray]
Parameters = dict[str, FloatArray]
"""Parameters of one series under the field names of ProphetModels."""


@dataclass(frozen=True)
class ProphetModels:
    """Parameters of ``m`` fitted series, one row per series, in Prophet's scaled units.

    ``y = floor + y_scale * (g + X beta) + level``; a multiplicative model has ``g * (1 + X beta)``
    in the brackets. The trend is ``g = k t + offset + sum_c delta_c (t - c)+`` with
    ``t = (time - start) / t_scale``; with a finite cap it is
    ``g = C / (1 + exp(-u))``, ``u = k (t - offset) + sum_c delta_c (t - c)+`` and
    ``C = (cap - floor) / y_scale``. Unused changepoints are infinite with delta 0; unused
    features have beta 0.
    """

    holiday_names: npt.NDArray[np.str_]
    holiday_days: npt.NDArray[np.int64]
    """Every holiday of every year covered, as (name index, day since the epoch), shape (d, 2)."""
    covariate_names: npt.NDArray[np.str_]
    rows: npt.NDArray[np.int64]
    """(m,) row of each series in the panel."""
    start: FloatArray
    """(m,) seconds since the epoch."""
    until: FloatArray
    """(m,) last period of the panel that the model was fitted on, seconds since the epoch."""
    t_scale: FloatArray
    """(m,) seconds."""
    y_scale: FloatArray
    k: FloatArray
    offset: FloatArray
    sigma: FloatArray
    """(m,) standard deviation of the noise."""
    is_multiplicative: FloatArray
    """(m,) 1 or 0."""
    cap: FloatArray
    """(m,) in units of the target; infinite where growth is not logistic."""
    floor: FloatArray
    n_changepoints: FloatArray
    """(m,) 0 where growth is flat."""
    changepoints: FloatArray
    """(m, 25), or as many as the options ask for."""
    delta: FloatArray
    yearly: FloatArray
    """(m, 20)."""
    weekly: FloatArray
    """(m, 6)."""
    daily: FloatArray
    """(m, 8)."""
    holidays: FloatArray
    """(m, holiday names)."""
    covariates: FloatArray
    """(m, covariate names), of the covariates standardised by mean and scale:"""
    covariate_mean: FloatArray
    covariate_scale: FloatArray
    covariate_low: FloatArray
    """(m, covariate names), the range of each in the history; its effect is carried no farther."""
    covariate_high: FloatArray
    level: FloatArray
    """(m,) shift learned from newer data, in units of the target."""

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, index: npt.NDArray[np.intp], rows: npt.NDArray[np.int64]) -> ProphetModels:
        """The models at ``index``, renumbered for the panel ``rows``."""
        taken = {
            field.name: getattr(self, field.name)[index]
            for field in fields(self)
            if field.name not in SHARED
        }
        return replace(self, **taken, rows=rows)

    def with_rows(self, rows: npt.NDArray[np.intp], others: ProphetModels) -> ProphetModels:
        """These models, with those of the panel rows ``rows`` replaced by ``others``.

        ``others`` has only these series. Both must have the same holidays and covariates.
        """
        kept = np.flatnonzero(~np.isin(self.rows, rows))
        panel_rows = np.concatenate([self.rows[kept], rows[others.rows]]).astype(np.int64)
        joined = {
            name: np.concatenate([getattr(self, name)[kept], getattr(others, name)])
            for name in (field.name for field in fields(self))
            if name not in SHARED
        }
        order = np.argsort(panel_rows)
        return replace(others, **joined).take(order, panel_rows[order])

    def parts(self, times: Times, covariates: Mapping[str, FloatArray]) -> Part:
        """The parts that add up to the centre, each (m, periods), in units of the target.

        ``covariates`` (n, periods) are of all series of the panel; NaN counts as the mean.
        """
        trend = self.trend(times)
        scale = np.where(self.is_multiplicative[:, None] > 0, trend, self.y_scale[:, None])
        effects = self._effects(times, covariates)
        parts = {name: effect * scale for name, effect in effects.items()}
        return {"trend": trend + self.level[:, None], **parts}

    def factor(self, times: Times, covariates: Mapping[str, FloatArray]) -> FloatArray:
        """The factor by which effects multiply the trend, (m, periods); 1 if additive."""
        factor = np.ones((len(self), len(times)))
        if self.is_multiplicative.any():
            for effect in self._effects(times, covariates).values():
                factor += effect * self.is_multiplicative[:, None]
        return factor

    def centre(self, times: Times, covariates: Mapping[str, FloatArray]) -> FloatArray:
        """Prophet's ``yhat`` plus the level, (m, periods); may be negative."""
        total = np.zeros((len(self), len(times)))
        for values in self.parts(times, covariates).values():
            total = total + values
        return total

    def trend(self, times: Times) -> FloatArray:
        """The trend without the level, (m, periods), in units of the target."""
        line = self.line(times)
        logistics = np.flatnonzero(np.isfinite(self.cap))
        trend = line * self.y_scale[:, None] + self.floor[:, None]
        height = (self.cap - self.floor)[logistics, None]
        trend[logistics] = self.floor[logistics, None] + height * logistic(line[logistics])
        return np.asarray(trend)

    def line(self, times: Times) -> FloatArray:
        """The piecewise linear part of the trend, (m, periods), in scaled units."""
        seconds = times.astype("datetime64[s]").astype(np.int64).astype(np.float64)
        t = (seconds[None, :] - self.start[:, None]) / self.t_scale[:, None]
        offset = np.where(np.isfinite(self.cap), -self.k * self.offset, self.offset)
        line = self.k[:, None] * t + offset[:, None]
        for c in range(self.changepoints.shape[1]):
            reached = np.maximum(t - self.changepoints[:, c, None], 0.0)
            line = line + self.delta[:, c, None] * reached
        return line

    def _effects(self, times: Times, covariates: Mapping[str, FloatArray]) -> Part:
        """Seasons, holidays and covariates by name, (m, periods), in scaled units."""
        on_holidays = holiday_features(self.holiday_days, len(self.holiday_names), times)
        effects = {
            "weekly": self.weekly @ fourier(times, *WEEKLY).T,
            "yearly": self.yearly @ fourier(times, *YEARLY).T,
            "holidays": self.holidays @ on_holidays,
        }
        if self.daily.any():
            effects["daily"] = self.daily @ fourier(times, *DAILY).T
        for column, name in enumerate(self.covariate_names.tolist()):
            low, high = self.covariate_low[:, column, None], self.covariate_high[:, column, None]
            values = np.clip(_covariate(covariates, name)[self.rows], low, high)
            mean, spread = self.covariate_mean[:, column, None], self.covariate_scale[:, column]
            standard = np.where(np.isfinite(values), values - mean, 0.0) / spread[:, None]
            label = f"{name} (covariate)" if name in RESERVED else name
            effects[label] = self.covariates[:, column, None] * standard
        return effects

    def change_size(self) -> FloatArray:
        """(m,) scale of the Laplace distribution of coming slope changes, per unit of ``t``.

        It is estimated from the past changes.
        Source: Taylor & Letham 2018, 3.1.4, and ``Prophet._sample_uncertainty``.
        """
        return np.asarray(
            np.abs(self.delta).sum(axis=1) / np.maximum(self.n_changepoints, 1) + 1e-8
        )


def logistic(exponent: FloatArray) -> FloatArray:
    """``1 / (1 + exp(-u))``, without overflow for large u."""
    return np.asarray((1 + np.tanh(exponent / 2)) / 2)


def holiday_features(days: npt.NDArray[np.int64], n_names: int, times: Times) -> FloatArray:
    """Indicators (names, periods), 1 on the day itself; ``days`` as in ``ProphetModels``."""
    dates = times.astype("datetime64[D]").astype(np.int64)
    features = np.zeros((n_names, len(dates)))
    for name, day in days:
        features[name, dates == day] = 1.0
    return features


def fourier(times: Times, period: float, order: int) -> FloatArray:
    """Prophet's seasonal features, shape (periods, 2 order): sine and cosine alternate."""
    days = times.astype("datetime64[s]").astype(np.int64) / 86_400
    angles = 2 * np.pi * days[:, None] * np.arange(1, order + 1) / period
    return np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(len(days), 2 * order)


def empty_models(
    holiday_names: Sequence[str],
    holiday_days: npt.NDArray[np.int64],
    covariate_names: Sequence[str],
    changes: int = CHANGEPOINTS,
) -> ProphetModels:
    """Arrays for 0 series, with these holidays, covariates and number of trend changes."""
    widths = {
        "changepoints": changes,
        "delta": changes,
        "yearly": 2 * YEARLY[1],
        "weekly": 2 * WEEKLY[1],
        "daily": 2 * DAILY[1],
        "holidays": len(holiday_names),
        "covariates": len(covariate_names),
        "covariate_mean": len(covariate_names),
        "covariate_scale": len(covariate_names),
        "covariate_low": len(covariate_names),
        "covariate_high": len(covariate_names),
    }
    single = (
        *("start", "until", "t_scale", "y_scale", "k", "offset", "sigma"),
        *("is_multiplicative", "cap", "floor", "n_changepoints", "level"),
    )
    return ProphetModels(
        holiday_names=np.array(list(holiday_names), dtype=np.str_),
        holiday_days=holiday_days,
        covariate_names=np.array(list(covariate_names), dtype=np.str_),
        rows=np.zeros(0, dtype=np.int64),
        **{name: np.zeros(0) for name in single},
        **{name: np.zeros((0, width)) for name, width in widths.items()},
    )


def stack_models(
    empty: ProphetModels, fits: Mapping[int, Mapping[str, FloatArray]], until: np.datetime64
) -> ProphetModels:
    """The models of many series, from the parameters of each by panel row.

    ``until`` is the last period of the panel that the models were fitted on.
    """
    rows = sorted(fits)
    if not rows:
        return empty
    names = fits[rows[0]].keys()
    stacked = {name: np.array([fits[row][name] for row in rows]) for name in names}
    seconds = float(until.astype("datetime64[s]").astype(np.int64))
    return replace(
        empty,
        rows=np.array(rows, dtype=np.int64),
        until=np.full(len(rows), seconds),
        level=np.zeros(len(rows)),
        **stacked,
    )


def _covariate(covariates: Mapping[str, FloatArray], name: str) -> FloatArray:
    if name not in covariates:
        raise InvalidData(
            f"Covariate '{name}' is missing from the known future, but the model was trained with "
            "it. Give a value for each coming day."
        )
    return covariates[name]
