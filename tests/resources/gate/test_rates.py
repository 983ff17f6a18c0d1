"""How many requests a caller may make, and what web processes know of each other's."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask.testing import FlaskClient

from forecast_service.app import create_app
from forecast_service.errors import ConfigurationError, TooManyRequests
from forecast_service.resources.gate.rates import Rate, wait_for_reports
from forecast_service.settings import Settings, read_settings
from forecast_service.storage.database import Database


@contextmanager
def served(settings: Settings, **options: Any) -> Iterator[tuple[FlaskClient, dict[str, str]]]:
    """A client, and the headers with a key that may read."""
    app = create_app(settings.model_copy(update=options))
    _, key = app.extensions["forecast_service"].keys.create("till", ["read"], created_by="test")
    yield app.test_client(), {"Authorization": f"Bearer {key}"}
    app.extensions["forecast_service"].close()


def test_an_answer_says_how_many_requests_are_left(settings: Settings) -> None:
    with served(settings, rate_limit="10/hour") as (client, key):
        client.get("/me", headers=key)
        headers = client.get("/me", headers=key).headers

    assert headers["RateLimit-Policy"] == '"requests";q=10;w=3600'
    assert headers["RateLimit"].startswith('"requests";r=8;t=')


def test_too_many_requests_are_refused_until_the_window_ends(settings: Settings) -> None:
    with served(settings, rate_limit="3/hour") as (client, key):
        statuses = [client.get("/me", headers=key).status_code for _ in range(4)]
        refused = client.get("/stores", headers=key)
        assert client.get("/healthz", headers=key).status_code == 200

    assert statuses == [200, 200, 200, 429]
    assert refused.get_json()["type"] == "urn:forecast-service:too-many-requests"
    assert "more than 3 requests in 3,600 seconds" in refused.get_json()["detail"]
    assert 1 <= int(refused.headers["Retry-After"]) <= 3600


def test_an_address_may_be_refused_only_so_often(settings: Settings) -> None:
    with served(settings, rate_limit_unknown="2/hour") as (client, key):
        wrong = {"X-API-Key": "wrong"}
        statuses = [client.get("/me", headers=wrong).status_code for _ in range(3)]

        assert statuses == [401, 401, 429]
        assert client.get("/me", headers=key).status_code == 200


def test_without_accounts_nothing_is_limited(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"rate_limit": "1/hour"}))
    client = app.test_client()

    answers = [client.get("/me") for _ in range(3)]

    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0].headers
    app.extensions["forecast_service"].close()


def test_processes_count_together(database: Database) -> None:
    one, other = Rate("100/hour", database), Rate("100/hour", database)
    for _ in range(80):
        one.count("key:till")

    def is_refused() -> bool:
        try:
            other.count("key:till")
        except TooManyRequests:
            return True
        return False

    for _ in range(60):
        if is_refused():
            break
        time.sleep(0.02)  # what was counted is shared by a thread
    else:
        pytest.fail("the other process does not know of 80 requests")
    wait_for_reports()


def test_a_caller_far_from_the_limit_costs_no_statement(database: Database) -> None:
    rate = Rate("1000/hour", database)
    database.dispose()
    statements: list[Any] = []
    database.write = lambda: statements.append(1)  # type: ignore[assignment, method-assign, return-value]

    for _ in range(99):
        rate.count("key:till")

    assert statements == []


@pytest.mark.parametrize("value", ["0/minute", "10", "10/day", "many"])
def test_other_rates_are_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FORECAST_RATE_LIMIT", value)

    with pytest.raises(ConfigurationError, match="FORECAST_RATE_LIMIT"):
        read_settings()


SHOP = "https://shop.example"


def test_a_page_of_a_listed_origin_may_read_and_change_with_a_key(settings: Settings) -> None:
    with served(settings, cors_origins=(SHOP,)) as (client, key):
        asked = client.options("/training", headers={"Origin": SHOP})
        read = client.get("/me", headers={**key, "Origin": SHOP})
        changed = client.post("/training", headers={**key, "Origin": SHOP})
        without = client.post("/training", headers={"Origin": SHOP})

    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Origin"] == SHOP
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    assert read.headers["Access-Control-Allow-Origin"] == SHOP
    assert "Origin" in read.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in read.headers
    assert "scope 'train'" in changed.get_json()["detail"]
    assert (changed.status_code, without.status_code) == (403, 403)


@pytest.mark.parametrize("origins", [(), (SHOP,)])
def test_other_origins_may_not_read(settings: Settings, origins: tuple[str, ...]) -> None:
    with served(settings, cors_origins=origins) as (client, key):
        for method in ("get", "options"):
            send: Callable[..., Any] = getattr(client, method)
            answer = send("/me", headers={**key, "Origin": "https://evil.example"})

            assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", ["/healthz", "/docs", "/nope", "/me"])
def test_every_answer_has_headers_of_security(settings: Settings, path: str) -> None:
    with served(settings) as (client, _):
        headers = client.get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "camera=()" in headers["Permissions-Policy"]
