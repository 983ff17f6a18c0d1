"""The lasso solver: exact from any start, also where columns are almost collinear."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_service.engine.prophet.lasso import objective, solve_lasso, violation


def problems(n: int = 40, p: int = 25, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Regressions on trend changes, which are almost collinear: matrices and linear parts."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 1, 400)
    hinges = np.maximum(t[:, None] - np.linspace(0.03, 0.8, p), 0.0)
    truth = np.where(rng.random((n, p)) < 0.2, rng.laplace(0, 3, (n, p)), 0.0)
    noisy = truth @ hinges.T + rng.normal(0, 0.05, (n, 400))
    return np.tile(hinges.T @ hinges, (n, 1, 1)), noisy @ hinges


@pytest.mark.parametrize("penalty", [1e-4, 1e-2, 1.0, 100.0])
def test_the_solution_meets_the_conditions_of_the_optimum(penalty: float) -> None:
    matrix, linear = problems()
    penalties = np.full(len(linear), penalty)

    found = solve_lasso(matrix, linear, penalties, np.zeros_like(linear))

    assert violation(matrix, linear, penalties, found).max() < 1e-6


def test_any_start_leads_to_the_same_solution() -> None:
    matrix, linear = problems()
    penalty = np.full(len(linear), 0.05)
    rng = np.random.default_rng(1)

    cold = solve_lasso(matrix, linear, penalty, np.zeros_like(linear))
    warm = solve_lasso(matrix, linear, penalty, rng.normal(0, 5, linear.shape))

    assert np.allclose(cold, warm, atol=1e-6)
    assert np.array_equal(cold == 0, warm == 0)


def test_no_point_nearby_is_lower() -> None:
    matrix, linear = problems(n=5)
    penalty = np.full(5, 0.05)
    found = solve_lasso(matrix, linear, penalty, np.zeros_like(linear))
    lowest = objective(matrix, linear, penalty, found)

    for seed in range(50):
        nearby = found + np.random.default_rng(seed).normal(0, 1e-3, found.shape)
        assert (objective(matrix, linear, penalty, nearby) >= lowest).all()


def test_a_hand_computed_problem() -> None:
    """Without correlation the solution is the linear part, shrunken towards 0 by the penalty."""
    matrix, linear = np.eye(3)[None] * 2, np.array([[5.0, -0.5, -3.0]])

    found = solve_lasso(matrix, linear, np.array([1.0]), np.zeros((1, 3)))

    assert np.allclose(found, [[2.0, 0.0, -1.0]])


def test_unknowns_that_do_not_exist_stay_zero() -> None:
    matrix, linear = problems(n=3)
    matrix[:, 20:], matrix[:, :, 20:], linear[:, 20:] = 0.0, 0.0, 0.0

    found = solve_lasso(matrix, linear, np.full(3, 0.01), np.zeros_like(linear))

    assert not found[:, 20:].any()
    assert found[:, :20].any()
