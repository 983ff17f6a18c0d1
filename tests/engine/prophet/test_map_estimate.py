"""The fast solver against the prophet package: never a lower posterior density, same forecast."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from benchmarks.panels import read_panel
from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.closing import find_closing
from forecast_service.engine.panel import KnownFuture, Panel
from forecast_service.engine.prophet.design import Calendar, Columns, moments
from forecast_service.engine.prophet.fast_solver import problem_of
from forecast_service.engine.prophet.histories import Histories
from forecast_service.engine.prophet.map_estimate import estimate
from forecast_service.engine.prophet.parameters import holiday_features
from forecast_service.engine.prophet.prophet_options import ProphetOptions
from forecast_service.engine.registry import algorithm

from ..panels import future_of, make_panel
from . import oracle

CONFIG = FitConfig(horizon=28)
PROPHET = algorithm("prophet")
LEVELS = (0.1, 0.5, 0.9)
ALLOWED = 1e-3  # by which the log posterior may be below Stan's


def with_price(days: Panel | KnownFuture, n: int) -> dict[str, np.ndarray]:
    """The covariates of the days, and one that is not an indicator."""
    price = 2 + np.sin(np.arange(len(days.timestamps)) / 9.0)
    return {**days.covariates, "price": np.tile(price, (n, 1))}


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Seven histories: plain, growing, broken trend, late start, gap, two years, short.

    Every third Sunday is open.
    """
    n, days = 7, 900
    plain = make_panel(n, days)
    opened = np.where(np.arange(days) % 21 == 3, 1.0, plain.covariates["open"][0])
    plain = make_panel(n, days, closes=False)
    plain = replace(plain, covariates={**plain.covariates, "open": np.tile(opened, (n, 1))})
    t = np.arange(days) / days
    growth = np.ones((n, days))
    growth[1] += 2 * t
    growth[2] += np.maximum(t - 0.3, 0) * 4 - np.maximum(t - 0.6, 0) * 6
    target = (
        plain.target * opened * growth * (1 + 0.2 * np.sin(np.arange(days) * 2 * np.pi / 365.25))
    )
    target[3, :400] = np.nan
    target[4, 300:480] = np.nan
    target[5, : days - 731] = np.nan
    target[6, : days - 25] = np.nan
    return replace(plain, target=target, covariates=with_price(plain, n))


@pytest.fixture(scope="module")
def future(panel: Panel) -> KnownFuture:
    """The coming days; each price is within what its series has seen, as ours goes no farther."""
    known = future_of(panel, 28)
    covariates, sold = with_price(known, panel.n_series), np.isfinite(panel.target)
    low = np.where(sold, panel.covariates["price"], np.inf).min(axis=1, keepdims=True)
    high = np.where(sold, panel.covariates["price"], -np.inf).max(axis=1, keepdims=True)
    covariates["price"] = np.clip(covariates["price"], low, high)
    return KnownFuture(known.timestamps, covariates)


def worst_violation(panel: Panel) -> float:
    """How far the trend changes of any series miss the conditions of the optimum."""
    calendar = Calendar.of(panel.timestamps, np.zeros((0, panel.n_periods)))
    target = find_closing(panel).open_target(panel)
    histories = Histories(panel.timestamps, target, panel.covariates, {})
    columns = Columns(0, len(panel.covariates), ProphetOptions())
    return float(estimate(moments(problem_of(calendar, columns, histories)), 0.05).violation.max())


@pytest.mark.parametrize("country", [None, "DE"])
def test_the_log_posterior_is_at_least_that_of_stan(panel: Panel, country: str | None) -> None:
    models = PROPHET.fit(panel, replace(CONFIG, country=country)).models

    for row in range(panel.n_series):
        judge = oracle.judge(panel, row, country)
        assert judge.of_models(models, row) >= judge.of_package() - ALLOWED, row


def test_the_conditions_of_the_optimum_are_met_to_rounding(panel: Panel) -> None:
    assert worst_violation(panel) < 1e-9


def test_no_nearby_parameters_are_more_probable(panel: Panel) -> None:
    """The package computes the density, so that an error in our sums would show."""
    models = PROPHET.fit(panel, CONFIG).models
    judge = oracle.judge(panel, 2)
    best = judge.of_models(models, 2)

    for name, step in product(
        ("k", "offset", "sigma", "delta", "weekly", "yearly", "covariates"), (-1e-4, 1e-4)
    ):
        values = getattr(models, name).reshape(panel.n_series, -1)
        for column in range(values.shape[1]):
            moved = values.copy()
            moved[2, column] += step
            changed = replace(models, **{name: moved.reshape(getattr(models, name).shape)})
            assert judge.of_models(changed, 2) <= best + 1e-9, name


