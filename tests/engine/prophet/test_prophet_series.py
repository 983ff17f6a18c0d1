"""Prophet on short, broken, odd and newer series: its fallbacks, its level on newer data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.registry import algorithm

from ..panels import future_of, make_panel, with_row, with_target

PROPHET = algorithm("prophet")
LEVELS = (0.1, 0.5, 0.9)


@pytest.mark.parametrize(
    ("known_from", "reason"),
    [
        (60, "it needs 14 open days, and this series has 9"),
        (54, None),
    ],
)
def test_a_series_that_is_too_short_has_a_note(known_from: int, reason: str | None) -> None:
    panel = make_panel(2)
    young = np.where(np.arange(70) < known_from, np.nan, panel.target[0])

    fitted = PROPHET.fit(with_row(panel, 0, young), FitConfig(horizon=14))

    note = reason and f"Prophet was not used: {reason}."
    assert fitted.notes == (note, None)
    assert fitted.algorithms == ("seasonal_naive" if reason else "prophet", "prophet")


def test_a_gap_in_the_middle_is_no_obstacle() -> None:
    panel = make_panel(1, 300)
    gap = (np.arange(300) > 50) & (np.arange(300) < 235)

    fitted = PROPHET.fit(
        with_row(panel, 0, np.where(gap, np.nan, panel.target[0])), FitConfig(horizon=14)
    )

    assert fitted.algorithms == ("prophet",)
    assert 70 < fitted.mean(future_of(panel)).max() < 300


def test_series_without_a_model_have_a_note_after_conditioning() -> None:
    panel = make_panel(3)
    fitted = PROPHET.fit(with_row(panel, 1, np.nan), FitConfig(horizon=14))

    later = PROPHET.condition(fitted, replace(panel, keys=(("0",), ("1",), ("fresh",))))

    new = "This series is new since the training: until the next one, seasonal naive forecasts it."
    assert fitted.notes[1] == "This series has no known sales: its forecast is 0."
    assert later.notes == (None, new, new)
    assert later.algorithms == ("prophet", "seasonal_naive", "seasonal_naive")


def test_a_series_without_known_sales_in_newer_data_keeps_its_model() -> None:
    panel = make_panel(2)
    fitted = PROPHET.fit(panel, FitConfig(horizon=14))

    later = PROPHET.condition(fitted, with_row(panel, 0, np.nan))

    assert later.notes == (None, None)
    assert np.array_equal(later.mean(future_of(panel)), fitted.mean(future_of(panel)))


def test_the_level_moves_by_the_shrunken_mean_of_the_new_residuals() -> None:
    panel = make_panel(2, 84)
    fitted = PROPHET.fit(panel.before(70), FitConfig(horizon=14))
    new = panel.known_between(70, 84)
    centre = fitted.models.centre(new.timestamps, new.covariates)
    is_open = new.covariates["open"] == 1  # 12 of 14 days
    shifted = panel.target.copy()
    shifted[:, 70:] = np.where(is_open, centre + np.array([[26.0], [-13.0]]), 0.0)

    later = PROPHET.condition(fitted, with_target(panel, shifted))

    assert np.allclose(later.models.level, [26 * 12 / (12 + 14), -13 * 12 / (12 + 14)])
    assert np.array_equal(
        later.models.level, PROPHET.condition(later, with_target(panel, shifted)).models.level
    )


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_odd_series_never_break_a_fit(data) -> None:
    panel = make_panel(2, 40)
    sales = st.one_of(st.just(np.nan), st.just(0.0), st.floats(-1e9, 1e9), st.just(np.inf))
    odd = data.draw(st.lists(sales, min_size=40, max_size=40))

    fitted = PROPHET.fit(with_row(panel, 0, odd), FitConfig(horizon=7))
    values = fitted.forecast(future_of(panel, 7), LEVELS)

    assert np.isfinite(values).all()
    assert (values >= 0).all()
    assert (np.diff(values, axis=2) >= 0).all()
    assert fitted.algorithms[1] == "prophet"
