"""The rolling backtest: its windows, no leakage, and how accuracy is summed up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from forecast_service.engine import metrics
from forecast_service.engine.algorithm import FitConfig, Fitted, Progress, silent
from forecast_service.engine.backtest import average_metrics, backtest, cutoffs, join_backtests
from forecast_service.engine.panel import Panel
from forecast_service.engine.pooled.regression import PooledRegression
from forecast_service.engine.registry import algorithm

from .panels import make_panel, with_row, with_target

NAIVE = algorithm("seasonal_naive")
ROWS = (np.array([0, 3]), np.array([2, 1]))
LEVELS = (0.1, 0.5, 0.9)


class Recorder:
    """Seasonal naive that records the panels it is fitted on."""

    name = "recorder"

    def __init__(self) -> None:
        self.seen: list[Panel] = []

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> Fitted:
        self.seen.append(panel)
        return NAIVE.fit(panel, config, progress)

    def from_arrays(self, arrays: Mapping[str, np.ndarray]) -> Fitted:
        return NAIVE.from_arrays(arrays)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (FitConfig(horizon=10), [90]),
        (FitConfig(horizon=10, backtest_windows=3), [90, 80, 70]),
        (FitConfig(horizon=10, backtest_windows=2, backtest_offset=15), [85, 70]),
        (FitConfig(horizon=40, backtest_windows=3), [60, 20]),  # -20 is no cutoff
        (FitConfig(horizon=90), []),  # 10 days of history are less than two weeks
        (FitConfig(horizon=10, backtest_offset=5), []),  # would reach beyond the end
    ],
)
def test_cutoffs_are_counted_back_from_the_end(config: FitConfig, expected: list[int]) -> None:
    assert cutoffs(100, config)[0] == expected


def test_a_note_shows_the_arithmetic_of_windows_that_do_not_fit() -> None:
    config = FitConfig(horizon=40, backtest_windows=3)

    assert cutoffs(100, config)[1] == (
        "Accuracy rests on 2 of 3 backtest windows: 3 x 40 periods plus 14 of history are needed, "
        "100 are there.",
    )
    assert cutoffs(134, config)[1] == ()


def test_a_model_sees_nothing_after_the_cutoff() -> None:
    recorder = Recorder()

    backtest(recorder, make_panel(), FitConfig(horizon=14, backtest_windows=2))

    assert [panel.n_periods for panel in recorder.seen] == [56, 42]


def test_a_model_does_not_learn_from_an_absurd_day_but_is_measured_on_it() -> None:
    panel = make_panel(n_days=120)
    panel.target[1, [60, 110]] *= 1000
    recorder = Recorder()

    [window] = backtest(recorder, panel, FitConfig(horizon=14)).windows

    assert np.isnan(recorder.seen[0].target[1, 60])
    assert np.isnan(window.history[1, 60])
    assert window.actual[1, 110 - window.cutoff] == panel.target[1, 110]


def test_the_backtest_of_a_dormant_series_is_zero_and_others_are_not_touched() -> None:
    panel = make_panel(n_series=4, n_days=200)
    panel.target[1, -80:] = 0

    [window] = backtest(NAIVE, panel, FitConfig(horizon=14)).windows

    assert window.mean.any(axis=1).tolist() == [True, False, True, True]
    assert window.quantiles.any(axis=(1, 2)).tolist() == [True, False, True, True]


def test_the_backtest_carries_a_covariate_no_farther_than_its_history() -> None:
    usual, beyond = make_panel(n_days=120), make_panel(n_days=120)
    usual.covariates["promo"][:, -14:] = 1
    beyond.covariates["promo"][:, -14:] = 7
    config = FitConfig(horizon=14)

    expected, tested = (
        backtest(PooledRegression(), panel, config).windows[0] for panel in (usual, beyond)
    )

    assert np.array_equal(tested.quantiles, expected.quantiles)


def test_changed_actuals_change_the_accuracy_but_no_forecast() -> None:
    panel = make_panel()
    later = panel.target.copy()
    later[:, 56:] += 500.0
    config = FitConfig(horizon=14)

    first = backtest(NAIVE, panel, config).windows[0]
    second = backtest(NAIVE, with_target(panel, later), config).windows[0]

    assert np.array_equal(first.quantiles, second.quantiles)
    assert np.array_equal(first.mean, second.mean)
    assert second.metrics(LEVELS)["WAPE"] > first.metrics(LEVELS)["WAPE"]


def test_window_is_dated_with_an_exclusive_end() -> None:
    window = backtest(NAIVE, make_panel(), FitConfig(horizon=14)).windows[0]

    assert str(window.start) == "2015-02-26T00:00:00"
    assert str(window.end) == "2015-03-12T00:00:00"


def test_items_without_a_known_value_in_the_window_are_not_counted() -> None:
    panel = make_panel()
    gap = np.where(np.arange(70) < 56, panel.target[1], np.nan)

    window = backtest(NAIVE, with_row(panel, 1, gap), FitConfig(horizon=14)).windows[0]

    assert window.item_count == 2
    assert np.isnan(window.losses(LEVELS)).tolist() == [False, True, False]


def test_metrics_of_a_window_are_those_of_its_arrays() -> None:
    window = backtest(NAIVE, make_panel(), FitConfig(horizon=14)).windows[0]

    values = window.metrics(LEVELS)

    assert values["WAPE"] == metrics.wape(window.actual, window.mean)
    assert values["wQL"][0.9] == metrics.wql(window.actual, window.quantiles[:, :, 2], 0.9)
    assert values["average_wQL"] == pytest.approx(np.mean(list(values["wQL"].values())))
    assert values["MASE"] == metrics.mase(
        window.actual, window.mean, window.history, season_length=7
    )


def test_undefined_metrics_are_none() -> None:
    panel = with_target(make_panel(), np.zeros((3, 70)))

    values = backtest(NAIVE, panel, FitConfig(horizon=14)).windows[0].metrics(LEVELS)

    assert (values["MAPE"], values["MASE"], values["RMSE"]) == (None, None, 0.0)


def test_losses_are_summed_over_windows() -> None:
    tested = backtest(NAIVE, make_panel(), FitConfig(horizon=14, backtest_windows=2))

    by_window = [window.losses(LEVELS) for window in tested.windows]

    assert np.allclose(tested.losses(), by_window[0] + by_window[1])


def test_average_skips_undefined_metrics() -> None:
    window = backtest(NAIVE, make_panel(), FitConfig(horizon=14)).windows[0].metrics(LEVELS)

    summary = average_metrics([window, {**window, "MAPE": None, "WAPE": 3 * window["WAPE"]}])

    assert summary is not None
    assert summary["MAPE"] == window["MAPE"]
    assert summary["WAPE"] == pytest.approx(2 * window["WAPE"])
    assert average_metrics([]) is None


def test_joined_backtests_of_parts_equal_the_backtest_of_all_series() -> None:
    panel, config = make_panel(4), FitConfig(horizon=14)
    parts = [(rows, backtest(NAIVE, panel.take(rows), config)) for rows in ROWS]

    whole, expected = join_backtests(panel.keys, parts), backtest(NAIVE, panel, config)

    assert whole.keys == panel.keys
    for name in ("actual", "quantiles", "mean", "history"):
        assert np.array_equal(
            getattr(whole.windows[0], name), getattr(expected.windows[0], name), equal_nan=True
        )


def test_parallel_windows_give_the_same_forecasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecast_service.engine.backtest.LARGE", 0)
    panel = make_panel()
    one = FitConfig(horizon=14, backtest_windows=2)
    reports: list[tuple[float, str]] = []

    serial = backtest(PooledRegression(), panel, one)
    parallel = backtest(
        PooledRegression(), panel, replace(one, processes=2), lambda *each: reports.append(each)
    )

    for expected, window in zip(serial.windows, parallel.windows, strict=True):
        assert window.cutoff == expected.cutoff
        assert window.quantiles == pytest.approx(expected.quantiles, rel=1e-6)
    assert reports[-1] == (1.0, "pooled: 2 of 2 windows tested")
