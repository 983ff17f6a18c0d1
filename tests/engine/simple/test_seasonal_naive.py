"""Seasonal naive: a table of inputs and outputs, spread by hand, odd panels by hypothesis."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.calendar import next_periods
from forecast_service.engine.panel import KnownFuture, Panel
from forecast_service.engine.registry import algorithm

GAP = np.nan
NAIVE = algorithm("seasonal_naive")


def panel_of(*rows: list[float], is_open: list[list[float]] | None = None) -> Panel:
    target = np.array(rows, dtype=float)
    days = next_periods(np.datetime64("2014-12-31"), "D", target.shape[1])
    covariates = {} if is_open is None else {"open": np.array(is_open, dtype=float)}
    return Panel(tuple((str(i),) for i in range(len(rows))), days, "D", target, covariates)


def mean_of(panel: Panel, horizon: int, season: int, is_open=None) -> list[float]:
    config = FitConfig(horizon=horizon, season_length=season)
    covariates = {} if is_open is None else {"open": np.array(is_open, dtype=float)}
    future = KnownFuture(next_periods(panel.timestamps[-1], "D", horizon), covariates)
    return NAIVE.fit(panel, config).mean(future)[0].tolist()


@pytest.mark.parametrize(
    ("history", "season", "expected"),
    [
        ([1, 2, 3], 3, [1, 2, 3, 1]),
        ([9, 9, 9, 1, 2, 3], 3, [1, 2, 3, 1]),
        ([1, 2, 3, 4], 3, [2, 3, 4, 2]),  # the last season does not begin the history
        (
            [1, 2, 3, 4, GAP, 6],
            3,
            [4, 2, 6, 4],
        ),  # an unknown day takes the value one season earlier
        ([7, GAP, GAP, GAP, GAP, GAP], 3, [7, 7, 7, 7]),  # other days: mean of what is known
        ([GAP, 4, 6, GAP, GAP, GAP], 3, [5, 4, 6, 5]),
        ([5], 7, [5, 5, 5, 5]),
        ([1, 2], 1, [2, 2, 2, 2]),
        ([-3, 4], 2, [0, 4, 0, 4]),  # returns: never negative
        ([GAP, GAP], 2, [0, 0, 0, 0]),
        ([np.inf, 2], 1, [2, 2, 2, 2]),
    ],
)
def test_forecast_is_the_last_known_value_of_the_same_day(history, season, expected) -> None:
    assert mean_of(panel_of(history), 4, season) == expected


def test_closed_days_are_zero_and_are_not_repeated() -> None:
    # two-day season; the second day was closed once and is closed on the first forecast
    panel = panel_of([1, 5, 2, 0], is_open=[[1, 1, 1, 0]])

    assert mean_of(panel, 4, 2, is_open=[[1, 1, 0, 1]]) == [2, 5, 0, 5]


def test_without_an_open_covariate_a_zero_is_a_value_like_any_other() -> None:
    assert mean_of(panel_of([1, 5, 2, 0]), 2, 2) == [2, 0]


def test_spread_grows_with_the_square_root_of_the_seasons() -> None:
    panel = panel_of([10, 20, 13, 24, 10, 20])  # differences 3, 4, -3, -4: spread sqrt(12.5)
    fitted = NAIVE.fit(panel, FitConfig(horizon=4, season_length=2))
    future = KnownFuture(next_periods(panel.timestamps[-1], "D", 4))

    upper = fitted.forecast(future, (0.9,))[0, :, 0]

    z = NormalDist().inv_cdf(0.9)
    first, second = z * 12.5**0.5, z * 25**0.5
    assert upper == pytest.approx([10 + first, 20 + first, 10 + second, 20 + second])


def test_the_age_counts_the_seasons_since_the_last_known_value() -> None:
    known = [10.0, 20, 13, 24, 10, 20]
    recent = NAIVE.fit(panel_of(known), FitConfig(horizon=2, season_length=2))
    old = NAIVE.fit(panel_of([*known, GAP, GAP]), FitConfig(horizon=2, season_length=2))

    assert old.spread == recent.spread
    assert old.age.tolist() == [[2, 2]]


@pytest.mark.parametrize(
    ("history", "spread"),
    [
        ([10, 14], 8**0.5),  # no difference between seasons: standard deviation of the days
        ([10], 5.0),  # one day: half of it
        ([GAP], 0.0),
        ([4, 4, 4, 4, 4, 4], 0.0),
    ],
)
def test_spread_of_short_series(history, spread) -> None:
    fitted = NAIVE.fit(panel_of(history), FitConfig(horizon=2, season_length=2))

    assert fitted.spread.tolist() == pytest.approx([spread])


def test_short_series_have_a_note() -> None:
    panel = panel_of([GAP, GAP], [GAP, 3], [2, 3])

    assert NAIVE.fit(panel, FitConfig(horizon=2)).notes == (
        "This series has no known sales: its forecast is 0.",
        "This series has one known day: its spread is guessed as half of its level.",
        None,
    )


sales = st.one_of(st.just(GAP), st.just(0.0), st.floats(-1e9, 1e9), st.just(np.inf))


@given(
    st.integers(1, 40).flatmap(lambda days: arrays(np.float64, (3, days), elements=sales)),
    st.integers(1, 8),
    st.data(),
)
def test_any_panel_gets_ascending_finite_quantiles(target, season, data) -> None:
    opening = arrays(np.float64, target.shape, elements=st.sampled_from([0.0, 1.0]))
    panel = panel_of(*target.tolist(), is_open=data.draw(opening).tolist())
    coming = data.draw(arrays(np.float64, (3, 5), elements=st.sampled_from([0.0, 1.0])))
    future = KnownFuture(next_periods(panel.timestamps[-1], "D", 5), {"open": coming})

    fitted = NAIVE.fit(panel, FitConfig(horizon=5, season_length=season))
    values = fitted.forecast(future, (0.1, 0.5, 0.9))

    assert np.isfinite(values).all()
    assert (values >= 0).all()
    assert (np.diff(values, axis=2) >= 0).all()
    assert (values[(coming == 0) & fitted.closing.applies[:, None]] == 0).all()
    alone = NAIVE.fit(panel.take([1]), FitConfig(horizon=5, season_length=season))
    assert np.array_equal(alone.forecast(future.take([1]), (0.1, 0.5, 0.9)), values[[1]])
