"""Calibration: too narrow and too wide forecasts, the n+1 rule, and what does not change."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_service.engine.auto.calibration import (
    GRID,
    SCORES,
    Calibration,
    calibrate,
    coverage,
    normal_scores,
)
from forecast_service.engine.panel import FloatArray

LEVELS = (0.1, 0.5, 0.9)
HORIZON = 20


def forecast(n: int, spread: float = 10.0) -> FloatArray:
    """The same normal forecast around 100 for every series and day, on the grid."""
    return np.broadcast_to(100 + spread * SCORES, (n, HORIZON, len(GRID))).copy()


def actuals(n: int, spread: FloatArray | float, seed: int = 1) -> FloatArray:
    noise = np.random.default_rng(seed).normal(0, 1, (n, HORIZON))
    return 100 + noise * np.broadcast_to(spread, (n,))[:, None]


def calibrated(spread: FloatArray | float, n: int, windows: int = 3) -> Calibration:
    scores = [normal_scores(actuals(n, spread, seed), forecast(n)) for seed in range(windows)]
    return calibrate(scores)


def inside(calibration: Calibration, actual: FloatArray) -> FloatArray:
    low, _, high = np.moveaxis(calibration.quantiles(forecast(len(actual)), LEVELS), 2, 0)
    return coverage(actual, low, high, 0.8).measured


@pytest.mark.parametrize("spread", [3.0, 10.0, 25.0])
def test_a_wrong_spread_is_corrected(spread: float) -> None:
    calibration = calibrated(spread, 100)

    measured = inside(calibration, actuals(100, spread, seed=99))

    assert np.mean(measured) == pytest.approx(0.8, abs=0.02)


def test_a_series_noisier_than_the_others_gets_wider_quantiles() -> None:
    spread = np.where(np.arange(100) < 10, 30.0, 10.0)

    calibration = calibrated(spread, 100, windows=6)

    assert calibration.scale[:10].min() > 1.5 > calibration.scale[10:].max()


def test_the_median_stays_and_levels_ascend_within_the_grid() -> None:
    on_grid = forecast(50)

    values = calibrated(25.0, 50).quantiles(on_grid, (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99))

    assert np.allclose(values[:, :, 3], 100)
    assert (np.diff(values, axis=2) > 0).all()


def test_with_nine_scores_the_90_percent_interval_reaches_the_largest() -> None:
    actual = np.full((1, HORIZON), np.nan)
    actual[0, :9] = 100 + 10 * np.arange(0.1, 1.0, 0.1)

    calibration = calibrate([normal_scores(actual, forecast(1))])

    low, high = calibration.quantiles(forecast(1), (0.05, 0.95))[0, 0]
    assert (low, high) == pytest.approx((91, 109))


def test_closed_and_unknown_days_have_no_score_and_closed_ones_stay_zero() -> None:
    on_grid = forecast(2)
    on_grid[0, 3] = 0
    actual = actuals(2, 10)
    actual[0, 3], actual[1, 5] = 0, np.nan

    scores = normal_scores(actual, on_grid)

    assert np.argwhere(np.isnan(scores)).tolist() == [[0, 3], [1, 5]]
    assert (calibrated(5.0, 2).quantiles(on_grid, LEVELS)[0, 3] == 0).all()


def test_without_known_days_the_forecast_does_not_change() -> None:
    unknown = np.full((3, HORIZON), np.nan)

    calibration = calibrate([unknown])

    expected = forecast(3)[:, :, [GRID.index(level) for level in GRID if 0.01 < level < 0.99]]
    levels = [level for level in GRID if 0.01 < level < 0.99]
    assert np.allclose(calibration.quantiles(forecast(3), levels), expected, rtol=1e-3)


def test_days_beyond_the_horizon_take_the_last_bucket() -> None:
    scores = normal_scores(actuals(200, 10), forecast(200))
    scores[:, 15:] *= 2
    longer = np.concatenate([forecast(200), forecast(200)], axis=1)

    values = calibrate([scores]).quantiles(longer, LEVELS)

    width = values[0, :, 2] - values[0, :, 0]
    assert np.allclose(width[20:], width[19])
    assert width[19] == pytest.approx(2 * width[0], rel=0.1)


def test_coverage_counts_days_with_spread_only() -> None:
    actual = np.array([[0.0, 5.0, 20.0, np.nan]])
    low, high = np.array([[0.0, 1.0, 1.0, 1.0]]), np.array([[0.0, 9.0, 9.0, 9.0]])

    counted = coverage(actual, low, high, 0.8)

    assert (counted.measured.tolist(), counted.days.tolist()) == ([0.5], [2])


def test_a_calibrated_forecast_of_counts_does_not_change() -> None:
    random = np.random.default_rng(5)
    quantiles = np.quantile(random.poisson(0.4, 100_000), GRID, method="inverted_cdf")
    on_grid = np.broadcast_to(quantiles, (300, HORIZON, len(GRID))).astype(float)

    calibration = calibrate(
        [
            normal_scores(random.poisson(0.4, (300, HORIZON)).astype(float), on_grid)
            for _ in range(2)
        ]
    )

    assert calibration.scale == pytest.approx(1.0, abs=0.1)
    assert calibration.table[:, [200, 320]] == pytest.approx(
        np.tile([0.674, 1.282], (len(calibration.table), 1)), abs=0.1
    )
