"""Which series are dormant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecast_service.engine.closing import find_closing
from forecast_service.engine.guards.dormancy import find_dormant, without_silence
from forecast_service.engine.panel import Panel

from ..panels import future_of, make_panel, with_target


def stopped(days: int, *, value: float = 0.0, closes: bool = False) -> Panel:
    panel = make_panel(n_series=4, n_days=200)
    target = panel.target.copy()
    target[1, -days:] = value
    covariates = {name: values.copy() for name, values in panel.covariates.items()}
    if closes:
        covariates["open"][1, -days:] = 0
    return replace(panel, target=target, covariates=covariates)


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_a_store_without_sales_for_eight_weeks_is_dormant(value: float) -> None:
    panel = stopped(70, value=value)

    assert find_dormant(panel, future_of(panel)).tolist() == [1]


def test_a_short_silence_is_none() -> None:
    panel = stopped(40)

    assert not len(find_dormant(panel, future_of(panel)))


def test_a_chain_that_stopped_is_not_dormant() -> None:
    panel = make_panel(n_series=4, n_days=200)
    silent = with_target(panel, np.where(np.arange(200) < 120, panel.target, 0.0))

    assert not len(find_dormant(silent, future_of(panel)))


def test_a_single_store_is_never_dormant() -> None:
    panel = stopped(70).take([1])

    assert not len(find_dormant(panel, future_of(panel)))


def test_a_store_that_is_planned_to_open_again_is_not_dormant() -> None:
    panel = stopped(70, closes=True)

    assert not len(find_dormant(panel, future_of(panel)))


def test_a_series_with_gaps_as_long_before_is_not_dormant() -> None:
    panel = stopped(70)
    panel.target[1, 40:90] = 0

    assert not len(find_dormant(panel, future_of(panel)))


def test_a_series_that_never_sold_is_not_dormant() -> None:
    panel = make_panel(n_series=4, n_days=200)
    panel.target[2] = 0

    assert not len(find_dormant(panel, future_of(panel)))


def test_an_item_that_ended_is_dormant_in_a_catalogue_of_ended_items() -> None:
    panel = make_panel(n_series=8, n_days=400)
    panel.target[:5, 150:] = 0
    panel.target[5, 330:] = 0

    assert find_dormant(panel, future_of(panel)).tolist() == [0, 1, 2, 3, 4, 5]


def test_most_series_that_fall_silent_at_once_are_not_dormant() -> None:
    panel = make_panel(n_series=8, n_days=400)
    panel.target[:5, 340:] = 0

    assert not len(find_dormant(panel, future_of(panel)))


def test_the_silence_of_a_dead_store_is_not_learned() -> None:
    panel = stopped(70)

    clean = without_silence(panel)

    assert (
        np.isnan(clean.target[1, -70:]).sum()
        == np.isfinite(find_closing(panel).open_target(panel)[1, -70:]).sum()
    )
    assert np.array_equal(clean.target[[0, 2, 3]], panel.target[[0, 2, 3]])


def test_days_marked_as_closed_and_healthy_panels_are_kept() -> None:
    renovated, healthy = stopped(70, closes=True), make_panel(n_series=4, n_days=200)

    assert without_silence(renovated) is renovated
    assert without_silence(healthy) is healthy