def test_the_forecast_is_the_packages_wherever_stan_converged(
    panel: Panel, future: KnownFuture
) -> None:
    fitted = PROPHET.fit(panel, CONFIG)
    ours = fitted.forecast(future, LEVELS)

    compared = 0
    for row in range(panel.n_series):
        judge = oracle.judge(panel, row)
        if judge.of_models(fitted.models, row) < judge.of_package() + 1:
            differs = compare(ours[row], judge.forecast(future, row), panel, future, row)
            assert differs[1] < 0.005, row
            assert max(differs[0], differs[2]) < 0.02, row
            compared += 1
    assert compared >= 3


@pytest.mark.slow
@pytest.mark.rossmann
def test_two_hundred_real_stores_are_fitted_at_least_as_well_as_by_stan(rossmann: Path) -> None:
    files = {"sales": rossmann / "train.csv.gz", "future": rossmann / "future.csv.gz"}
    panel, future = read_panel(files)
    rows = np.linspace(0, panel.n_series - 1, 200).astype(np.intp)
    panel, future = panel.take(rows), future.take(rows)
    fitted = PROPHET.fit(panel, replace(CONFIG, horizon=future.horizon))
    ours = fitted.forecast(future, LEVELS)
    assert worst_violation(panel) < 1e-9

    gaps, differences = np.empty(200), np.empty((200, 3))
    for row in range(panel.n_series):
        judge = oracle.judge(panel, row)
        gaps[row] = judge.of_models(fitted.models, row) - judge.of_package()
        theirs = judge.forecast(future, row)
        differences[row] = compare(ours[row], theirs, panel, future, row)

    assert gaps.min() >= -ALLOWED
    converged = differences[gaps < 0.02]  # elsewhere Stan stopped before the optimum
    assert len(converged) > 10
    for of_stores in (differences.mean(axis=0), converged.max(axis=0)):
        assert of_stores[1] < 0.005
        assert max(of_stores[0], of_stores[2]) < 0.02


def compare(
    ours: np.ndarray, theirs: np.ndarray, panel: Panel, future: KnownFuture, row: int
) -> np.ndarray:
    """Relative differences of p10, p50 and p90. For p50: the mean difference per day over the
    mean sales; for the others: the difference of their means over the days."""
    sold = find_closing(panel).open_target(panel)[row]
    is_open = future.covariates["open"][row] == 1
    edges = np.abs(ours[is_open].mean(axis=0) / theirs[is_open].mean(axis=0) - 1)
    edges[1] = np.abs(ours - theirs)[is_open, 1].mean() / np.nanmean(sold)
    return edges


def test_the_fit_of_a_series_does_not_depend_on_the_other_series(panel: Panel) -> None:
    together = PROPHET.fit(panel, CONFIG).models
    alone = PROPHET.fit(panel.take([2]), CONFIG).models

    assert np.allclose(alone.delta[0], together.delta[2], rtol=1e-9, atol=1e-12)
    assert np.allclose(alone.weekly[0], together.weekly[2], rtol=1e-9, atol=1e-12)


def test_a_constant_series_is_forecast_as_by_the_package() -> None:
    panel = make_panel(1, 60, closes=False)
    flat = replace(panel, target=np.full((1, 60), 12.0))

    fast = PROPHET.fit(flat, CONFIG)
    stan = PROPHET.fit(flat, replace(CONFIG, prophet_solver="stan"))

    assert fast.notes == stan.notes == (None,)
    assert np.allclose(
        fast.forecast(future_of(panel, closes=False), LEVELS),
        stan.forecast(future_of(panel, closes=False), LEVELS),
    )


@pytest.mark.slow
def test_a_series_almost_without_noise_is_fitted_by_the_package() -> None:
    panel = make_panel(2, 60, closes=False)
    target = panel.target.copy()
    target[0] = 100 + np.arange(60.0)

    fitted = PROPHET.fit(replace(panel, target=target), CONFIG)

    reason = "its noise is below a ten-thousandth of its largest value"
    assert fitted.notes == (f"Fitted by the prophet package: {reason}.", None)
    assert fitted.algorithms == ("prophet", "prophet")


def test_the_package_can_be_chosen(panel: Panel) -> None:
    stan = PROPHET.fit(panel.take([2]), replace(CONFIG, prophet_solver="stan"))

    judge = oracle.judge(panel, 2)
    assert judge.of_models(stan.models, 0) == pytest.approx(judge.of_package())
    assert stan.notes == (None,)


def test_fitting_needs_no_prophet_package() -> None:
    import subprocess
    import sys

    program = (
        "import sys; from tests.engine.panels import make_panel;"
        "from forecast_service.engine.registry import algorithm;"
        "from forecast_service.engine.algorithm import FitConfig;"
        "algorithm('prophet').fit(make_panel(2), FitConfig(horizon=14, country='DE'));"
        "sys.exit('prophet' in sys.modules or 'pandas' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_holidays_are_indicators_of_their_days(panel: Panel) -> None:
    days = np.array([[0, 16_436], [1, 16_800]])

    found = holiday_features(days, 2, panel.timestamps)

    assert found.sum(axis=1).tolist() == [1.0, 1.0]
    assert panel.timestamps[found[0] == 1] == np.datetime64("2015-01-01")
