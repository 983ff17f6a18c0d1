"""The exact quantiles of Prophet's futures, against draws and known distributions."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from forecast_service.engine.prophet.spread import spread_quantiles

LEVELS = (0.05, 0.1, 0.5, 0.9, 0.99)


def quantiles(trend: float, rate: float, sigma: float, horizon: int) -> np.ndarray:
    """The quantiles of one series, (horizon, levels)."""
    of_each = np.array([trend]), np.array([rate]), np.array([sigma])
    return spread_quantiles(*of_each, np.ones((1, horizon)), LEVELS)[0]


@pytest.mark.quick(2)
@pytest.mark.parametrize(
    ("trend", "rate", "sigma", "horizon"),
    [
        (0.001, 0.03, 0.06, 48),
        (0.05, 0.03, 1.0, 48),
        (0.5, 0.03, 1.0, 60),
        (0.01, 0.028, 1.0, 365),
        (0.3, 0.8, 1.0, 14),
        (2.0, 0.01, 1.0, 1),
    ],
)
def test_they_are_the_quantiles_of_simulated_futures(
    trend: float, rate: float, sigma: float, horizon: int
) -> None:
    rng, draws = np.random.default_rng(0), 40_000
    happens = rng.random((draws, horizon)) < rate
    slopes = np.cumsum(np.where(happens, rng.laplace(0, trend, happens.shape), 0.0), axis=1)
    paths = np.cumsum(slopes, axis=1) - slopes / 2 + rng.normal(0, sigma, happens.shape)
    steps = [0, horizon // 2, horizon - 1]

    exact = quantiles(trend, rate, sigma, horizon)[steps]

    drawn = np.quantile(paths[:, steps], LEVELS, axis=0).T
    assert np.allclose(exact, drawn, rtol=0.05, atol=0.03 * paths[:, steps].std(axis=0)[:, None])


def test_without_trend_they_are_those_of_the_noise() -> None:
    expected = [3.0 * NormalDist().inv_cdf(level) for level in LEVELS]

    assert np.allclose(quantiles(1e-12, 0.03, 3.0, 20), expected, atol=1e-6)


def test_almost_no_noise_gives_finite_quantiles() -> None:
    found = quantiles(1.0, 0.03, 1e-9, 30)

    assert np.isfinite(found).all()
    assert (np.diff(found, axis=1) >= 0).all()
    assert found[-1, 4] == pytest.approx(spread_of_trend_alone(), rel=0.05)


def spread_of_trend_alone() -> float:
    """p99 of slope changes alone after 30 days, by draws."""
    rng = np.random.default_rng(3)
    changes = np.where(rng.random((100_000, 30)) < 0.03, rng.laplace(0, 1.0, (100_000, 30)), 0.0)
    return float(np.quantile(changes @ (np.arange(30, 0, -1) - 0.5), 0.99))


def test_series_do_not_influence_each_other() -> None:
    trend, rate, sigma = np.array([1e-3, 5.0, 0.1]), np.array([0.03, 0.02, 0.5]), np.ones(3)

    together = spread_quantiles(trend, rate, sigma, np.ones((3, 30)), LEVELS)

    alone = [quantiles(*each, 30) for each in zip(trend, rate, sigma, strict=True)]
    assert np.allclose(together, alone)
