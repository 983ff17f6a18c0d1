"""Training: one call returns the model and its accuracy."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.backtest import backtest
from forecast_service.engine.registry import NAMES, algorithm
from forecast_service.engine.train import train
from forecast_service.errors import InvalidData

from .panels import future_of, make_panel

CONFIG = FitConfig(horizon=14)


@pytest.mark.parametrize("name", NAMES)
def test_training_gives_a_model_of_the_whole_history_and_its_accuracy(name: str) -> None:
    panel = make_panel()
    shares: list[float] = []

    trained = train(name, panel, CONFIG, lambda share, note: shares.append(share))

    assert trained.fitted.until == panel.timestamps[-1]
    assert [window.item_count for window in trained.windows] == [3]
    assert trained.summary == trained.windows[0].metrics
    assert 0 < trained.windows[0].metrics["average_wQL"] < 0.3
    assert trained.notes == ()
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


def test_the_accuracy_comes_from_the_backtest_of_the_algorithm() -> None:
    panel = make_panel()

    trained = train("seasonal_naive", panel, CONFIG)

    tested = backtest(algorithm("seasonal_naive"), panel, CONFIG)
    assert trained.windows[0].metrics == tested.windows[0].metrics(CONFIG.quantiles)


def test_a_history_too_short_for_a_window_still_gives_a_model() -> None:
    panel = make_panel(n_days=20)

    trained = train("auto", panel, CONFIG)

    assert (trained.windows, trained.summary) == ((), None)
    assert trained.notes == (
        "Accuracy rests on 0 of 1 backtest windows: 1 x 14 periods plus 14 of history are needed, "
        "20 are there.",
    )
    assert trained.fitted.forecast(future_of(panel), (0.5,)).shape == (3, 14, 1)


def test_an_unknown_algorithm_is_refused() -> None:
    message = "'deepar' is not an algorithm of this service. Use one of 'arima', "
    with pytest.raises(InvalidData, match=re.escape(message)):
        train("deepar", make_panel(), CONFIG)


def test_the_number_of_processes_changes_no_forecast() -> None:
    panel = make_panel(n_series=18, n_days=130)  # more than one task of 16 series
    future = future_of(panel)
    prophet, config = algorithm("prophet"), replace(CONFIG, prophet_solver="stan")

    one = prophet.fit(panel, replace(config, processes=1)).forecast(future, CONFIG.quantiles)
    two = prophet.fit(panel, replace(config, processes=2)).forecast(future, CONFIG.quantiles)

    assert np.array_equal(one, two)
