"""Headers that programs rely on: an answer has the ones that the description promises."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forecast_service.accounts.caller import ROLES
from forecast_service.app import create_app
from forecast_service.resources.contract.document.headers import HEADERS
from forecast_service.resources.gate.origins import EXPOSED
from forecast_service.settings import Settings

from .conftest import opened
from .operations import resolved

FORECAST = "/forecast?store_number=1"
TABLE = "/overview?format=csv&limit=1"
LOG_IN = {"user": "ann", "password": "river sand copper moon"}
KEY = {"name": "other", "scopes": ["read"]}
ALWAYS = {"X-Request-ID"}
LIMITED = {*ALWAYS, "RateLimit", "RateLimit-Policy"}
REQUESTS: list[tuple[str, str, str, int, set[str], dict[str, Any]]] = [
    ("get", "/healthz", "/healthz", 200, ALWAYS, {}),
    ("get", FORECAST, "/forecast", 200, {*LIMITED, "ETag"}, {}),
    ("get", FORECAST, "/forecast", 304, {*LIMITED, "ETag"}, {"headers": {"If-None-Match": "*"}}),
    ("get", TABLE, "/overview", 200, {*LIMITED, "ETag", "Link", "Content-Disposition"}, {}),
    ("get", "/stores/9", "/stores/{store_number}", 404, LIMITED, {}),
    ("post", "/keys", "/keys", 201, {*LIMITED, "Location"}, {"json": KEY}),
    (
        *("post", "/training", "/training", 202, {*LIMITED, "Location", "Retry-After"}),
        {"json": {"store_number": 1, "force": True}},
    ),
    ("post", "/session", "/session", 401, ALWAYS, {"json": LOG_IN}),
]


@pytest.fixture(scope="module")
def limited(served_settings: Settings) -> Iterator[Flask]:
    """The app with a limit on requests."""
    yield from opened(served_settings.model_copy(update={"rate_limit": "600/minute"}))


@pytest.fixture(scope="module")
def key(limited: Flask) -> str:
    service = limited.extensions["forecast_service"]
    made: str = service.keys.create("tests", ROLES["admin"], created_by="tests")[1]
    service.accounts_state.forget()
    return made


@pytest.fixture
def caller(limited: Flask, key: str) -> FlaskClient:
    client = limited.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client


def promised(document: dict[str, Any], method: str, path: str, status: int) -> dict[str, Any]:
    """The headers that the description names for an answer."""
    answer = resolved(document, document["paths"][path][method]["responses"][str(status)])
    return {name: resolved(document, header) for name, header in answer["headers"].items()}


def known_headers(answer: TestResponse) -> set[str]:
    """Those of the description that an answer has."""
    return {name for name in HEADERS if name in answer.headers}


@pytest.mark.parametrize(("method", "address", "path", "status", "expected", "options"), REQUESTS)
def test_an_answer_has_the_headers_of_the_description(
    caller: FlaskClient,
    document: dict[str, Any],
    method: str,
    address: str,
    path: str,
    status: int,
    expected: set[str],
    options: dict[str, Any],
) -> None:
    answer = caller.open(address, method=method.upper(), **options)

    described = promised(document, method, path, status)
    assert (answer.status_code, known_headers(answer) - {"WWW-Authenticate"}) == (status, expected)
    assert known_headers(answer) <= set(described)
    assert {name for name, each in described.items() if each.get("required")} <= set(
        known_headers(answer)
    )


def test_a_run_says_when_to_ask_again(caller: FlaskClient, document: dict[str, Any]) -> None:
    run = caller.post("/training", json={"store_number": 1, "force": True}).get_json()["run"]

    answer = caller.get(f"/training/{run['id']}")

    assert int(answer.headers["Retry-After"]) > 0
    assert "Retry-After" in promised(document, "get", "/training/{run_id}", 200)


def test_who_is_not_known_hears_how_to_say_who_calls(
    limited: Flask, key: str, document: dict[str, Any]
) -> None:
    answer = limited.test_client().get("/stores")

    assert answer.status_code == 401
    assert known_headers(answer) >= {"X-Request-ID", "WWW-Authenticate"}
    assert known_headers(answer) <= set(promised(document, "get", "/stores", 401))


def test_a_wrong_method_hears_the_right_ones(caller: FlaskClient, document: dict[str, Any]) -> None:
    answer = caller.delete("/stores")

    assert (answer.status_code, "GET" in answer.headers["Allow"]) == (405, True)
    assert known_headers(answer) <= set(promised(document, "get", "/stores", 405))


def test_too_many_requests_hear_when_to_come_again(
    served_settings: Settings, key: str, document: dict[str, Any]
) -> None:
    app = create_app(served_settings.model_copy(update={"rate_limit": "1/hour"}))
    with contextlib.closing(app.extensions["forecast_service"]):
        headers = {"Authorization": f"Bearer {key}"}
        answers = [app.test_client().get("/stores", headers=headers) for _ in range(3)]

    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert known_headers(answers[-1]) <= set(promised(document, "get", "/stores", 429))


def test_pages_of_other_sites_may_read_headers_that_are_described() -> None:
    assert set(EXPOSED.split(", ")) <= set(HEADERS)
