"""Prophet: the same numbers as the package, its regressors, seasons and holidays, its files."""

from __future__ import annotations

import logging
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast_service.engine import archive
from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.panel import KnownFuture, Panel
from forecast_service.engine.prophet.prophet_model import FittedProphet
from forecast_service.engine.registry import algorithm
from forecast_service.errors import InvalidData

from ..panels import future_of, make_panel, weekdays, with_target

CONFIG = FitConfig(horizon=14, country="DE")
PROPHET = algorithm("prophet")
LEVELS = (0.1, 0.5, 0.9)


@pytest.fixture(scope="module")
def long_panel() -> Panel:
    """Two and a half years of two stores, with a price, which is not an indicator."""
    panel = make_panel(2, 900)
    price = 2 + np.sin(np.arange(900) / 9.0)
    season = 1 + 0.2 * np.sin(np.arange(900) * 2 * np.pi / 365.25)
    covariates = {**panel.covariates, "price": np.tile(price, (2, 1))}
    sold = np.where(panel.target > 0, panel.target * season - 5 * price, 0.0)
    return replace(panel, target=sold, covariates=covariates)


@pytest.fixture(scope="module")
def long_future(long_panel: Panel) -> KnownFuture:
    """The 200 days after ``long_panel``, with a new year and many holidays."""
    future = future_of(long_panel, 200)
    price = np.tile(2 + 0.9 * np.cos(np.arange(200) / 5.0), (2, 1))
    return KnownFuture(future.timestamps, {**future.covariates, "price": price})


@pytest.fixture(scope="module")
def fitted(long_panel: Panel) -> FittedProphet:
    """Our model of ``long_panel``."""
    return PROPHET.fit(long_panel, CONFIG)


@pytest.fixture(scope="module")
def package(long_panel: Panel):
    """The package's model of the first store, made by its own API alone."""
    from prophet import Prophet

    model = Prophet(yearly_seasonality=True, weekly_seasonality=True, daily_seasonality=False)
    model.add_country_holidays("DE")
    model.add_regressor("promo")
    model.add_regressor("price")
    frame = pd.DataFrame({"ds": long_panel.timestamps, "y": long_panel.target[0]})
    for name, values in long_panel.covariates.items():
        frame[name] = values[0]
    return model.fit(frame[frame["open"] == 1], seed=42)


def frame_of(future: KnownFuture) -> pd.DataFrame:
    return pd.DataFrame(
        {"ds": future.timestamps, **{name: v[0] for name, v in future.covariates.items()}}
    )


def test_the_centre_is_the_packages_own_forecast(fitted, package, long_future) -> None:
    centre = fitted.models.centre(long_future.timestamps, long_future.covariates)[0]

    expected = package.predict(frame_of(long_future))["yhat"].to_numpy()

    is_open = long_future.covariates["open"][0] == 1
    assert np.allclose(centre[is_open], expected[is_open], rtol=3e-3)


def test_a_weekday_that_was_never_open_sells_like_the_mean_of_the_others(fitted, long_future):
    weekly = fitted.contributions(
        replace(long_future, covariates={**long_future.covariates, "open": np.ones((2, 200))})
    )["weekly"][0, :7]

    assert weekdays(long_future.timestamps)[6] == 6
    assert abs(weekly[6]) < 1e-3
    assert abs(weekly[:6].mean()) < 1e-3


def test_the_formula_is_the_packages_own(fitted, package, long_future) -> None:
    """With the same parameters both give the same numbers, to the last digits."""
    model = fitted.models
    package.params["k"][:] = model.k[0]
    package.params["m"][:] = model.offset[0]
    package.params["delta"][:] = model.delta[0]
    columns = package.train_component_cols
    for name, values in [("yearly", model.yearly[0]), ("weekly", model.weekly[0])]:
        package.params["beta"][0, columns[name].to_numpy() == 1] = values
    for position, name in enumerate(model.holiday_names):
        if name in columns:
            package.params["beta"][0, columns[name].to_numpy() == 1] = model.holidays[0, position]
    for position, name in enumerate(model.covariate_names):
        if name in columns:
            package.params["beta"][0, columns[name].to_numpy() == 1] = model.covariates[0, position]

    expected = package.predict(frame_of(long_future))
    parts = model.parts(long_future.timestamps, long_future.covariates)

    for ours, theirs in [("trend", "trend"), ("weekly", "weekly"), ("yearly", "yearly")]:
        assert np.allclose(parts[ours][0], expected[theirs], rtol=1e-9, atol=1e-9), ours
    assert np.allclose(parts["holidays"][0], expected["holidays"], rtol=1e-9, atol=1e-9)
    assert np.allclose(parts["price"][0], expected["price"], rtol=1e-9, atol=1e-9)
    centre = model.centre(long_future.timestamps, long_future.covariates)[0]
    assert np.allclose(centre, expected["yhat"], rtol=1e-9)


