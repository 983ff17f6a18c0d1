"""Metrics against naive scalar twins and hand-computed rows, with zeros and gaps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecast_service.engine import metrics

GAP = float("nan")


def points(actual: np.ndarray, forecast: np.ndarray) -> list[tuple[float, float]]:
    """The pairs in which the actual is known."""
    pairs = zip(actual.ravel().tolist(), forecast.ravel().tolist(), strict=True)
    return [(y, f) for y, f in pairs if not math.isnan(y)]


def wql_twin(actual: np.ndarray, forecast: np.ndarray, level: float) -> float:
    total = weight = 0.0
    for y, q in points(actual, forecast):
        total += level * (y - q) if y >= q else (1 - level) * (q - y)
        weight += abs(y)
    return 2 * total / weight if weight else 2 * total


def wape_twin(actual: np.ndarray, forecast: np.ndarray) -> float:
    pairs = points(actual, forecast)
    total, weight = sum(abs(y - f) for y, f in pairs), sum(abs(y) for y, _ in pairs)
    return total / weight if weight else total


def rmse_twin(actual: np.ndarray, forecast: np.ndarray) -> float:
    squares = [(y - f) ** 2 for y, f in points(actual, forecast)]
    return math.sqrt(sum(squares) / len(squares)) if squares else GAP


def mape_twin(actual: np.ndarray, forecast: np.ndarray) -> float:
    shares = [abs((y - f) / y) for y, f in points(actual, forecast) if y != 0]
    return sum(shares) / len(shares) if shares else GAP


def mase_twin(actual: np.ndarray, forecast: np.ndarray, history: np.ndarray, m: int) -> float:
    ratios = []
    for y, f, past in zip(actual, forecast, history, strict=True):
        errors = [abs(a - b) for a, b in points(y, f)]
        steps = [abs(past[t] - past[t - m]) for t in range(m, len(past))]
        steps = [step for step in steps if not math.isnan(step)]
        if errors and steps and sum(steps) > 0:
            ratios.append((sum(errors) / len(errors)) / (sum(steps) / len(steps)))
    return sum(ratios) / len(ratios) if ratios else GAP


values = st.one_of(st.just(GAP), st.just(0.0), st.integers(-50, 500).map(float))
actuals = arrays(np.float64, (3, 6), elements=values)
forecasts = arrays(np.float64, (3, 6), elements=st.integers(0, 500).map(float))
histories = arrays(np.float64, (3, 9), elements=values)


@given(actuals, forecasts, st.sampled_from([0.1, 0.5, 0.9]))
def test_wql_agrees_with_its_twin(y: np.ndarray, q: np.ndarray, level: float) -> None:
    assert metrics.wql(y, q, level) == pytest.approx(wql_twin(y, q, level))


@given(actuals, forecasts)
def test_point_metrics_agree_with_their_twins(y: np.ndarray, f: np.ndarray) -> None:
    for ours, twin in [
        (metrics.wape, wape_twin),
        (metrics.rmse, rmse_twin),
        (metrics.mape, mape_twin),
    ]:
        assert ours(y, f) == pytest.approx(twin(y, f), nan_ok=True)


@given(actuals, forecasts, histories, st.sampled_from([1, 2, 7]))
def test_mase_agrees_with_its_twin(
    y: np.ndarray, f: np.ndarray, past: np.ndarray, season: int
) -> None:
    ours = metrics.mase(y, f, past, season_length=season)

    assert ours == pytest.approx(mase_twin(y, f, past, season), nan_ok=True)


@given(actuals, forecasts)
def test_wql_of_the_median_is_its_wape(y: np.ndarray, f: np.ndarray) -> None:
    assert metrics.wql(y, f, 0.5) == pytest.approx(metrics.wape(y, f))


@pytest.mark.parametrize(
    ("metric", "actual", "forecast", "expected"),
    [
        # |10-8| + |20-25| = 7 of 30
        (metrics.wape, [[10, 20]], [[8, 25]], 7 / 30),
        # the gap counts neither above nor below
        (metrics.wape, [[10, GAP]], [[8, 99]], 2 / 10),
        # all zero: the numerator alone
        (metrics.wape, [[0, 0]], [[3, 4]], 7.0),
        # 0.9*2 for 10 over 8, 0.1*5 for 20 under 25: 2 * 2.3 / 30
        (lambda y, f: metrics.wql(y, f, 0.9), [[10, 20]], [[8, 25]], 4.6 / 30),
        (lambda y, f: metrics.wql(y, f, 0.1), [[0]], [[5]], 2 * 0.9 * 5),
        # (9 + 16) / 2
        (metrics.rmse, [[3, 5]], [[0, 1]], math.sqrt(12.5)),
        # closed day left out: (1/10 + 1/4) / 2
        (metrics.mape, [[10, 0, 4]], [[9, 7, 5]], 0.175),
        (metrics.mape, [[0]], [[1]], GAP),
        (metrics.rmse, [[GAP]], [[1]], GAP),
    ],
)
def test_metrics_of_rows_computed_by_hand(metric, actual, forecast, expected: float) -> None:
    value = metric(np.array(actual, dtype=float), np.array(forecast, dtype=float))

    assert value == pytest.approx(expected, nan_ok=True)


def test_mase_leaves_out_series_without_a_scale() -> None:
    past = np.array([[1.0, 3.0, 5.0], [4.0, 4.0, 4.0], [GAP, GAP, 2.0]])
    actual, forecast = np.full((3, 2), 6.0), np.full((3, 2), 5.0)

    # only the first has one: mean |difference| 2, mean error 1
    assert metrics.mase(actual, forecast, past, season_length=1) == 0.5


def test_average_wql_is_the_plain_mean_over_the_levels() -> None:
    actual = np.array([[10.0, 20.0]])
    low, high = actual - 1, actual + 3

    expected = (metrics.wql(actual, low, 0.1) + metrics.wql(actual, high, 0.9)) / 2

    assert metrics.average_wql(actual, {0.1: low, 0.9: high}) == pytest.approx(expected)
