"""Amazon's filling rules, as a table."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_service.engine.filling import fill_covariate, fill_target
from forecast_service.errors import InvalidData

GAP = np.nan


def row(*values: float) -> np.ndarray:
    return np.array([values], dtype=float)


@pytest.mark.parametrize(
    ("middle", "back", "expected"),
    [
        ("nan", "nan", [GAP, 1, 5, GAP, GAP, 3, GAP]),
        ("zero", "nan", [GAP, 1, 5, 0, 0, 3, GAP]),
        ("nan", "zero", [GAP, 1, 5, GAP, GAP, 3, 0]),
        ("mean", "mean", [GAP, 1, 5, 3, 3, 3, 3]),  # (1+5)/2, then (1+5+3)/3
        ("median", "median", [GAP, 1, 5, 3, 3, 3, 3]),
        ("min", "max", [GAP, 1, 5, 1, 1, 3, 5]),
        ("value", "value", [GAP, 1, 5, 7, 7, 3, 9]),
        (None, None, [GAP, 1, 5, GAP, GAP, 3, GAP]),
    ],
)
def test_target_is_never_filled_before_its_first_value(middle, back, expected) -> None:
    target = row(GAP, 1, 5, GAP, GAP, 3, GAP)

    filled = fill_target(target, middle, back, {"middle": 7.0, "back": 9.0})

    assert np.array_equal(filled, row(*expected), equal_nan=True)
    assert np.isnan(target[0, 3])


def test_statistics_use_only_the_64_newest_entries() -> None:
    target = row(1000, *[2.0] * 64, GAP, 5)

    assert fill_target(target, "mean")[0, 65] == 2.0


def test_an_empty_series_stays_empty() -> None:
    assert np.isnan(fill_target(row(GAP, GAP), "mean", "zero")).all()


def test_each_series_is_filled_from_its_own_values() -> None:
    target = np.array([[1.0, GAP, 3.0], [10.0, GAP, 30.0]])

    assert fill_target(target, "max")[:, 1].tolist() == [1.0, 10.0]


def test_covariate_has_its_own_rule_for_the_future() -> None:
    covariate = row(GAP, 1, GAP, 3, GAP, 8, GAP)

    filled = fill_covariate(covariate, 5, "zero", "value", "max", {"back": 4.0})

    assert np.array_equal(filled, row(GAP, 1, 0, 3, 4, 8, 8), equal_nan=True)


@pytest.mark.parametrize("method", ["value", "previous"])
def test_an_unknown_method_or_a_missing_number_is_refused(method: str) -> None:
    with pytest.raises(InvalidData, match=f"Filling method '{method}' cannot be used here"):
        fill_target(row(1, GAP, 2), method)