def test_quantiles_are_those_of_the_packages_simulated_futures(fitted, package) -> None:
    future = KnownFuture(fitted.until + np.arange(1, 201) * np.timedelta64(1, "D"), {})
    columns = {name: np.ones((2, 200)) for name in ("open", "promo", "price")}
    future = replace(future, covariates=columns)
    np.random.seed(1)
    package.uncertainty_samples = 4000
    frame = frame_of(future)
    centre = fitted.models.centre(future.timestamps, future.covariates)[0]
    draws = package.predictive_samples(frame)["yhat"] - package.predict(frame)[["yhat"]].to_numpy()

    ours = fitted.forecast(future, LEVELS)[0] - centre[:, None]

    theirs = np.quantile(draws, LEVELS, axis=1).T
    assert np.allclose(ours[:, [0, 2]], theirs[:, [0, 2]], rtol=0.15)
    assert np.allclose(ours[:, [0, 2]].mean(axis=0), theirs[:, [0, 2]].mean(axis=0), rtol=0.05)
    assert np.allclose(ours[:, 1], 0.0)


def test_constant_covariates_and_open_are_no_regressors(long_panel) -> None:
    panel = replace(long_panel, covariates={**long_panel.covariates, "always": np.ones((2, 900))})

    models = PROPHET.fit(panel.take([0]), FitConfig(horizon=14)).models

    effect = dict(zip(models.covariate_names.tolist(), models.covariates[0], strict=True))
    assert (effect["open"], effect["always"]) == (0.0, 0.0)
    assert effect["promo"] > 0.1


def test_a_covariate_with_a_name_of_prophets_own_is_kept_apart() -> None:
    panel = make_panel(1, 120)
    promo = panel.covariates["promo"]
    panel = replace(panel, covariates={"open": panel.covariates["open"], "trend": promo})

    future = future_of(panel)
    covariates = {"open": future.covariates["open"], "trend": future.covariates["promo"]}
    parts = PROPHET.fit(panel, FitConfig(horizon=14)).contributions(
        replace(future, covariates=covariates)
    )

    assert parts["trend (covariate)"].max() > 10


def test_yearly_season_needs_two_years(long_panel: Panel) -> None:
    shorter = PROPHET.fit(long_panel.before(700).take([0]), FitConfig(horizon=14))
    longer = PROPHET.fit(long_panel.before(760).take([0]), FitConfig(horizon=14))

    assert not shorter.models.yearly.any()
    assert longer.models.yearly.any()


def test_holidays_have_an_effect_only_with_a_country() -> None:
    panel = make_panel(1, 200, closes=False)
    is_holiday = panel.timestamps == np.datetime64("2015-05-01")
    panel = with_target(panel, np.where(is_holiday, 20.0, panel.target))

    with_country = PROPHET.fit(panel, CONFIG).models
    without = PROPHET.fit(panel, FitConfig(horizon=14)).models

    effects = dict(zip(with_country.holiday_names.tolist(), with_country.holidays[0], strict=True))
    assert effects["Labor Day"] < -0.3
    assert without.holiday_names.size == 0


def test_holidays_of_an_unknown_country_are_refused() -> None:
    with pytest.raises(InvalidData, match="Country 'XX' has no known public holidays"):
        PROPHET.fit(make_panel(1), replace(CONFIG, country="XX"))


def test_contributions_name_every_part(fitted, long_future) -> None:
    parts = fitted.contributions(long_future)

    assert set(parts) == {
        *("level", "trend", "weekly", "yearly", "holidays", "open", "promo", "price", "floor")
    }
    sunday = weekdays(long_future.timestamps) == 6
    assert all((values[:, sunday] == 0).all() for values in parts.values())


def test_fitting_leaves_no_file_and_prints_nothing(tmp_path, monkeypatch, capfd, caplog) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    caplog.set_level(logging.INFO)

    PROPHET.fit(make_panel(2), FitConfig(horizon=14))

    assert list(Path(tmp_path).iterdir()) == []
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_a_model_of_a_series_is_a_few_kilobytes(fitted, tmp_path) -> None:
    archive.save(tmp_path / "a.npz", fitted.to_arrays(), {})

    assert (tmp_path / "a.npz").stat().st_size < 20_000


def test_forecasting_from_a_file_needs_no_prophet_package(tmp_path, fitted) -> None:
    import subprocess
    import sys

    archive.save(tmp_path / "a.npz", fitted.to_arrays(), {})
    program = (
        "import sys; from pathlib import Path; from forecast_service.engine import archive;"
        "from forecast_service.engine.registry import load;"
        "load('prophet', archive.load(Path(sys.argv[1]))[0]);"
        "sys.exit('prophet' in sys.modules or 'pandas' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program, tmp_path / "a.npz"]).returncode == 0
