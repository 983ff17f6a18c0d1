"""Combining forecasts: weights of all series and of one series, computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_service.engine.auto.weights import (
    candidates,
    choose,
    combine,
    exact_points,
    forward_selection,
    learn_prior_days,
    loss_table,
)

POINTS = candidates(2, [0, 1])
DAYS = np.array([10, 10])


def table(*best: int) -> np.ndarray:
    """A loss of 10 for each series at the point with index ``best``, and 1 more per step away."""
    return 10 + np.abs(np.arange(len(POINTS)) - np.array(best)[:, None]).astype(float)


def test_weights_are_tenths_that_add_up_to_one() -> None:
    points = candidates(3, [0, 1, 2])

    assert len(points) == 66
    assert np.allclose(points.sum(axis=1), 1)
    assert points[0].tolist() == [1, 0, 0]
    assert len(np.unique(points, axis=0)) == 66


def test_a_member_that_was_not_chosen_has_no_weight() -> None:
    points = candidates(4, [0, 2, 3])

    assert points.shape == (66, 4)
    assert not points[:, 1].any()


def test_of_many_members_those_that_help_the_average_are_selected() -> None:
    forecasts = np.array([0.0, 13.0, 4.0, 30.0, 11.0])  # of 10: about 0.1 x 0 + 0.9 x 11 is best

    def losses_at(points: np.ndarray) -> np.ndarray:
        return np.abs(points @ forecasts - 10)

    assert 4 in forward_selection(5, losses_at)
    assert 3 not in forward_selection(5, losses_at)
    assert len(forward_selection(5, losses_at)) == 3


def test_three_members_are_all_selected() -> None:
    assert forward_selection(3, lambda points: np.zeros(len(points))) == (0, 1, 2)


def test_losses_are_those_of_the_averaged_quantiles() -> None:
    actual = np.array([[10.0, np.nan]])
    low, high = np.full((1, 2, 1), 8.0), np.full((1, 2, 1), 18.0)

    losses = loss_table(actual, [low, high], [0.5], POINTS)

    assert losses[0, 0] == pytest.approx(0.5 * 2)  # 8 alone
    assert losses[0, 2] == pytest.approx(0.0)  # 0.8 x 8 + 0.2 x 18
    assert losses[0, 10] == pytest.approx(0.5 * 8)


def test_a_quantile_above_the_actual_costs_more_at_a_low_level() -> None:
    actual, forecast = np.array([[10.0]]), np.full((1, 1, 2), 12.0)

    losses = loss_table(actual, [forecast, forecast], [0.1, 0.9], POINTS)

    assert np.allclose(losses, 0.9 * 2 + 0.1 * 2)


def test_without_a_prior_each_series_follows_its_own_days() -> None:
    assert choose(table(2, 8), DAYS, 0.0).tolist() == [2, 8]


def test_with_a_strong_prior_the_series_share_one_point() -> None:
    assert choose(table(2, 2, 8), np.full(3, 10), 1e9).tolist() == [2, 2, 2]


def test_a_series_with_more_days_moves_further_from_the_common_point() -> None:
    own = (10 + (np.arange(11) - np.array([[2], [8], [8]])) ** 2).astype(float)
    losses = np.vstack([own, *[own[:1]] * 20])  # most series are best at point 2
    days = np.array([10, 10, 1000, *[10] * 20])

    chosen = choose(losses, days, 50.0)

    assert chosen[0] == 2
    assert 2 <= chosen[1] < chosen[2] <= 8


def test_a_series_without_days_takes_the_common_point() -> None:
    losses = table(3, 3, 3)
    losses[1] = 0

    assert choose(losses, np.array([10, 0, 10]), 0.0).tolist() == [3, 3, 3]


def test_the_prior_is_strong_if_series_are_alike_and_weak_if_they_differ() -> None:
    random = np.random.default_rng(1)
    days = [np.full(200, 48)] * 2
    points = np.arange(11)

    def noisy(centre: np.ndarray) -> list[np.ndarray]:
        return [100 + 3 * (points - (centre + random.normal(0, 2, (200, 1)))) ** 2 for _ in days]

    alike = learn_prior_days(noisy(np.full((200, 1), 5.0)), days)
    different = learn_prior_days(noisy(np.where(np.arange(200) % 2, 1.0, 9.0)[:, None]), days)

    assert alike > 10 * different


def test_with_a_single_part_the_series_share_one_point() -> None:
    assert learn_prior_days([table(2, 8)], [DAYS]) == 1e9


def test_combining_adds_up_values_times_weights() -> None:
    weights = np.array([[0.3, 0.7], [1.0, 0.0]])
    first, second = np.full((2, 2), 10.0), np.full((2, 2), 20.0)

    assert combine(weights, [first, second]).tolist() == [[17, 17], [10, 10]]
    assert np.array_equal(
        combine(weights, [first[:, :, None], second[:, :, None]])[:, :, 0],
        combine(weights, [first, second]),
    )


def test_a_point_without_error_wins_whatever_the_others_prefer() -> None:
    losses = 1000 * table(0, 0)
    losses[1] = np.where(np.arange(len(POINTS)) == 10, 0.0, 50.0)
    exact = exact_points(losses, DAYS, np.array([1000.0, 1000.0]))

    assert choose(losses, DAYS, 1e9, exact).tolist() == [0, 10]


def test_a_total_loss_of_zero_is_no_division_by_zero() -> None:
    losses = np.where(np.arange(len(POINTS)) == 4, 0.0, 1.0) * np.ones((2, 1))

    assert choose(losses, DAYS, 30.0).tolist() == [4, 4]


def test_few_days_or_no_sales_prove_nothing() -> None:
    losses = np.zeros((2, len(POINTS)))

    assert not exact_points(losses, np.array([3, 10]), np.array([100.0, 0.0])).any()
