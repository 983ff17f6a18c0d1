"""Boosted regression: what trees add, when they are left out, and the package they need."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from forecast_service.engine import archive, metrics
from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.boosted.boosted_model import FittedBoosted
from forecast_service.engine.boosted.boosted_regression import Boosted
from forecast_service.engine.calendar import next_periods
from forecast_service.engine.features.tree_features import tree_columns
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.pooled.estimation import prepare
from forecast_service.engine.pooled.regression import PooledRegression
from forecast_service.engine.registry import load
from forecast_service.engine.simple.seasonal_naive import SeasonalNaive

from ..panels import with_target
from ..rossmann import real_chain
from .chains import CONFIG, CUTOFF, FUTURE, HORIZON, LEVELS, PANEL, PAST


def error_of(median: FloatArray, panel: Panel) -> float:
    return metrics.wape(panel.target[:, CUTOFF:], median)


def test_trees_learn_what_the_regression_cannot_express(fitted: FittedBoosted) -> None:
    alone = PooledRegression().fit(PAST, CONFIG).forecast(FUTURE, LEVELS)

    boosted = fitted.forecast(FUTURE, LEVELS)

    assert fitted.trees
    assert error_of(boosted[:, :, 1], PANEL) < 0.8 * error_of(alone[:, :, 1], PANEL)
    assert (boosted[:, :, 2] - boosted[:, :, 0]).sum() < (alone[:, :, 2] - alone[:, :, 0]).sum()


def test_quantiles_ascend_and_are_zero_on_closed_days(fitted: FittedBoosted) -> None:
    values = fitted.forecast(FUTURE, LEVELS)
    closed = FUTURE.covariates["open"] == 0

    assert (np.diff(values, axis=2) >= 0).all()
    assert (values[closed] == 0).all()
    assert (values[~closed] > 0).all()


def test_contributions_add_up_and_include_the_trees(fitted: FittedBoosted) -> None:
    parts = fitted.contributions(FUTURE)

    assert np.allclose(sum(parts.values()), fitted.mean(FUTURE))
    assert np.abs(parts["interplay"]).max() > 10
    assert (parts["interplay"][FUTURE.covariates["open"] == 0] == 0).all()


@pytest.mark.parametrize("processes", [1, 2])
def test_the_same_data_give_the_same_forecast(fitted: FittedBoosted, processes: int) -> None:
    again = Boosted().fit(PAST, replace(CONFIG, processes=processes))

    assert np.array_equal(again.forecast(FUTURE, LEVELS), fitted.forecast(FUTURE, LEVELS))


def test_sales_after_the_cutoff_do_not_change_the_model(fitted: FittedBoosted) -> None:
    target = PANEL.target.copy()
    target[:, CUTOFF:] *= 100

    again = Boosted().fit(with_target(PANEL, target).before(CUTOFF), CONFIG)

    assert np.array_equal(again.forecast(FUTURE, LEVELS), fitted.forecast(FUTURE, LEVELS))


def test_a_model_file_with_trees_gives_the_same_forecast(
    fitted: FittedBoosted, tmp_path: Path
) -> None:
    archive.save(tmp_path / "000.npz", fitted.to_arrays(), {})

    loaded = load("boosted", archive.load(tmp_path / "000.npz")[0])

    assert np.array_equal(loaded.forecast(FUTURE, LEVELS), fitted.forecast(FUTURE, LEVELS))


def test_a_new_store_gets_a_forecast_that_follows_its_promotions(fitted: FittedBoosted) -> None:
    panel = PAST.take([*range(39), 39])
    target = panel.target.copy()
    target[39, :-14] = np.nan
    with_new = replace(panel, keys=(*panel.keys[:39], ("new",)), target=target)

    values = Boosted().condition(fitted, with_new).mean(FUTURE)

    assert metrics.wape(PANEL.target[39:, CUTOFF:], values[39:]) < 0.3
    assert np.array_equal(values[:39], fitted.mean(FUTURE)[:39])


def test_a_model_of_some_series_forecasts_as_the_whole_model(fitted: FittedBoosted) -> None:
    rows = np.array([7, 3])

    few = fitted.take(rows, FUTURE)

    expected = fitted.forecast(FUTURE, LEVELS)[rows]
    assert few.forecast(FUTURE.take(rows), LEVELS) == pytest.approx(expected)


def unusual_days() -> tuple[Panel, Panel]:
    """A panel with two promotions, and its past; both run on each of the last 14 days of the past.

    Each alone raises the sales; together they do not.
    """
    rng, days = np.random.default_rng(1), 428
    times = next_periods(np.datetime64("2022-01-02", "s"), "D", days)
    first, second = (rng.random((2, 40, days)) < 0.4).astype(float)
    first[:, 400:414] = second[:, 400:414] = 1
    logs = 4 + 0.3 * first + 0.3 * second - 0.6 * first * second
    target = np.exp(logs + rng.normal(0, 0.05, logs.shape))
    keys = tuple((str(i),) for i in range(40))
    panel = Panel(keys, times, "D", target, {"first": first, "second": second})
    return panel, panel.before(414)


@pytest.mark.parametrize("again", [0, 40])
def test_newer_days_move_the_level_only_by_residuals_under_the_trees(again: int) -> None:
    panel, newer = unusual_days()
    config = FitConfig(14, LEVELS)
    fitted = Boosted().fit(newer.before(400), config)
    actual, future = panel.target[:, 414:], panel.known_between(414, 428)

    refitted = Boosted().refit(fitted, newer, np.arange(again), config)

    assert fitted.trees
    assert metrics.wape(actual, refitted.forecast(future, LEVELS)[:, :, 1]) < 0.075


def test_levels_are_updated_after_the_trees_are_grown() -> None:
    panel, newer = unusual_days()

    fitted = Boosted().fit(newer, FitConfig(14, LEVELS))
    values = fitted.forecast(panel.known_between(414, 428), LEVELS)[:, :, 1]

    assert metrics.wape(panel.target[:, 414:], values) < 0.1  # 0.2 with the regression's levels


def test_a_series_without_sales_does_not_prevent_trees() -> None:
    target = PAST.target.copy()
    target[3, : CUTOFF - HORIZON] = 0
    target[5, : CUTOFF - HORIZON] = np.nan

    fitted = Boosted().fit(with_target(PAST, target), CONFIG)

    assert fitted.trees


def test_a_history_of_three_days_has_no_trees() -> None:
    many = PANEL.take(np.arange(1000) % 40).before(3)
    panel = replace(many, keys=tuple((str(i),) for i in range(1000)))

    assert Boosted().fit(panel, CONFIG).trees == ""


def test_a_loaded_model_forecasts_the_same_for_an_unchanged_price() -> None:
    rng = np.random.default_rng(3)
    price = rng.choice([19.99, 17.49, 22.95], PANEL.target.shape)
    price[:, 1::3] = price[:, ::3][:, : price[:, 1::3].shape[1]]
    changed = np.diff(price, axis=1, prepend=price[:, :1]) != 0
    target = np.exp(4 + 0.6 * changed + rng.normal(0, 0.05, price.shape))
    panel = replace(PANEL, target=target, covariates={"price": price})
    fitted = Boosted().fit(panel.before(CUTOFF), CONFIG)
    future = panel.known_between(CUTOFF, CUTOFF + HORIZON)
    future.covariates["price"][:, 0] = price[:, CUTOFF - 1]  # type: ignore[index]

    loaded = load("boosted", fitted.to_arrays())

    assert fitted.trees
    assert np.array_equal(loaded.mean(future), fitted.mean(future))


def test_rounding_is_not_a_change_of_a_price() -> None:
    price = np.tile([[19.99]], (3, 60))
    price[:, 20:30] = 17.49
    rounded = price.astype(np.float32).astype(np.float64)
    mixed = np.where(np.arange(60) % 2 == 0, price, rounded)
    times = PANEL.timestamps[:60]
    panel = Panel((("a",), ("b",), ("c",)), times, "D", price, {"price": mixed})

    names, values = tree_columns(prepare(panel, CONFIG).features, slice(None), 31)

    assert (values[:, :, names.index("price: change")] == 0).all()


def test_trees_do_not_worsen_the_forecast_of_pure_noise() -> None:
    rng = np.random.default_rng(1)
    plain = with_target(PANEL, rng.lognormal(3, 0.3, PANEL.target.shape))
    past = plain.before(CUTOFF)

    boosted = Boosted().fit(past, CONFIG).forecast(FUTURE, LEVELS)
    alone = PooledRegression().fit(past, CONFIG).forecast(FUTURE, LEVELS)

    assert error_of(boosted[:, :, 1], plain) < 1.01 * error_of(alone[:, :, 1], plain)


def test_little_history_gives_the_regression_without_trees() -> None:
    past, future = PAST.take([0, 1]), FUTURE.take([0, 1])

    boosted, alone = Boosted().fit(past, CONFIG), PooledRegression().fit(past, CONFIG)

    assert boosted.trees == ""
    assert np.array_equal(boosted.forecast(future, LEVELS), alone.forecast(future, LEVELS))


def test_a_few_stores_are_forecast_better_than_by_seasonal_naive() -> None:
    few, future = PAST.take(range(6)), FUTURE.take(range(6))
    actual = PANEL.take(range(6))

    boosted = Boosted().fit(few, CONFIG).forecast(future, LEVELS)[:, :, 1]
    naive = SeasonalNaive().fit(few, CONFIG).forecast(future, LEVELS)[:, :, 1]

    assert error_of(boosted, actual) < error_of(naive, actual)


@pytest.mark.parametrize(
    ("frequency", "dated"),
    [
        ("D", ["season", "day of month", "days left in month"]),
        ("W", ["day of month", "days left in month", "place in year", "days to christmas"]),
        ("H", ["season", "weekday", "day of month", "days left in month"]),
        ("M", ["place in year"]),
    ],
)
def test_tree_columns_depend_on_the_frequency(frequency: str, dated: list[str]) -> None:
    times = next_periods(np.datetime64("2018-12-31T00:00:00", "s"), frequency, 120)
    action = np.tile((np.arange(120) % 9 < 3).astype(float), (5, 1))
    panel = Panel(tuple((str(i),) for i in range(5)), times, frequency, action + 1, {"x": action})

    names, values = tree_columns(prepare(panel, CONFIG).features, slice(1, 3), 20)

    assert names[: len(dated)] == dated
    assert names[len(dated)] == "x: run"
    assert values.shape == (2, 100, len(names))
    assert np.isfinite(values).all()


@pytest.mark.rossmann
@pytest.mark.slow
def test_the_real_chain_is_forecast_better_than_by_the_regression(rossmann: Path) -> None:
    panel = real_chain(rossmann)
    cutoff = panel.n_periods - 48

    fitted = Boosted().fit(panel.before(cutoff), FitConfig(48, LEVELS))
    values = fitted.forecast(panel.known_between(cutoff, panel.n_periods), LEVELS)

    assert metrics.wape(panel.target[:, cutoff:], values[:, :, 1]) < 0.071
