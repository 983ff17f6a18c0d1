"""Patterns without noise are forecast exactly; a series of zeros is called what it is."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.calendar import next_periods
from forecast_service.engine.panel import KnownFuture, Panel
from forecast_service.engine.pooled.pooled_model import NEVER_SOLD
from forecast_service.engine.train import train

from .panels import FIRST_DAY, make_panel, with_row

CONFIG = FitConfig(14, (0.5,), 7, backtest_windows=2)


def median(name: str, *series: np.ndarray) -> np.ndarray:
    days = next_periods(FIRST_DAY, "D", len(series[0]))
    keys = tuple((str(i),) for i in range(len(series)))
    panel = Panel(keys, days, "D", np.array(series, dtype=np.float64))
    future = KnownFuture(next_periods(days[-1], "D", 14))
    return train(name, panel, CONFIG).fitted.forecast(future, (0.5,))[:, :, 0]


def weekly(low: float, weekday: int = 5) -> np.ndarray:
    return np.where(np.arange(98) % 7 == weekday, low, 950.0)


@pytest.mark.quick(5)
@pytest.mark.parametrize("name", ["auto", "pooled", "boosted", "prophet"])
@pytest.mark.parametrize(("low", "weekday"), [(1.05, 5), (20.0, 5), (300.0, 0), (5000.0, 3)])
def test_a_weekly_pattern_is_exact(name: str, low: float, weekday: int) -> None:
    expected = weekly(low, weekday)[:14]

    assert median(name, weekly(low, weekday))[0] == pytest.approx(expected, rel=0.01)


def test_a_pattern_among_noisy_series_is_exact() -> None:
    noisy = 100 * np.random.default_rng(1).lognormal(0, 0.2, (5, 98))

    assert median("auto", weekly(1.05), *noisy)[0] == pytest.approx(weekly(1.05)[:14])


def test_a_constant_series_is_exact() -> None:
    assert median("auto", np.full(98, 7.0))[0] == pytest.approx(np.full(14, 7.0))


@pytest.mark.slow
def test_a_straight_line_is_exact() -> None:
    line = 500 + 2.0 * np.arange(112)

    assert median("auto", line[:98])[0] == pytest.approx(line[98:], rel=0.01)


def test_a_series_of_zeros_is_not_called_unknown() -> None:
    panel = with_row(make_panel(), 1, 0.0)

    assert train("pooled", panel, CONFIG).fitted.notes == (None, NEVER_SOLD, None)
