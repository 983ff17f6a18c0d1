"""Limits of a forecast: bounds of covariates and dormant series."""

from __future__ import annotations

import numpy as np

from forecast_service.engine.calendar import next_periods
from forecast_service.engine.panel import KnownFuture, Panel
from forecast_service.local.jobs.limits import NO_LIMITS, Limits, limits_of
from forecast_service.local.jobs.panels import ModelInput


def with_a_dead_store() -> ModelInput:
    days = next_periods(np.datetime64("2014-12-31", "s"), "D", 200)
    target, price = np.full((4, 200), 100.0), np.full((4, 200), 2.5)
    target[2, -80:] = 0
    price[:, 20] = 2.4
    keys = tuple((str(row),) for row in range(4))
    future = KnownFuture(next_periods(days[-1], "D", 14), {"price": np.full((4, 14), 2.0)})
    target[1, 150] = 9000
    return ModelInput(Panel(keys, days, "D", target, {"price": price}), future, ())


def limits() -> Limits:
    given = with_a_dead_store()
    return limits_of(given.panel, given.known_future)


def test_a_dormant_series_is_forecast_0_and_the_others_are_not_touched() -> None:
    values = limits().applied_to(np.ones((4, 3, 14)))

    assert values.sum(axis=(1, 2)).tolist() == [42, 42, 0, 42]


def test_facts_say_dormant_and_name_the_last_sale() -> None:
    fact = limits().added_to([{"members": {}}] * 4, with_a_dead_store())[2]

    assert fact is not None
    assert fact["state"] == "dormant"
    assert fact["members"] == {}
    assert fact["assumptions"][0].startswith("The last sale was on 2015-04-30, while other")


def test_facts_name_covariate_and_range() -> None:
    fact = limits().added_to([None] * 4, with_a_dead_store())[0]

    assert fact is not None
    assert "state" not in fact
    assert fact["assumptions"][0].startswith("'price' is 2 on coming days. The effect of 'price'")


def test_limits_survive_a_file_and_follow_their_rows() -> None:
    again = Limits.from_arrays(limits().to_arrays()).take(np.array([2, 0]))

    assert again.dormant.tolist() == [0]
    assert again.bounds.high["price"].tolist() == [2.5, 2.5]


def test_the_model_of_an_older_version_has_no_limits() -> None:
    assert Limits.from_arrays({}) is NO_LIMITS


def test_facts_name_an_absurd_day_and_its_value() -> None:
    fact = limits().added_to([None] * 4, with_a_dead_store())[1]

    assert fact is not None
    assert fact["assumptions"][-1] == (
        "The sales of 2015-05-31 (9000) are unusual: the forecast does not learn from them"
    )
