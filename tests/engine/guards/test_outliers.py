"""Absurd days: what counts as one, and how little they move a forecast."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.calendar import next_periods
from forecast_service.engine.guards.outliers import find_outliers, without_outliers
from forecast_service.engine.panel import KnownFuture, Panel
from forecast_service.engine.train import train

from ..panels import FIRST_DAY, make_panel, sparse_panel, with_target

WEEK = np.array([1, 1, 1, 1.2, 1.5, 2.5, 0.6])
CONFIG = FitConfig(28, (0.1, 0.5, 0.9), 7, backtest_windows=1)


def sales(days: int = 120, *, n: int = 1, seed: int = 4) -> np.ndarray:
    noise = np.random.default_rng(seed).lognormal(0, 0.08, (n, days))
    return 100.0 * WEEK[np.arange(days) % 7] * noise


def panel_of(target: np.ndarray) -> Panel:
    days = next_periods(FIRST_DAY, "D", target.shape[1])
    return Panel(tuple((str(i),) for i in range(len(target))), days, "D", target)


def changed(target: np.ndarray, day: int, factor: float) -> np.ndarray:
    copy = target.copy()
    copy[0, day] *= factor
    return copy


def forecast(target: np.ndarray, name: str = "auto") -> np.ndarray:
    panel = panel_of(target)
    future = KnownFuture(next_periods(panel.timestamps[-1], "D", CONFIG.horizon))
    return train(name, panel, CONFIG).fitted.forecast(future, CONFIG.quantiles)[0]


@pytest.mark.parametrize("factor", [10, 100, 1000, 0.001])
@pytest.mark.parametrize("day", [-1, -2, -10, 50])
def test_an_absurd_day_is_found(factor: float, day: int) -> None:
    found = find_outliers(panel_of(changed(sales(), day, factor)))

    assert np.flatnonzero(found).tolist() == [day % 120]


def test_ordinary_panels_have_none() -> None:
    assert not find_outliers(make_panel(n_days=200)).any()
    assert not find_outliers(sparse_panel()).any()
    assert not find_outliers(panel_of(sales(n=20, days=400))).any()


@pytest.mark.parametrize("low", [1.05, 20, 0.0])
def test_a_regular_low_weekday_is_none(low: float) -> None:
    target = np.where(np.arange(84) % 7 == 5, low, 950.0)[None]

    assert not find_outliers(panel_of(target)).any()


def test_promotions_that_multiply_sales_are_none() -> None:
    panel = make_panel(n_days=120)
    target = panel.target * np.where(panel.covariates["promo"] > 0, 8, 1)

    assert not find_outliers(with_target(panel, target)).any()


def test_a_peak_that_returns_every_year_is_none() -> None:
    target = sales(days=800)
    target[0, [300, 665]] *= 6

    assert not find_outliers(panel_of(target)).any()


@pytest.mark.parametrize("length", [4, 10, 21])
def test_a_new_level_is_none(length: int) -> None:
    target = sales()
    target[0, -length:] *= 10

    assert not find_outliers(panel_of(target)).any()


@pytest.mark.parametrize(("factor", "n", "count"), [
    (5, 1, 1), (5, 40, 0), (0.02, 1, 1), (0.02, 40, 0), (10, 40, 1), (0.001, 40, 1),
])  # fmt: skip
def test_a_fair_and_an_opening_of_an_hour_are_none_among_many(
    factor: float, n: int, count: int
) -> None:
    assert find_outliers(panel_of(changed(sales(n=n), -10, factor))).sum() == count


def test_a_series_of_many_fairs_keeps_them_but_not_an_error() -> None:
    target = sales(days=400)
    target[0, [40, 110, 190, 260]] *= [6, 7, 6, 8]

    assert not find_outliers(panel_of(target)).any()
    assert np.flatnonzero(find_outliers(panel_of(changed(target, 300, 1000)))).tolist() == [300]


def test_a_panel_without_absurd_days_is_kept_as_it_is() -> None:
    panel = panel_of(sales(n=40, days=200))

    assert without_outliers(panel) is panel


def test_an_absurd_day_becomes_unknown() -> None:
    clean = without_outliers(panel_of(changed(sales(), -3, 100)))

    assert np.isnan(clean.target[0, -3])
    assert np.isfinite(clean.target).sum() == 119


@pytest.mark.parametrize("factor", [10, 1000])
@pytest.mark.parametrize("day", [-1, -2, -10])
@pytest.mark.parametrize("name", ["auto", "pooled", "prophet", "seasonal_naive"])
def test_one_absurd_day_hardly_moves_four_weeks(name: str, day: int, factor: float) -> None:
    before, after = forecast(sales(), name), forecast(changed(sales(), day, factor), name)

    assert after[:, 1].sum() == pytest.approx(before[:, 1].sum(), rel=0.2)
    assert after[:, 2].sum() == pytest.approx(before[:, 2].sum(), rel=0.3)


@pytest.mark.parametrize("factor", [0.4, 2, 10])
def test_a_level_of_three_weeks_is_followed(factor: float) -> None:
    target = sales()
    target[0, -21:] *= factor

    assert forecast(target)[:, 1].sum() == pytest.approx(
        factor * forecast(sales())[:, 1].sum(), rel=0.3
    )


def test_coverage_counts_an_absurd_day_as_missed() -> None:
    target = changed(sales(), -10, 100)
    panel = panel_of(target)

    fact = train("auto", panel, CONFIG).fitted.facts[0]["coverage"]["p10-p90"]  # type: ignore[attr-defined]

    assert fact["days"] == 28
    assert fact["measured"] < 1
