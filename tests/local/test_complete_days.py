"""Daily histories end on the last day that most series have: one series never moves the others."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_service.local.jobs.complete_days import last_complete_day

START = np.datetime64("2024-01-01")  # a Monday


def last(*lengths: int, extra: tuple[tuple[int, int], ...] = (), skipped: int = -1) -> int:
    """Number of the last complete day. Series have days 0 to length; ``skipped`` is a weekday."""
    rows = [(s, d) for s, n in enumerate(lengths) for d in range(n) if d % 7 != skipped]
    series, days = (np.array(column) for column in zip(*rows, *extra, strict=True))
    end = last_complete_day(START + days, series, np.unique(START + days))
    return int((end - START).astype(int))


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ((60,), 59),
        ((60, 60), 59),
        ((61, 60), 59),
        ((61, 60, 60), 59),
        ((61, 61, 60), 60),
        ((63, 60, 60, 60), 59),
        ((60, 30, 60), 59),
        ((60, 53), 52),
        ((60, 52), 59),
        ((60, 30), 59),
        ((1,), 0),
    ],
)
def test_most_series_have_the_last_day(lengths, expected):
    assert last(*lengths) == expected


@pytest.mark.parametrize("day", [60, 90, 425])
def test_one_series_with_a_far_day_moves_nothing(day):
    assert last(60, 60, 60, extra=((0, day),)) == 59


def test_a_weekday_on_which_few_series_sell_is_complete():
    rows = tuple((0, d) for d in range(6, 70, 7))

    assert last(*[70] * 5, extra=rows, skipped=6) == 69
