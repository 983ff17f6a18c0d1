"""Demand classes: counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_service.engine.auto.demand import demand_classes

NAN = np.nan


@pytest.mark.parametrize(
    ("sold", "expected"),
    [
        ([5, 6, 5, 4, 5, 6, 5, 4], "smooth"),
        ([1, 1, 1, 9, 1, 1, 1, 9], "erratic"),  # mean 3, variance 12
        ([5, 0, 0, 5, 0, 5, 0, 0], "intermittent"),  # 8 days / 3 sales
        ([1, 0, 0, 9, 0, 1, 0, 0], "lumpy"),
        ([1, 1, 1, 0, 1, 1, 0, 1], "intermittent"),  # 8 / 6 = 1.33
        ([1, 1, 1, 1, 1, 0, 1, 1], "smooth"),  # 8 / 7 = 1.14
        ([0, 0, 0, 0, 5, 6, 5, 4], "smooth"),  # not yet on sale
        ([NAN, 5, NAN, 5, NAN, 5, 5, 5], "smooth"),  # closed every other day
        ([0, 0, 0, 0, 0, 0, 0, 0], "intermittent"),
        ([-1, -2, -1, 0, 0, 0, 0, 0], "intermittent"),  # returns are no sales
        ([5, 5, 0, 0] * 10, "smooth"),  # closed on two days of a season of four
        ([5, 5, 0, 0] * 9, "intermittent"),  # which is too short a time to tell
        ([NAN] * 8, "unknown"),
    ],
)
def test_class_follows_the_interval_between_sales_and_their_sizes(sold, expected) -> None:
    assert demand_classes(np.array([sold], dtype=float), 4).tolist() == [expected]
