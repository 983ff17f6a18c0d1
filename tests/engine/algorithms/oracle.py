"""The prophet package itself, used by its own API, as the judge of our own solver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecast_service.engine.algorithms.additive import AdditiveModels
from forecast_service.engine.algorithms.closing import find_closing
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel

DRAWS = 20_000


@dataclass(frozen=True)
class Judge:
    """One series fitted by the package, and what the package fitted it to."""

    model: Any
    inputs: Any

    def log_posterior(
        self, k: float, m: float, delta: FloatArray, beta: FloatArray, sigma: float
    ) -> float:
        """Prophet's log posterior of any parameters, without constants, as in its Stan program."""
        data = self.inputs
        t, features, scales = data.t.to_numpy(), data.X.to_numpy(), np.array(data.sigmas)
        reached = t[:, None] >= data.t_change
        trend = (k + reached @ delta) * t + m + reached @ (-data.t_change * delta)
        squares = ((data.y.to_numpy() - trend - features @ beta) ** 2).sum()
        likelihood = -data.T * np.log(sigma) - squares / (2 * sigma**2)
        priors = k**2 / 50 + m**2 / 50 + 2 * sigma**2 + (beta**2 / scales**2).sum() / 2
        return float(likelihood - priors - np.abs(delta).sum() / data.tau)

    def of_package(self) -> float:
        """That of the parameters that Stan found."""
        found = {name: np.asarray(values)[0] for name, values in self.model.params.items()}
        return self.log_posterior(
            found["k"].item(),
            found["m"].item(),
            found["delta"],
            found["beta"],
            found["sigma_obs"].item(),
        )

    def of_models(self, models: AdditiveModels, index: int) -> float:
        """That of the parameters of one of our models."""
        beta = [coefficient(models, index, name) for name in self.inputs.X.columns]
        count = self.inputs.S
        assert np.allclose(models.changepoints[index, :count], self.inputs.t_change, rtol=1e-12)
        return self.log_posterior(
            models.k[index],
            models.offset[index],
            models.delta[index, :count],
            np.array(beta),
            models.sigma[index],
        )

    def forecast(self, future: KnownFuture, row: int) -> FloatArray:
        """Its p10, p50 and p90 (horizon, 3): yhat, and quantiles of its own draws around it."""
        frame = frame_of(future.timestamps, future.covariates, row)
        centre = self.model.predict(frame)["yhat"].to_numpy()
        self.model.uncertainty_samples = DRAWS
        scaled = self.model.setup_dataframe(frame.copy())
        np.random.seed(row)
        trends = self.model.sample_predictive_trend_vectorized(scaled, DRAWS)
        sigma = self.model.params["sigma_obs"].item() * self.model.y_scale
        draws = trends - trends.mean(axis=0) + np.random.normal(0, sigma, trends.shape)
        self.model.uncertainty_samples = 0
        spread = np.quantile(draws, (0.1, 0.9), axis=0)
        return np.column_stack([centre + spread[0], centre, centre + spread[1]])


def judge(panel: Panel, row: int, country: str | None = None) -> Judge:
    """The package's fit of one series of a panel, on its open days, with its varying covariates."""
    frame, names = history_of(panel, row)
    model, unfitted = new_model(frame, names, country), new_model(frame, names, country)
    model.fit(frame.copy(), seed=42)
    return Judge(model, unfitted.preprocess(frame.copy()))


def history_of(panel: Panel, row: int) -> tuple[pd.DataFrame, list[str]]:
    target = find_closing(panel).open_target(panel)[row]
    known = ~np.isnan(target)
    frame = frame_of(panel.timestamps, panel.covariates, row)[known]
    frame["y"] = target[known]
    names = [name for name in panel.covariates if frame[name].nunique() > 1]
    return frame, names


def new_model(frame: pd.DataFrame, names: list[str], country: str | None) -> Any:
    from prophet import Prophet

    span = frame["ds"].max() - frame["ds"].min()
    model = Prophet(
        yearly_seasonality=bool(span >= pd.Timedelta(days=730)),
        weekly_seasonality=True,
        daily_seasonality=False,
        uncertainty_samples=0,
    )
    if country:
        model.add_country_holidays(country)
    for name in names:
        model.add_regressor(name)
    return model


def frame_of(times: Any, covariates: Mapping[str, FloatArray], row: int) -> pd.DataFrame:
    return pd.DataFrame({"ds": times, **{name: v[row] for name, v in covariates.items()}})


def coefficient(models: AdditiveModels, index: int, column: str) -> float:
    """Our coefficient of a column of the package's features."""
    name, _, number = column.partition("_delim_")
    if name in ("weekly", "yearly"):
        return float(getattr(models, name)[index, int(number) - 1])
    holidays, covariates = models.holiday_names.tolist(), models.covariate_names.tolist()
    if name in covariates:
        return float(models.covariates[index, covariates.index(name)])
    return float(models.holidays[index, holidays.index(name)])
