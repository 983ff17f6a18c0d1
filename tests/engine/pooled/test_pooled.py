"""Pooled regression: panels of many shapes, newer data, and the real chain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from forecast_service.engine import metrics
from forecast_service.engine.algorithm import Algorithm, FitConfig
from forecast_service.engine.calendar import next_periods
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.engine.periods.frequency import season_length
from forecast_service.engine.pooled.regression import PooledRegression
from forecast_service.engine.simple.seasonal_naive import SeasonalNaive
from forecast_service.errors import InvalidData

from ..panels import future_of, make_panel, with_row, with_target
from ..rossmann import real_chain

LEVELS = (0.1, 0.5, 0.9)
CONFIG = FitConfig(horizon=14, quantiles=LEVELS)
BEFORE = np.datetime64("2019-12-31T00:00:00", "s")
YEARS = 800


def chain(n: int, periods: int, *, frequency: str = "D", noise: float = 0.15) -> Panel:
    """Series with drifting levels, and weekday and yearly effects that differ a little."""
    rng = np.random.default_rng(3)
    times = next_periods(BEFORE, frequency, periods)
    days = times.astype("datetime64[D]").astype(int)
    logs = rng.normal(4, 0.7, (n, 1)) + np.cumsum(rng.normal(0, 0.005, (n, periods)), axis=1)
    logs += 0.2 * np.sin(2 * np.pi * days / 365.25) * rng.normal(1, 0.2, (n, 1))
    if frequency == "D":
        week = np.array([0, -0.1, -0.05, 0, 0.2, 0.5, -0.3])
        logs += week[(days + 3) % 7] * rng.normal(1, 0.2, (n, 1))
    target = np.exp(logs + rng.normal(0, noise, logs.shape))
    return Panel(tuple((str(i),) for i in range(n)), times, frequency, target)


def with_effects(panel: Panel) -> Panel:
    """The panel with promotions (+35 %) in some weeks, and prices of elasticity -1.5."""
    rng = np.random.default_rng(4)
    shape = panel.target.shape
    weeks = (shape[0], shape[1] // 7 + 1)
    promo = (rng.random(weeks) < 0.3).repeat(7, axis=1)[:, : shape[1]].astype(float)
    price = 10 * np.exp(rng.normal(0, 0.1, weeks)).repeat(7, axis=1)[:, : shape[1]]
    target = panel.target * np.exp(0.3 * promo) * (price / 10) ** -1.5
    return replace(panel, target=target, covariates={"action": promo, "price": price})


def with_gaps(panel: Panel) -> Panel:
    target = panel.target.copy()
    target[::3, 300:484] = np.nan
    return with_target(panel, target)


def with_odd_covariates(panel: Panel) -> Panel:
    """The panel with three covariates: a constant, partly unknown noise, and one never known."""
    rng = np.random.default_rng(5)
    junk = np.where(rng.random(panel.target.shape) < 0.3, np.nan, rng.random(panel.target.shape))
    never = np.full(panel.target.shape, np.nan)
    ones = np.ones(panel.target.shape)
    return replace(panel, covariates={"ones": ones, "junk": junk, "never": never})


def counted(panel: Panel, mean: float) -> Panel:
    scale = mean / panel.target.mean(axis=1, keepdims=True)
    counts = np.random.default_rng(6).poisson(panel.target * scale)
    return with_target(panel, counts.astype(float))


SHAPES: dict[str, tuple[Callable[[], Panel], int]] = {
    "plain": (lambda: chain(20, YEARS), 28),
    "promo and price": (lambda: with_effects(chain(20, YEARS)), 28),
    "short": (lambda: chain(20, 150), 14),
    "gaps": (lambda: with_gaps(chain(20, YEARS)), 28),
    "odd covariates": (lambda: with_odd_covariates(chain(20, 400)), 28),
    "counts": (lambda: counted(chain(20, 400), 5), 28),
    "sparse": (lambda: counted(chain(20, 400), 0.5), 28),
    "one series": (lambda: with_effects(chain(1, YEARS)), 28),
    "weekly": (lambda: chain(20, 156, frequency="W"), 13),
    "monthly": (lambda: chain(20, 60, frequency="M"), 12),
    "hourly": (lambda: chain(5, 800, frequency="H"), 48),
}


def shaped(shape: str) -> tuple[Panel, int]:
    """A panel of this shape, and its horizon."""
    make, horizon = SHAPES[shape]
    return make(), horizon


def error(algorithm: Algorithm, panel: Panel, horizon: int) -> float:
    """WAPE of the median over the last periods of a panel."""
    cutoff = panel.n_periods - horizon
    config = FitConfig(horizon, LEVELS, season_length(panel.frequency))
    fitted = algorithm.fit(panel.before(cutoff), config)
    future = panel.known_between(cutoff, panel.n_periods)
    return metrics.wape(panel.target[:, cutoff:], fitted.forecast(future, LEVELS)[:, :, 1])


@pytest.mark.parametrize("shape", SHAPES)
def test_pooled_regression_beats_seasonal_naive_on_any_shape(shape: str) -> None:
    panel, horizon = shaped(shape)

    pooled = error(PooledRegression(), panel, horizon)

    assert pooled < 0.95 * error(SeasonalNaive(), panel, horizon)


def test_the_effects_of_promotion_and_price_are_learned() -> None:
    panel = with_effects(chain(20, YEARS))
    fitted = PooledRegression().fit(panel, CONFIG)

    def with_covariates(action: float, price: float) -> FloatArray:
        times = next_periods(panel.timestamps[-1], "D", 14)
        covariates = {"action": np.full((20, 14), action), "price": np.full((20, 14), price)}
        return fitted.mean(KnownFuture(times, covariates))

    plain = with_covariates(0, 10)
    promoted = with_covariates(1, 10)[:, 3:10] / plain[:, 3:10]
    dearer = with_covariates(0, 11) / plain
    assert np.mean(promoted) == pytest.approx(np.exp(0.3), rel=0.05)
    assert np.mean(dearer) == pytest.approx(1.1**-1.5, rel=0.05)


def test_a_promotion_is_a_part_of_the_forecast() -> None:
    panel = make_panel(n_days=200)

    parts = PooledRegression().fit(panel, CONFIG).contributions(future_of(panel))

    promoted = future_of(panel).covariates["promo"] == 1
    assert {"level", "weekly", "promo", "closures"} <= set(parts)
    assert parts["promo"][promoted].min() > 10
    assert abs(parts["promo"][:, -1]).max() < parts["promo"][promoted].min()


def test_a_series_without_sales_gets_the_level_of_the_others() -> None:
    panel = with_row(make_panel(n_days=200), 1, np.nan)

    fitted = PooledRegression().fit(panel, CONFIG)

    assert fitted.notes[1] == (
        "This series has no known sales yet: its forecast is that of a typical series."
    )
    low, middle, high = fitted.forecast(future_of(panel), LEVELS)[1, 0]
    others = fitted.mean(future_of(panel))[[0, 2], 0]
    assert others.min() < middle < others.max()
    assert high / low > 2


def test_a_new_series_gets_the_level_of_its_attributes() -> None:
    panel = make_panel(n_series=20, n_days=100)
    kinds = tuple("small" if i < 10 else "large" for i in range(20))
    target = panel.target.copy()
    target[[4, 15]] = np.nan
    known = replace(panel, target=target, attributes={"kind": kinds})

    fitted = PooledRegression().fit(known.take(range(19)), CONFIG)

    mean = PooledRegression().condition(fitted, known).mean(future_of(panel))[:, 0]
    assert mean[15] > 2 * mean[4]
    assert 100 < mean[4] < 1000 < mean[15] < 2600


def test_a_series_that_never_sold_stays_at_zero() -> None:
    panel = with_row(make_panel(n_days=200), 1, 0.0)

    fitted = PooledRegression().fit(panel, CONFIG)

    assert np.allclose(fitted.forecast(future_of(panel), LEVELS)[1], 0)


def test_a_new_series_learns_its_level_from_its_first_days() -> None:
    panel = make_panel(n_series=4, n_days=200)
    fitted = PooledRegression().fit(panel.take([0, 1, 2]), CONFIG)
    target = panel.target.copy()
    target[3, :-10] = np.nan

    known = PooledRegression().condition(fitted, with_target(panel, target))

    actual = make_panel(n_series=4, n_days=214).target[3, 200:]
    assert known.notes[3] == (
        "This series is new since the training: its forecast is that of a typical series."
    )
    assert metrics.wape(actual, known.mean(future_of(panel))[3]) < 0.15


def test_new_days_move_the_level_and_keep_the_effects() -> None:
    panel = make_panel(n_days=228)
    raised = panel.target.copy()
    raised[0, 200:] *= 1.5
    fitted = PooledRegression().fit(panel.before(200), CONFIG)

    later = PooledRegression().condition(fitted, with_target(panel, raised))

    usual = PooledRegression().condition(fitted, panel)
    future = future_of(panel)
    opened = usual.mean(future)[0] > 0
    ratio = later.mean(future)[0, opened] / usual.mean(future)[0, opened]
    assert ratio.min() > 1.2
    assert np.ptp(np.log(ratio)) < 0.01
    assert np.allclose(later.mean(future)[1:], usual.mean(future)[1:])


def test_a_future_without_a_covariate_of_the_training_is_refused() -> None:
    panel = make_panel(n_days=100)
    fitted = PooledRegression().fit(panel, CONFIG)
    future = future_of(panel)

    with pytest.raises(InvalidData, match="'promo' is missing"):
        fitted.mean(KnownFuture(future.timestamps, {"open": future.covariates["open"]}))


def test_public_holidays_of_a_country_are_learned() -> None:
    panel = chain(20, YEARS)
    dates = panel.timestamps.astype("datetime64[D]")
    unity_days = np.isin(dates, np.array(["2020-10-03", "2021-10-03"], dtype="datetime64[D]"))
    target = np.where(unity_days, 0.5, 1.0) * panel.target
    cutoff = int(np.flatnonzero(unity_days)[1])
    past = with_target(panel, target).before(cutoff)
    future = panel.known_between(cutoff, cutoff + 1)

    plain = PooledRegression().fit(past, CONFIG).mean(future)
    informed = PooledRegression().fit(past, replace(CONFIG, country="DE")).mean(future)

    assert np.mean(informed / plain) < 0.8


@pytest.mark.rossmann
@pytest.mark.slow
def test_the_real_chain_is_forecast_well(rossmann: Path) -> None:
    panel = real_chain(rossmann)
    cutoff = panel.n_periods - 48

    fitted = PooledRegression().fit(panel.before(cutoff), FitConfig(48, LEVELS))
    values = fitted.forecast(panel.known_between(cutoff, panel.n_periods), LEVELS)

    actual = panel.target[:, cutoff:]
    known = ~np.isnan(actual)
    sold = known & (actual > 0)
    inside = ((actual >= values[:, :, 0]) & (actual <= values[:, :, 2]))[sold].mean()
    assert metrics.wape(actual, values[:, :, 1]) < 0.074
    assert 0.75 < inside < 0.9


def test_a_day_before_christmas_that_was_a_sunday_gets_the_effect_of_its_neighbours() -> None:
    times = next_periods(np.datetime64("2012-12-31T00:00:00", "s"), "D", 730)
    days = times.astype("datetime64[D]")
    left = (days.astype("datetime64[Y]") + 1).astype("datetime64[D]") - 7 - days
    rush = np.where((left > np.timedelta64(0)) & (left <= np.timedelta64(5)), 0.6, 0.0)
    is_open = np.tile(((days.astype(int) + 3) % 7 != 6).astype(float), (20, 1))
    noise = np.random.default_rng(5).normal(0, 0.05, is_open.shape)
    target = np.exp(6 + rush + noise) * is_open
    keys = tuple((str(i),) for i in range(20))
    panel = Panel(keys, times, "D", target, covariates={"open": is_open})
    cutoff = int(np.flatnonzero(days == np.datetime64("2014-12-10"))[0])
    monday = int(np.flatnonzero(days == np.datetime64("2014-12-22"))[0])

    model = PooledRegression().fit(panel.before(cutoff), FitConfig(horizon=14))
    p50 = model.forecast(panel.known_between(cutoff, cutoff + 14), (0.5,))[:, :, 0]

    assert np.median(p50[:, monday - cutoff] / np.exp(6.6)) == pytest.approx(1, abs=0.15)


def test_a_panel_without_any_sales_is_forecast_as_zero() -> None:
    panel = make_panel(2, 70)
    panel.target[:] = 0.0

    values = PooledRegression().fit(panel, CONFIG).forecast(future_of(panel), LEVELS)

    assert values == pytest.approx(0.0)
