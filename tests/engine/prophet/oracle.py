"""The prophet package, used by its own API, to judge our own solver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecast_service.engine.closing import find_closing
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.engine.prophet.parameters import ProphetModels

DRAWS = 20_000
NO_OPTIONS: Mapping[str, str] = {}


@dataclass(frozen=True)
class Judge:
    """One series fitted by the package, and the inputs of that fit."""

    model: Any
    inputs: Any

    def log_posterior(
        self, k: float, m: float, delta: FloatArray, beta: FloatArray, sigma: float
    ) -> float:
        """Prophet's log posterior of these parameters, without constants, as in its Stan code."""
        data = self.inputs
        features, scales = data.X.to_numpy(), np.array(data.sigmas)
        trend = self.trend(k, m, delta)
        added, multiplied = features @ (beta * data.s_a), features @ (beta * data.s_m)
        squares = ((data.y.to_numpy() - trend * (1 + multiplied) - added) ** 2).sum()
        likelihood = -data.T * np.log(sigma) - squares / (2 * sigma**2)
        priors = k**2 / 50 + m**2 / 50 + 2 * sigma**2 + (beta**2 / scales**2).sum() / 2
        return float(likelihood - priors - np.abs(delta).sum() / data.tau)

    def trend(self, k: float, m: float, delta: FloatArray) -> FloatArray:
        """The trend, computed by functions of the package."""
        data, t = self.inputs, self.inputs.t.to_numpy()
        changes = np.asarray(data.t_change)
        if data.trend_indicator == 1:
            return self.model.piecewise_logistic(t, data.cap.to_numpy(), delta, k, m, changes)
        if data.trend_indicator == 2:
            return self.model.flat_trend(t, m)
        return self.model.piecewise_linear(t, delta, k, m, changes)

    def of_package(self) -> float:
        """The log posterior of Stan's parameters."""
        fitted = {name: np.asarray(values)[0] for name, values in self.model.params.items()}
        return self.log_posterior(
            fitted["k"].item(),
            fitted["m"].item(),
            fitted["delta"],
            fitted["beta"],
            fitted["sigma_obs"].item(),
        )

    def of_models(self, models: ProphetModels, index: int) -> float:
        """The log posterior of the parameters of one of our models."""
        beta = [coefficient(models, index, name) for name in self.inputs.X.columns]
        count, delta = self.inputs.S, np.zeros(self.inputs.S)
        if models.n_changepoints[index]:
            times = models.changepoints[index, :count]
            assert np.allclose(times, self.inputs.t_change, rtol=1e-12)
            delta = models.delta[index, :count]
        return self.log_posterior(
            models.k[index],
            models.offset[index],
            delta,
            np.array(beta),
            models.sigma[index],
        )

    def forecast(self, future: KnownFuture, row: int) -> FloatArray:
        """The package's p10, p50, p90 (horizon, 3): yhat plus the quantiles of its own draws."""
        frame = frame_of(future.timestamps, future.covariates, row)
        for limit in ("cap", "floor"):
            if limit in self.model.history and self.model.growth == "logistic":
                frame[limit] = self.model.history[limit].iloc[0]
        predicted = self.model.predict(frame)
        centre, factor = (
            predicted["yhat"].to_numpy(),
            1 + predicted["multiplicative_terms"].to_numpy(),
        )
        self.model.uncertainty_samples = DRAWS
        scaled = self.model.setup_dataframe(frame.copy())
        np.random.seed(row)
        trends = self.model.sample_predictive_trend_vectorized(scaled, DRAWS)
        sigma = self.model.params["sigma_obs"].item() * self.model.y_scale
        noise = np.random.normal(0, sigma, trends.shape)
        draws = (trends - trends.mean(axis=0)) * factor + noise
        self.model.uncertainty_samples = 0
        low, middle, high = np.quantile(draws, (0.1, 0.5, 0.9), axis=0)
        if self.model.growth != "logistic":
            middle = np.zeros_like(centre)  # the distribution is symmetric
        return np.column_stack([centre + low, centre + middle, centre + high])


def judge(
    panel: Panel, row: int, country: str | None = None, options: Mapping[str, str] = NO_OPTIONS
) -> Judge:
    """The package's fit of one series, on its open days and with covariates that vary."""
    frame, names = history_of(panel, row)
    for limit in ("cap", "floor"):
        if limit in options:
            frame[limit] = float(options[limit])
    model, unfitted = (new_model(names, country, options) for _ in range(2))
    model.fit(frame.copy(), seed=42)
    return Judge(model, unfitted.preprocess(frame.copy()))


def history_of(panel: Panel, row: int) -> tuple[pd.DataFrame, list[str]]:
    target = find_closing(panel).open_target(panel)[row]
    known = ~np.isnan(target)
    frame = frame_of(panel.timestamps, panel.covariates, row)[known]
    frame["y"] = target[known]
    names = [name for name in panel.covariates if frame[name].nunique() > 1]
    return frame, names


def new_model(names: list[str], country: str | None, options: Mapping[str, str]) -> Any:
    from prophet import Prophet

    model = Prophet(uncertainty_samples=0, **keywords(options))
    if country:
        model.add_country_holidays(country)
    for name in names:
        model.add_regressor(name)
    return model


def keywords(options: Mapping[str, str]) -> dict[str, Any]:
    """The options as arguments of the package's constructor."""
    arguments: dict[str, Any] = {}
    for name, text in options.items():
        if name in ("growth", "seasonality_mode"):
            arguments[name] = text
        elif name not in ("cap", "floor"):
            arguments[name] = int(text) if name == "n_changepoints" else float(text)
    return arguments


def frame_of(times: Any, covariates: Mapping[str, FloatArray], row: int) -> pd.DataFrame:
    return pd.DataFrame({"ds": times, **{name: v[row] for name, v in covariates.items()}})


def coefficient(models: ProphetModels, index: int, column: str) -> float:
    """Our coefficient of a column of the package's features."""
    name, _, number = column.partition("_delim_")
    if name == "zeros":  # the package has this column when there is no feature
        return 0.0
    if name in ("weekly", "yearly", "daily"):
        return float(getattr(models, name)[index, int(number) - 1])
    holidays, covariates = models.holiday_names.tolist(), models.covariate_names.tolist()
    if name in covariates:
        return float(models.covariates[index, covariates.index(name)])
    return float(models.holidays[index, holidays.index(name)])
