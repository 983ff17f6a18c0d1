"""Quantiles of sums: right for independent, joint, dense and sparse series."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from forecast_service.engine.panel import FloatArray
from forecast_service.engine.totals.past import Past, past_of
from forecast_service.engine.totals.sums import mean_of_quantiles, total

LEVELS = (0.1, 0.5, 0.9)
SERIES, PERIODS, MANY = 200, 200, 20_000

Sample = Callable[[int], FloatArray]


def independent(random: np.random.Generator) -> Sample:
    rates = random.gamma(1, 5, SERIES)[:, None] + 2
    return lambda periods: random.poisson(rates, (SERIES, periods)).astype(float)


def sparse(random: np.random.Generator) -> Sample:
    rates = random.gamma(0.5, 0.1, SERIES)[:, None]
    return lambda periods: random.poisson(rates, (SERIES, periods)).astype(float)


def moved_by_the_weather(random: np.random.Generator) -> Sample:
    rates = random.gamma(1, 5, SERIES)[:, None] + 2
    return lambda periods: random.poisson(rates * np.exp(0.2 * random.normal(size=periods))).astype(
        float
    )


def identical(random: np.random.Generator) -> Sample:
    rates = random.gamma(1, 5, SERIES)[:, None] + 2
    return lambda periods: rates * random.gamma(4, 0.25, periods)


@pytest.mark.parametrize("kind", [independent, sparse, moved_by_the_weather, identical])
def test_the_interval_of_the_sum_covers_what_it_should(
    kind: Callable[[np.random.Generator], Sample],
) -> None:
    sample = kind(np.random.default_rng(5))
    future = sample(MANY)

    values = _total(future, sample(PERIODS))

    share = np.mean((future.sum(axis=0) >= values[0]) & (future.sum(axis=0) <= values[2]))
    true = np.quantile(future.sum(axis=0), LEVELS)
    assert 0.7 <= share <= 0.9  # 0.8 is intended
    assert values[1] == pytest.approx(true[1], rel=0.06)


def test_the_sum_of_quantiles_would_be_far_too_wide() -> None:
    sample = independent(np.random.default_rng(5))
    future = sample(MANY)

    values = _total(future, sample(PERIODS))

    quantiles = np.quantile(future, LEVELS, axis=1).sum(axis=1)
    assert values[2] - values[0] < 0.15 * (quantiles[2] - quantiles[0])


def test_series_that_move_together_have_the_sum_of_the_quantiles() -> None:
    sample = identical(np.random.default_rng(5))
    future = sample(MANY)

    values = _total(future, sample(PERIODS))

    assert values == pytest.approx(np.quantile(future, LEVELS, axis=1).sum(axis=1), rel=0.02)


def test_one_series_keeps_its_quantiles() -> None:
    quantiles = np.array([[[0.0, 1.0], [0.0, 5.0], [3.0, 9.0]]])

    values = total(quantiles, LEVELS, np.array([[0.6, 5.0]]), Past(np.ones(1), 0.0))

    assert values.tolist() == quantiles[0].tolist()


def test_days_without_any_demand_stay_zero() -> None:
    nothing = np.zeros((5, 3, 2))

    values = total(nothing, LEVELS, np.zeros((5, 2)), Past(np.ones(5), 0.3))

    assert values.tolist() == np.zeros((3, 2)).tolist()


def test_the_quantiles_of_a_sum_ascend_and_are_never_negative() -> None:
    random = np.random.default_rng(7)
    quantiles = np.sort(random.gamma(0.3, 2, (30, 3, 14)), axis=1) * (
        random.random((30, 1, 14)) > 0.5
    )
    means = random.gamma(0.3, 2, (30, 14))

    values = total(quantiles, LEVELS, means, Past(random.gamma(1, 3, 30), 0.2))

    assert (values >= 0).all()
    assert (np.diff(values, axis=0) >= 0).all()


@pytest.mark.parametrize("periods", [0, 3, 7, 20])
def test_a_short_history_gives_the_widest_total(periods: int) -> None:
    history = np.random.default_rng(1).poisson(5, (4, periods)).astype(float)

    assert past_of(history, 7).comovement == 1.0


def test_unknown_days_do_not_count() -> None:
    history = independent(np.random.default_rng(3))(PERIODS)
    history[:100, :150] = np.nan

    past = past_of(history, 7)

    assert past.comovement < 0.05
    assert np.isfinite(past.spread).all()


def test_the_mean_of_three_quantiles_follows_swansons_rule() -> None:
    quantiles = np.array([[[1.0], [2.0], [6.0]]])

    assert mean_of_quantiles(quantiles, LEVELS)[0, 0] == pytest.approx(0.3 + 0.8 + 1.8)


def _total(future: FloatArray, history: FloatArray) -> FloatArray:
    """The total of the true quantiles of one period, (levels,)."""
    quantiles = np.quantile(future, LEVELS, axis=1).T[:, :, None]
    means = np.where(
        quantiles[:, 0] > 0, mean_of_quantiles(quantiles, LEVELS), future.mean(axis=1)[:, None]
    )
    return total(quantiles, LEVELS, means, past_of(history, 7))[:, 0]
