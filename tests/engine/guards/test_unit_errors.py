"""Errors of unit: some weeks at a level that no business reaches so fast."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecast_service.engine.guards.outliers import find_outliers, unusual_days
from forecast_service.engine.panel import Panel

from ..panels import make_panel


def panel_times(factor: float, days: slice, *, n_series: int = 3) -> Panel:
    panel = make_panel(n_series=n_series, n_days=200, closes=False)
    target = panel.target.copy()
    target[1, days] *= factor
    return replace(panel, target=target)


@pytest.mark.parametrize("factor", [100, 1000, 1e6, 0.001])
@pytest.mark.parametrize(
    ("start", "stop"), [(-2, None), (-4, None), (-28, None), (-56, None), (100, 130), (0, 40)]
)
def test_days_in_a_wrong_unit_are_not_learned(factor: float, start: int, stop: int | None) -> None:
    panel = panel_times(factor, slice(start, stop))

    found = find_outliers(panel)

    assert np.flatnonzero(found[1]).tolist() == list(range(200))[start:stop]
    assert not found[[0, 2]].any()


@pytest.mark.parametrize("factor", [3, 10, 30, 0.3, 0.05])
@pytest.mark.parametrize("days", [7, 21])
def test_a_new_level_is_no_error_of_unit(factor: float, days: int) -> None:
    assert not find_outliers(panel_times(factor, slice(-days, None))).any()


def test_a_unit_that_stays_is_followed() -> None:
    assert not find_outliers(panel_times(1000, slice(-70, None))).any()


def test_what_is_usual_is_said_in_the_right_unit() -> None:
    clean, panel = (
        make_panel(n_series=3, n_days=200, closes=False),
        panel_times(1000, slice(-20, None)),
    )

    days = unusual_days(panel)

    assert [day.period for day in days] == list(range(180, 200))
    assert np.mean([day.usual for day in days]) == pytest.approx(
        clean.target[1, 180:].mean(), rel=0.2
    )


def test_many_series_are_looked_at_one_by_one() -> None:
    found = find_outliers(panel_times(1000, slice(-20, None), n_series=40))

    assert found.sum() == found[1].sum() == 20
