"""Shapley values of covariates, for models whose values are known."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_service.engine.calendar import next_periods
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.local.jobs.explaining.shapley import backgrounds, shapley_values

START = np.datetime64("2024-01-01T00:00:00", "s")


def future_of(**values: float) -> KnownFuture:
    """A future of two periods of one series, with constant covariates."""
    covariates = {name: np.full((1, 2), value) for name, value in values.items()}
    return KnownFuture(next_periods(START, "D", 2), covariates)


def test_an_interaction_is_shared_by_both() -> None:
    def ask(future: KnownFuture) -> FloatArray:
        a, b = future.covariates["a"], future.covariates["b"]
        return 3 * a + 4 * a * b + future.covariates["c"] * 0

    values = shapley_values(ask, future_of(a=1, b=1, c=9), [future_of(a=0, b=0, c=0)], seed=1)

    assert {name: value.tolist() for name, value in values.items()} == {
        "a": [[5.0, 5.0]],
        "b": [[2.0, 2.0]],
        "c": [[0.0, 0.0]],
    }


@pytest.mark.parametrize("count", [3, 9])
def test_the_values_add_up_to_the_whole_difference(count: int) -> None:
    names = [f"x{number}" for number in range(count)]
    planned = future_of(**{name: 1 + number for number, name in enumerate(names)})
    usual = [future_of(**dict.fromkeys(names, level)) for level in (0.0, 0.5)]

    def ask(future: KnownFuture) -> FloatArray:
        product: FloatArray = np.prod([1 + 0.1 * v for v in future.covariates.values()], axis=0)
        return product

    values = shapley_values(ask, planned, usual, seed=1)

    whole = ask(planned) - np.mean([ask(one) for one in usual], axis=0)
    assert np.sum(list(values.values()), axis=0) == pytest.approx(whole)
    assert all((value > 0).all() for value in values.values())


def test_usual_windows_begin_at_the_same_place_in_the_season() -> None:
    times = next_periods(START, "D", 40)
    past = Panel(
        keys=(("1",),),
        timestamps=times[:30],
        frequency="D",
        target=np.ones((1, 30)),
        covariates={"open": np.where(np.arange(30) == 16, np.nan, np.arange(30.0))[None, :]},
    )
    future = KnownFuture(times[30:40], {"open": np.full((1, 10), 99.0)})

    found = [one.covariates["open"][0].tolist() for one in backgrounds(past, future, 7)]

    assert found == [[99.0, *range(17, 26)], [*range(2, 12)]]
