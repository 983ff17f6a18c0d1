"""TSB: probability and size of a sale, computed by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.panel import Panel
from forecast_service.engine.simple.tsb import FittedTsb, Tsb, best_rates

from ..panels import future_of, make_panel, sparse_panel

CONFIG = FitConfig(horizon=14)


def panel_of(*rows: list[float]) -> Panel:
    panel = make_panel(len(rows), len(rows[0]), closes=False)
    return replace(panel, target=np.array(rows, dtype=float))


def fit(panel: Panel) -> FittedTsb:
    return Tsb().fit(panel, CONFIG)


def smoothed(values: list[float], rate: float) -> float:
    level = float(np.mean(values))
    for value in values:
        level += rate * (value - level)
    return level


def test_probability_and_size_are_smoothed_from_their_means() -> None:
    fitted = fit(panel_of([0, 2, 0, 0, 4, 0, 6]))
    probability_rate, size_rate = fitted.rates[0]

    probability = smoothed([0, 1, 0, 0, 1, 0, 1], probability_rate)
    size = smoothed([2, 4, 6], size_rate)

    assert fitted.probability[0] == pytest.approx(probability)
    assert fitted.mean(future_of(panel_of([0] * 7), closes=False))[0, 5] == pytest.approx(
        probability * size
    )


def test_quantiles_are_zero_or_a_past_size() -> None:
    panel = panel_of([0, 2, 0, 4, 0, 2, 0, 4])
    fitted = replace(
        fit(panel),
        probability=np.array([0.4]),
        sizes=np.array([[2.0, 4.0]]),
        weights=np.array([[0.75, 0.25]]),
    )

    values = fitted.forecast(future_of(panel, closes=False), (0.5, 0.6, 0.61, 0.9, 0.91))

    assert values[0, 0].tolist() == [0, 0, 2, 2, 4]  # 0.6 nothing, then 0.3 of 2 and 0.1 of 4


def test_the_forecast_falls_while_nothing_is_sold() -> None:
    sold = ([0, 3] * 20) + [0] * 20
    future = future_of(panel_of(sold), closes=False)

    before, after = fit(panel_of(sold[:40] + [0, 3] * 10)), fit(panel_of(sold))

    assert after.mean(future)[0, 0] < 0.2 * before.mean(future)[0, 0]


def test_a_level_that_shifts_is_smoothed_less_than_noise() -> None:
    shifted = np.repeat([[1.0, 9.0]], 30, axis=1)
    noise = np.random.default_rng(1).normal(5, 2, (1, 60))

    rates = best_rates(np.vstack([shifted, noise]), np.array([True, True]))

    assert rates[0] == 0.3
    assert rates[1] == 0.01


def test_newer_data_move_the_forecast_with_the_same_smoothing() -> None:
    panel = sparse_panel(5, 120)
    fitted = fit(panel.before(100))

    later = Tsb().condition(fitted, panel)

    assert np.array_equal(later.rates, fitted.rates)
    assert not np.array_equal(later.probability, fitted.probability)


def test_closed_days_do_not_count() -> None:
    panel = make_panel(1, 70)  # sells on every open day

    assert fit(panel).probability.tolist() == [pytest.approx(1.0)]
