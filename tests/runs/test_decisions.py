"""Decisions: the rule that applies, and the sentence with its numbers."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from forecast_service.errors import InvalidRequest
from forecast_service.runs.decisions import Facts, checked_date, detail_of, rule_of

NOW = datetime(2015, 8, 1, 9, tzinfo=UTC)
FRESH = Facts(
    store="1",
    forced=False,
    predictor="p",
    age_days=0.5,
    tolerance_days=2.0,
    includes_store=True,
    newer_days_of_sales=0,
    is_forecast=True,
    last_sale_on="2015-07-31",
)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, "within_tolerance"),
        ({"forced": True}, "forced"),
        ({"predictor": None, "age_days": None}, "no_predictor"),
        ({"includes_store": False}, "unknown_store"),
        ({"age_days": 1.999}, "within_tolerance"),
        ({"age_days": 2.0}, "age"),
        ({"age_days": 0.0, "tolerance_days": 0.0}, "age"),
        ({"is_forecast": False}, "forecast_outdated"),
        ({"newer_days_of_sales": 3, "is_forecast": False}, "forecast_outdated"),
        ({"age_days": 3.0, "is_forecast": False}, "age"),
    ],
)
def test_the_first_rule_that_applies_fires(changes: dict[str, object], rule: str) -> None:
    assert rule_of(replace(FRESH, **changes), ["age"]) == rule


def test_newer_sales_are_a_reason_when_asked_for() -> None:
    facts = replace(FRESH, newer_days_of_sales=1, is_forecast=False)

    assert rule_of(facts, ["age", "new_sales"]) == "new_sales"


def test_age_is_no_reason_when_left_out() -> None:
    facts = replace(FRESH, age_days=9.0, newer_days_of_sales=0)

    assert rule_of(facts, ["new_sales"]) == "within_tolerance"


def test_unknown_newer_sales_are_no_reason() -> None:
    facts = replace(FRESH, newer_days_of_sales=None)

    assert rule_of(facts, ["age", "new_sales"]) == "within_tolerance"


def test_the_sentence_shows_age_and_tolerance() -> None:
    assert detail_of(replace(FRESH, age_days=3.456), "age") == (
        "predictor 'p' is 3.46 days old, which is outside the tolerance of 2 days"
    )


def test_a_training_that_is_not_started_says_why() -> None:
    assert detail_of(FRESH, "within_tolerance") == (
        "training of a new predictor not started: predictor 'p' is 12 hours old "
        "(tolerance: 2 days), and the current forecast covers the newest sales (2015-07-31)"
    )


def test_a_minute_is_not_shown_as_nothing() -> None:
    assert "1.01 minutes old" in detail_of(replace(FRESH, age_days=0.0007), "age")


def test_a_tolerance_of_seconds_is_shown_in_seconds() -> None:
    facts = replace(FRESH, tolerance_days=0.0001)

    assert "(tolerance: 8.64 seconds)" in detail_of(facts, "within_tolerance")


def test_one_newer_day_is_singular() -> None:
    facts = replace(FRESH, newer_days_of_sales=1)

    assert detail_of(facts, "new_sales").startswith("1 newer day of sales was imported since")


def test_a_date_without_a_zone_is_utc() -> None:
    assert checked_date(datetime(2015, 8, 1, 8), NOW) == NOW - timedelta(hours=1)


def test_no_date_is_now() -> None:
    assert checked_date(None, NOW) == NOW


def test_a_date_one_day_ahead_is_allowed() -> None:
    assert checked_date(NOW + timedelta(days=1), NOW) == NOW + timedelta(days=1)


def test_a_date_further_ahead_is_refused() -> None:
    sentence = (
        "The request date '2015-08-03T09:00:00+00:00' is in the future: it is now "
        "2015-08-01T09:00:00+00:00, and at most one day ahead is allowed. "
        "Leave it out to use the present time."
    )
    with pytest.raises(InvalidRequest, match=re.escape(sentence)):
        checked_date(NOW + timedelta(days=2), NOW)
