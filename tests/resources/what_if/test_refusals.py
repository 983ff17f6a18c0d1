"""POST /what-if and its command: what is refused, and with which sentence."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from forecast_service.aws import NoDetails

from ..conftest import Refusal
from .conftest import PROMO


@pytest.mark.parametrize(
    ("change", "pointer", "detail"),
    [
        (
            {"covariate": "weather"},
            "/changes/0/covariate",
            "'weather' is not a covariate; allowed: 'open', 'promo', 'price', "
            "'state_holiday_a', 'StateHoliday'",
        ),
        ({"value": 2}, "/changes/0/value", "'promo' is 0 or 1 on every day, not 2"),
        ({"value": "yes"}, "/changes/0/value", "'promo' takes a number, not 'yes'"),
        (
            {"covariate": "StateHoliday", "value": "x"},
            "/changes/0/value",
            "'StateHoliday' can be 'a' or '0', not 'x'",
        ),
        (
            {"to": "2014-05-26"},
            "/changes/0/to",
            "'2014-05-26' is outside the forecast, which goes from 2014-05-12 to 2014-05-25",
        ),
        (
            {"from": "2014-05-26", "to": None},
            "/changes/0/from",
            "'2014-05-26' is outside the forecast, which goes from 2014-05-12 to 2014-05-25",
        ),
        (
            {"from": "2014-05-11"},
            "/changes/0/from",
            "'2014-05-11' is outside the forecast, which goes from 2014-05-12 to 2014-05-25",
        ),
        ({"value": True}, "/changes/0/value", "is not allowed: send a number or text, not true"),
        (
            {"value": None},
            "/changes/0/value",
            "is not allowed: send a number or text, not null",
        ),
        (
            {"days": 3},
            "/changes/0/days",
            "is unknown; allowed are 'covariate', 'value', 'from', 'to'",
        ),
        (
            {"to": "2014-05-01"},
            "/changes/0",
            "is not allowed: 'from' (2014-05-19) is after 'to' (2014-05-01)",
        ),
    ],
)
def test_an_impossible_change_is_refused(
    refusal: Refusal, change: dict[str, Any], pointer: str, detail: str
) -> None:
    body = {"store_number": 1, "changes": [{**PROMO, **change}]}

    document = refusal("POST", "/what-if", 422, json=body)

    assert document["errors"] == [{"pointer": pointer, "detail": detail}]


def test_an_unknown_format_of_a_what_if_is_refused(refusal: Refusal) -> None:
    body = {"store_number": 1, "changes": [PROMO]}

    problem = refusal("POST", "/what-if?format=pdf", 400, json=body)

    assert "'csv', 'json' or 'xlsx'" in problem["detail"]


def test_a_refusal_points_to_the_change_that_was_sent(refusal: Refusal) -> None:
    holiday = {"covariate": "StateHoliday", "value": "a", "from": "2014-05-14"}
    body = {"store_number": 1, "changes": [holiday, holiday, {**PROMO, "value": 3}]}

    document = refusal("POST", "/what-if", 422, json=body)

    assert [error["pointer"] for error in document["errors"]] == ["/changes/2/value"]


@pytest.mark.parametrize("value", ["nan", "inf", "-Infinity"])
def test_the_command_takes_finite_numbers(value: str) -> None:
    from click.testing import CliRunner

    from forecast_service.cli import main

    days = ["--from", "2014-05-19"]
    result = CliRunner().invoke(main, ["what-if", "--store", "1", "--set", f"price={value}", *days])

    assert result.exit_code == 2
    assert f"'{value}' is not a finite number." in result.stderr


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"store_number": 7}, 404, "Store '7' is unknown: there are 2 stores, 1, 2."),
        ({"item": "milk"}, 404, "Item 'milk' is unknown"),
        ({"colour": "red"}, 422, "'/colour' in the body is unknown"),
        ({"changes": []}, 422, "send a list of at least 1, not 0"),
        ({"forecast_start_date": "2015-01-01"}, 422, "has no day in common with the forecast"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(
    refusal: Refusal, fields: dict[str, Any], status: int, sentence: str
) -> None:
    body = {"store_number": 1, "changes": [PROMO], **fields}

    assert sentence in refusal("POST", "/what-if", status, json=body)["detail"]


def test_without_a_forecast_it_is_refused(rejection: Refusal) -> None:
    body = {"store_number": 1, "changes": [PROMO]}

    document = rejection("POST", "/what-if", 404, json=body)

    assert document["type"] == "urn:forecast-service:no-forecast"


def test_a_backend_without_what_ifs_names_the_one_that_has_them(
    app: Flask, refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = app.extensions["forecast_service"].session
    monkeypatch.setitem(session.__dict__, "details", NoDetails())

    document = refusal("POST", "/what-if", 501, json={"store_number": 1, "changes": [PROMO]})

    assert document["type"] == "urn:forecast-service:not-offered"
    assert "FORECAST_BACKEND=local" in document["detail"]
