"""What a person should look at: codes, values and sentences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from forecast_service.monitoring.forecast_values import StoreFacts
from forecast_service.monitoring.problems import SEVERITY, State, problems_of, severity

STORE = {"last_sale_on": "2026-11-29", "days": 400, "rest_days": None, "unusual_days": None}


def day(text: str) -> np.datetime64:
    return np.datetime64(text, "D")


def found(store: dict[str, Any], **state: Any) -> dict[str, dict[str, Any]]:
    """The problems of a store by code; today is Monday, 30 November 2026."""
    usual = {
        "today": day("2026-11-30"),
        "frequency": "D",
        "data_until": "2026-11-29",
        "facts": StoreFacts(),
    }
    problems = problems_of({**STORE, **store}, State(**{**usual, **state}))
    assert all(problem["text"].endswith((".", ")")) for problem in problems)
    return {problem["code"]: problem for problem in problems}


def days_before(end: str, count: int) -> frozenset[np.datetime64]:
    return frozenset(day(end) - np.arange(1, count + 1))


def test_a_store_with_yesterdays_sales_has_no_problem() -> None:
    assert found({}) == {}


@pytest.mark.parametrize(
    ("store", "state", "late_since"),
    [
        ({"last_sale_on": "2026-11-28"}, {}, "2026-11-29"),
        ({"last_sale_on": "2026-11-28", "rest_days": "SUN"}, {}, None),
        ({"last_sale_on": "2026-11-27", "rest_days": "SUN"}, {}, "2026-11-28"),
        ({"last_sale_on": "2026-11-28"}, {"resting": frozenset({day("2026-11-29")})}, None),
        ({"last_sale_on": "2015-07-31"}, {}, "2026-11-29"),
        # Closed for as long as a store may be: its sales are not due.
        ({"last_sale_on": "2026-09-01"}, {"resting": days_before("2026-11-30", 60)}, None),
        ({"last_sale_on": "2026-09-01"}, {"resting": days_before("2026-11-30", 59)}, "2026-10-01"),
        # The week of the 16th has ended with the 22nd, that of the 23rd yesterday.
        ({"last_sale_on": "2026-11-16"}, {"frequency": "W"}, "2026-11-23"),
        ({"last_sale_on": "2026-11-23"}, {"frequency": "W"}, None),
        ({"last_sale_on": "2026-10-01"}, {"frequency": "M"}, None),
        ({"last_sale_on": "2026-09-01"}, {"frequency": "M"}, "2026-10-01"),
    ],
)
def test_sales_are_late_if_a_period_that_sells_is_missing(store, state, late_since) -> None:
    problem = found(store, **state).get("sales_late")

    assert (problem and problem["expected_until"]) == late_since


def test_a_dormant_store_is_not_late() -> None:
    facts = StoreFacts("pooled", None, {"state": "dormant"})

    problems = found({"last_sale_on": "2026-01-05"}, facts=facts)

    assert set(problems) == {"dormant"}


def test_a_fallback_names_the_algorithm_and_the_reason() -> None:
    facts = StoreFacts("seasonal_naive", "the history is too short.")

    problem = found({}, facts=facts)["fallback"]

    assert problem["text"] == (
        "A simpler algorithm forecasts the store (seasonal_naive): the history is too short."
    )


def test_an_unusual_value_is_named_for_four_weeks() -> None:
    value = {"item": None, "date": "2026-11-20", "sales": 98000.0, "usual": 1012.4}
    older = {**value, "date": "2026-10-01"}

    problem = found({"unusual_days": [value, older]})["unusual_value"]

    assert problem["text"] == (
        "The sales on 2026-11-20 are unusual: 98,000, where 1,012 are usual."
    )
    assert found({"unusual_days": [older]}) == {}


def test_newer_sales_than_those_of_the_forecast_are_named() -> None:
    problem = found({}, data_until="2026-11-20")["stale_forecast"]

    assert problem["text"] == (
        "Sales until 2026-11-29 were imported, but the forecast uses those until 2026-11-20."
    )


@pytest.mark.parametrize(("frequency", "days"), [("D", 55), ("W", 25), ("M", 11)])
def test_a_short_history_is_named(frequency, days) -> None:
    assert "few_days" in found({"days": days}, frequency=frequency)
    assert "few_days" not in found({"days": days + 1}, frequency=frequency)


def test_the_most_severe_comes_first() -> None:
    facts = StoreFacts("pooled", "the reason.")
    problems = problems_of(
        {**STORE, "days": 20, "last_sale_on": "2026-11-20"},
        State(day("2026-11-30"), "D", "2026-11-29", facts),
    )

    codes = [problem["code"] for problem in problems]
    assert codes == ["sales_late", "fallback", "few_days"]
    assert severity(problems) == (
        SEVERITY["sales_late"],
        sum(SEVERITY[code] for code in codes),
    )
    assert found({}, facts=None).keys() == {"no_forecast"}
    assert found({}, facts=StoreFacts(is_damaged=True)).keys() == {"damaged"}
