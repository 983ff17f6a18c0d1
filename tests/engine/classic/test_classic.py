"""ETS and ARIMA: our form of the models against the library that fitted them."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.classic import statsmodels_package
from forecast_service.engine.classic.differencing import needs_difference, needs_season
from forecast_service.engine.classic.state_space import ets_form
from forecast_service.engine.registry import algorithm
from forecast_service.errors import InvalidData

from ..panels import make_panel

pytest.importorskip("statsmodels")

DAYS = np.arange(105)
NOISE = np.random.default_rng(4).normal(0, 3, 105)
WEEKLY = 100 + 20 * np.sin(2 * np.pi * DAYS / 7) + NOISE
WALK = 100 + np.cumsum(NOISE)


@pytest.mark.parametrize("values", [WEEKLY, WALK])
def test_ets_forecasts_what_the_library_does(values) -> None:
    model = statsmodels_package.fit_ets(values, 7)

    fits = statsmodels_package.ets_candidates(values, 7)
    best = min(fits, key=lambda fit: fit.aicc)
    assert len(fits) == 4
    assert model.ahead(10)[0][0] == pytest.approx(best.forecast(10), rel=1e-6)
    assert model.sigma[0] == pytest.approx(np.sqrt(np.mean(best.resid**2)), rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("values", [WEEKLY, WALK])
def test_arima_forecasts_what_the_library_does(values) -> None:
    model = statsmodels_package.fit_arima(values, 7)

    fits = statsmodels_package.arima_candidates(values, 7)
    best = min(fits, key=lambda fit: fit.aicc).get_forecast(10)
    means, spread = model.ahead(10)
    assert len(fits) <= 6
    assert means[0] == pytest.approx(best.predicted_mean, rel=0.005)
    assert spread[0] == pytest.approx(best.se_mean, rel=0.05)


def test_the_spread_of_a_level_grows_with_its_smoothing() -> None:
    model = ets_form(level=0.5, trend=0, damping=0, seasonal=0, initial=np.array([10.0, 0.0]))

    later, errors = model.filter(np.array([[12.0, np.nan]]))
    means, spread = later.ahead(3)

    assert errors.tolist() == [[2, pytest.approx(np.nan, nan_ok=True)]]
    assert means.tolist() == [[11, 11, 11]]
    assert spread[0] == pytest.approx([1, np.sqrt(1.25), np.sqrt(1.5)])


def test_a_series_that_cannot_be_fitted_gets_seasonal_naive_and_a_note() -> None:
    panel = make_panel(2, 60)
    panel.target[1] = np.where(panel.covariates["open"][1] == 1, 50.0, 0.0)

    fitted = algorithm("ets").fit(panel, FitConfig(horizon=7))

    assert fitted.algorithms == ("ets", "seasonal_naive")
    assert fitted.notes == (None, "ETS was not used: its sales do not vary.")


@pytest.mark.parametrize("name", ["ets", "arima"])
def test_without_the_library_the_algorithm_is_refused(name, monkeypatch) -> None:
    monkeypatch.setattr(statsmodels_package, "find_spec", lambda library: None)

    with pytest.raises(InvalidData, match=f"'{name}' needs .*statsmodels.*extra 'classic'"):
        algorithm(name).fit(make_panel(1, 30), FitConfig(horizon=7))


@pytest.mark.parametrize("values", [WEEKLY, WALK])
def test_the_level_test_is_that_of_the_library(values) -> None:
    from statsmodels.tsa.stattools import kpss

    lags = int(4 * 1.05**0.25)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # beyond its table of p-values
        statistic = kpss(values, nlags=lags)[0]

    assert needs_difference(values) == (statistic > 0.463)


def test_only_a_strong_season_is_differenced() -> None:
    assert needs_season(WEEKLY, 7)
    assert not needs_season(WALK, 7)
