"""Panels with related series: what is known of them, and what is refused."""

from __future__ import annotations

import re

import numpy as np
import pytest

from forecast_service.errors import InvalidData

from .sources_of_rows import NAN, SALES, panel_of, related, target

PROMOTIONS = [("a", number, float(number % 2)) for number in range(1, 6)]


def test_related_values_are_split_into_history_and_known_future() -> None:
    built = panel_of(target(SALES), related(PROMOTIONS))

    assert built.panel.covariates["promo"].tolist() == [[1, 0, 1]]
    assert built.known_future.covariates["promo"].tolist() == [[0, 1]]
    assert built.notes == ()


def test_related_values_before_the_target_and_after_the_horizon_are_not_used() -> None:
    rows = [("a", "2014-12-30", 9.0), *PROMOTIONS, ("a", 6, 9.0), ("a", 30, 9.0)]

    built = panel_of(target(SALES), related(rows))

    assert built.panel.covariates["promo"].tolist() == [[1, 0, 1]]


def test_a_related_series_without_dimension_is_shared_by_the_series_of_its_item() -> None:
    sales = [("a", "s1", 1, 1.0), ("a", "s2", 1, 1.0)]

    built = panel_of(
        target(sales, "location"), related(PROMOTIONS), dimensions=("location",), horizon=1
    )

    assert built.known_future.covariates["promo"].tolist() == [[0], [0]]


def test_related_dimensions_in_another_order_find_their_series() -> None:
    sales = [("a", "s1", "web", 1, 1.0), ("a", "s2", "shop", 1, 1.0)]
    rows = [
        ("a", c, s, d, v) for c, s, v in (("web", "s1", 1.0), ("shop", "s2", 2.0)) for d in (1, 2)
    ]

    built = panel_of(
        target(sales, "location", "channel"),
        related(rows, "channel", "location"),
        dimensions=("location", "channel"),
        horizon=1,
    )

    assert built.known_future.covariates["promo"].tolist() == [[1], [2]]


def test_series_that_are_not_in_the_related_ones_are_left_out_and_counted() -> None:
    built = panel_of(target([*SALES, ("b", 1, 1.0)]), related(PROMOTIONS))

    assert built.panel.keys == (("a",),)
    assert built.notes == (
        '1 of 2 series are left out, such as ["b"]: they are not in the related time series.',
    )


def test_no_common_series_is_refused() -> None:
    with pytest.raises(InvalidData, match=r'^None of the 1 target series, such as \["b"\], is in'):
        panel_of(target([("b", 1, 1.0)]), related(PROMOTIONS))


def test_a_related_series_that_begins_after_its_target_is_refused() -> None:
    message = (
        "There are item/dimension combinations where the related time series start date is later "
        'than target time series. 1 of 1 series, such as ["a"]: its target begins '
        "2015-01-01T00:00:00."
    )

    with pytest.raises(InvalidData, match=f"^{re.escape(message)}$"):
        panel_of(target(SALES), related(PROMOTIONS[1:]))


def test_a_missing_value_in_the_horizon_is_refused_with_a_remedy() -> None:
    message = (
        "'promo' of series [\"a\"] has no value at 2015-01-05T00:00:00; 1 values of 1 series are "
        "missing. Import them up to 2015-01-05T00:00:00, or set 'futurefill' for 'promo'."
    )

    with pytest.raises(InvalidData, match=f"^{re.escape(message)}$"):
        panel_of(target(SALES), related(PROMOTIONS[:-1]))


def test_a_missing_value_beside_a_known_target_is_refused() -> None:
    with pytest.raises(InvalidData, match=r"no value at 2015-01-02T.*set 'middlefill' for 'promo'"):
        panel_of(target(SALES), related([PROMOTIONS[0], *PROMOTIONS[2:]]))


def test_missing_related_values_are_filled_as_configured() -> None:
    rows = [("a", 1, 1.0), ("a", 3, 3.0), ("a", 4, 4.0)]
    filling = {"middlefill": "zero", "futurefill": "max"}

    built = panel_of(target(SALES), related(rows), promo=filling)

    assert built.panel.covariates["promo"].tolist() == [[1, 0, 3]]
    assert built.known_future.covariates["promo"].tolist() == [[4, 4]]


def test_a_day_without_target_stays_unknown_with_nan_filling() -> None:
    built = panel_of(target([SALES[0], SALES[2]]), related(PROMOTIONS))

    np.testing.assert_equal(built.panel.target, [[1, NAN, 3]])
    assert built.panel.covariates["promo"].tolist() == [[1, 0, 1]]


def test_a_gap_in_both_needs_no_related_value() -> None:
    built = panel_of(target([SALES[0], SALES[2]]), related([PROMOTIONS[0], *PROMOTIONS[2:]]))

    np.testing.assert_equal(built.panel.covariates["promo"], [[1, NAN, 1]])


def test_a_feature_that_is_not_known_in_advance_is_left_out_and_named() -> None:
    built = panel_of(target(SALES), related(PROMOTIONS[:3], feature="customers"))

    assert dict(built.panel.covariates) == {}
    assert built.notes == (
        "'customers' is left out: it has no value after 2015-01-03T00:00:00, so it is not known "
        "in advance.",
    )
