"""Effects of covariates are carried no farther than what the history has seen."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.calendar import next_periods
from forecast_service.engine.guards.bounds import find_bounds
from forecast_service.engine.panel import KnownFuture, Panel
from forecast_service.engine.train import train

from ..panels import FIRST_DAY, make_panel

DAYS = 120


def panel_with(values: np.ndarray) -> Panel:
    noise = np.random.default_rng(2).lognormal(0, 0.05, values.shape)
    keys = tuple((str(i),) for i in range(len(values)))
    days = next_periods(FIRST_DAY, "D", values.shape[1])
    return Panel(keys, days, "D", 116 * noise, {"x": values})


def future_with(panel: Panel, value: float, horizon: int = 14) -> KnownFuture:
    days = next_periods(panel.timestamps[-1], "D", horizon)
    return KnownFuture(days, {"x": np.full((panel.n_series, horizon), value)})


def almost_constant(n: int, usual: float, once: float) -> np.ndarray:
    values = np.full((n, DAYS), usual)
    values[:, 60] = once
    return values


@pytest.mark.quick(4)
@pytest.mark.parametrize(("usual", "once", "coming"), [
    (2.5, 2.51, 1.99), (20.0, 20.1, -15.0), (25_000.0, 25_001.0, 250.0), (0.3, 0.30001, 40.0),
])  # fmt: skip
@pytest.mark.parametrize("n", [1, 8, 50])
def test_a_value_far_from_a_nearly_constant_one_has_no_effect(
    n: int, usual: float, once: float, coming: float
) -> None:
    panel = panel_with(almost_constant(n, usual, once))
    bounded = find_bounds(panel).within(future_with(panel, coming))
    config = FitConfig(14, (0.5,), 7)

    for name in ("auto", "prophet") if n < 50 else ("auto",):
        median = train(name, panel, config).fitted.forecast(bounded, (0.5,))
        assert median == pytest.approx(np.full(median.shape, 116), rel=0.2)


@pytest.mark.parametrize("coming", [7.0, -3.0, 100.0])
def test_a_flag_stays_a_flag(coming: float) -> None:
    panel = panel_with(np.random.default_rng(1).integers(0, 2, (3, DAYS)).astype(float))

    values = find_bounds(panel).within(future_with(panel, coming)).covariates["x"]

    assert np.isin(values, (0, 1)).all()


def test_a_store_without_promotions_learns_from_the_others() -> None:
    values = np.random.default_rng(1).integers(0, 2, (3, DAYS)).astype(float)
    values[0] = 0
    panel = panel_with(values)

    assert find_bounds(panel).within(future_with(panel, 1)).covariates["x"].min() == 1


def test_a_cheap_item_does_not_get_the_price_of_a_dear_one() -> None:
    prices = np.array([[2.0], [200.0]]) * np.random.default_rng(1).uniform(0.8, 1.2, (2, DAYS))
    panel = panel_with(prices)

    values = find_bounds(panel).within(future_with(panel, 200)).covariates["x"]

    assert values[0].max() < 3
    assert values[1].max() == 200


def test_a_value_within_the_bounds_is_kept() -> None:
    panel = panel_with(np.random.default_rng(1).uniform(-5, 30, (4, DAYS)))
    future = future_with(panel, 11.5)

    assert (find_bounds(panel).within(future).covariates["x"] == 11.5).all()
    assert find_bounds(panel).notes(future, 4) == [[], [], [], []]


def test_a_note_names_covariate_and_range() -> None:
    panel = panel_with(almost_constant(1, 2.5, 2.51))

    [[note]] = find_bounds(panel).notes(future_with(panel, 1.99), 1)

    assert note == (
        "'x' is 1.99 on coming days. The effect of 'x' is known from 2.5 to 2.51 "
        "and is carried no farther"
    )


def test_unknown_values_set_no_bound() -> None:
    panel = panel_with(np.full((2, DAYS), np.nan))

    assert not find_bounds(panel).low


def test_a_store_may_close_although_it_was_always_open() -> None:
    bounds = find_bounds(make_panel(closes=False))

    assert set(bounds.low) == {"promo"}


def test_prophet_carries_a_price_no_farther_than_the_series_itself() -> None:
    values = np.vstack([np.full(DAYS, 2.5), np.random.default_rng(1).uniform(1, 4, (2, DAYS))])
    values[0, 60] = 2.51
    panel = panel_with(values)
    future = find_bounds(panel).within(future_with(panel, 1.0))
    assert future.covariates["x"][0].max() < 1.5

    median = train("prophet", panel, FitConfig(14, (0.5,), 7)).fitted.forecast(future, (0.5,))

    assert median[0] == pytest.approx(np.full((14, 1), 116), rel=0.1)
