"""Auto: each series gets what did better on it."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_service.engine.algorithms.auto import fit_with_backtest, prefers_prophet
from forecast_service.engine.algorithms.base import FitConfig
from forecast_service.engine.algorithms.prophet import ProphetAlgorithm
from forecast_service.engine.algorithms.seasonal_naive import SeasonalNaive
from forecast_service.engine.backtest import backtest

from ..panels import make_panel, weekdays, with_row

CONFIG = FitConfig(horizon=14)


@pytest.fixture(scope="module")
def panel():
    """Prophet sees the promotions of store 0; store 1 repeats its week but for one wild month."""
    panel = make_panel(3, 140)
    week = np.array([5.0, 90, 10, 400, 20, 700, 0])[weekdays(panel.timestamps)]
    wild = (np.arange(140) > 70) & (np.arange(140) < 100)
    odd = np.where(wild, np.where(week > 0, 3000 - 3 * week, 0), week)
    return with_row(with_row(panel, 1, odd), 2, np.nan)


def test_each_series_takes_the_algorithm_with_the_smaller_loss(panel) -> None:
    fitted, tested = fit_with_backtest(panel, CONFIG)

    assert fitted.algorithms == ("prophet", "seasonal_naive", "seasonal_naive")
    assert fitted.notes[:2] == (None, None)
    simple = backtest(SeasonalNaive(), panel, CONFIG).losses()
    rich = backtest(ProphetAlgorithm(), panel, CONFIG).losses()
    assert np.allclose(tested.losses()[:2], np.minimum(simple, rich)[:2])


def test_ties_go_to_the_simpler_one_and_untested_series_to_prophet() -> None:
    chosen = prefers_prophet(np.array([1.0, 2.0, 3.0, np.nan]), np.array([1.0, 1.0, 4.0, np.nan]))

    assert chosen.tolist() == [False, True, False, True]
