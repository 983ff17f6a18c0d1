"""Every algorithm forecasts every frequency, survives its file, and goes on with newer data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.calendar import next_periods
from forecast_service.engine.panel import KnownFuture, Panel
from forecast_service.engine.periods.frequency import season_length
from forecast_service.engine.pooled.regression import PooledRegression
from forecast_service.engine.registry import NAMES, algorithm
from forecast_service.errors import InvalidData

PERIODS = {"30min": 300, "3D@1970-01-03": 60, "Y@1970-07-01": 12}
MORE = {
    "min": 3000,
    "7min": 700,
    "5H": 200,
    "23H": 80,
    "2D": 80,
    "2W@1970-01-02": 60,
    "4W": 40,
    "3M@1970-03-15": 16,
    "11M": 12,
}
CLASSIC = ("ets", "arima")  # slow; tested with more periods below
LEVELS = (0.1, 0.5, 0.9)
HORIZON = 3


def panel_of(code: str, periods: int) -> Panel:
    """A shop, an item that sells now and then, and a promotion of each."""
    random = np.random.default_rng(3)
    times = next_periods(np.datetime64("2020-01-01", "s"), code, periods)
    target = np.stack([random.gamma(5, 2, periods), random.poisson(0.3, periods).astype(float)])
    promo = (random.random(target.shape) < 0.3).astype(float)
    return Panel((("shop",), ("item",)), times, code, target, {"promo": promo})


def future_of(panel: Panel, start: int) -> KnownFuture:
    return panel.known_between(start, start + HORIZON)


def check(code: str, periods: int, name: str) -> None:
    panel, chosen = panel_of(code, periods), algorithm(name)
    first, second = periods - 2 * HORIZON, periods - HORIZON
    config = FitConfig(HORIZON, LEVELS, season_length(code), country="DE")

    fitted = chosen.fit(panel.before(first), config)
    forecast = fitted.forecast(future_of(panel, first), LEVELS)
    loaded = chosen.from_arrays(fitted.to_arrays()).forecast(future_of(panel, first), LEVELS)
    newer = chosen.condition(fitted, panel.before(second))
    newer_forecast = newer.forecast(future_of(panel, second), LEVELS)

    assert forecast.shape == (2, HORIZON, 3)
    assert np.array_equal(forecast, loaded)
    for values in (forecast, newer_forecast):
        assert np.isfinite(values).all()
        assert (values >= 0).all()
        assert (np.diff(values, axis=2) >= 0).all()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in CLASSIC])
@pytest.mark.parametrize("code", PERIODS)
def test_an_algorithm_forecasts_a_frequency(code: str, name: str) -> None:
    check(code, PERIODS[code], name)


def test_a_model_with_the_columns_of_another_version_is_refused() -> None:
    panel = panel_of("30min", 300)
    config = FitConfig(HORIZON, LEVELS, season_length("30min"))
    fitted = PooledRegression().fit(panel.before(297), config)
    older = replace(fitted, common=fitted.common[1:])

    with pytest.raises(InvalidData, match="trained by an earlier version of the service"):
        older.forecast(future_of(panel, 297), LEVELS)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("code", [*PERIODS, *MORE])
def test_every_algorithm_forecasts_every_frequency(code: str, name: str) -> None:
    check(code, {**PERIODS, **MORE}[code], name)
