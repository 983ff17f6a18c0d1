"""Closed days: which series the covariate ``open`` counts for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecast_service.engine.closing import find_closing

from .panels import make_panel, with_target

CLOSED_DAYS = 200


def panel_with_sales_on(n_days_sold: int):
    """One series with 200 closed days and sales on the first of them."""
    panel = make_panel(1, 2 * CLOSED_DAYS)
    is_open = np.arange(2 * CLOSED_DAYS)[None, :] % 2
    target = np.where(is_open == 1, 10.0, 0.0)
    target[0, : 2 * n_days_sold : 2] = 5.0
    return replace(panel, target=target, covariates={"Open": is_open.astype(float)})


@pytest.mark.parametrize(("n_days_sold", "applies"), [(0, True), (2, True), (3, False)])
def test_the_covariate_counts_if_99_percent_of_its_closed_days_have_no_sales(
    n_days_sold: int, applies: bool
) -> None:
    assert find_closing(panel_with_sales_on(n_days_sold)).applies.tolist() == [applies]


def test_unknown_sales_on_closed_days_do_not_count() -> None:
    panel = panel_with_sales_on(0)
    unknown = np.where(panel.covariates["Open"] == 0, np.nan, panel.target)

    assert find_closing(with_target(panel, unknown)).applies.tolist() == [True]


def test_each_series_is_judged_by_its_own_days() -> None:
    panel = make_panel(2)
    sells_on_sundays = np.array(
        [np.where(panel.target[0] == 0, 9.0, panel.target[0]), panel.target[1]]
    )

    assert find_closing(with_target(panel, sells_on_sundays)).applies.tolist() == [False, True]


def test_without_the_covariate_every_day_is_open() -> None:
    panel = replace(make_panel(), covariates={})

    closing = find_closing(panel)

    assert closing.covariate is None
    assert not closing.closed({}, (3, 70)).any()


def test_closed_and_infinite_days_become_unknown() -> None:
    panel = panel_with_sales_on(0)
    panel.target[0, 1] = np.inf

    open_target = find_closing(panel).open_target(panel)

    assert np.isnan(open_target[0, ::2]).all()
    assert np.isnan(open_target[0, 1])
    assert (open_target[0, 3::2] == 10.0).all()
