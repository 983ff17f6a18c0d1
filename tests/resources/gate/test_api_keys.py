"""API keys over HTTP: making, using and revoking them; what changes with the first one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forecast_service.app import create_app
from forecast_service.service import Service
from forecast_service.settings import Settings
from forecast_service.storage.database import Database


def make(client: FlaskClient, name: str = "till", key: str | None = None, **body: Any) -> str:
    """Make a key over HTTP, and return it."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    document = {"name": name, "scopes": ["read"], **body}
    answer = client.post("/keys", json=document, headers=headers)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    text: str = answer.get_json()["key"]
    return text


def with_key(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def other_process(app: Flask, settings: Settings) -> Iterator[FlaskClient]:
    """A client of another web process."""
    other = create_app(settings)
    yield other.test_client()
    other.extensions["forecast_service"].close()


def test_a_key_is_shown_once(client: FlaskClient, three_stores: Database) -> None:
    answer = client.post(
        "/keys",
        json={
            "name": "till",
            "scopes": ["admin", "read"],
            "expires_at": "2998-01-01T00:00:00+01:00",
        },
    )
    made = answer.get_json()
    key, aws_secret = made.pop("key"), made.pop("aws_secret_access_key")
    listed = client.get("/keys", headers=with_key(key)).get_json()["keys"]

    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert listed == [made]
    assert aws_secret is made["aws_access_key_id"] is None
    assert made["scopes"] == ["read", "admin"]
    assert made["limits"] == {"stores": None, "regions": None}
    assert made["expires_at"] == "2997-12-31T23:00:00Z"
    assert made["created_by"] == "local"


def test_from_the_first_key_on_every_request_needs_one(client: FlaskClient) -> None:
    assert client.get("/stores").status_code == 200

    key = make(client)
    refused = client.get("/stores")

    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="forecast-service"'
    assert refused.get_json()["detail"] == (
        "Nobody is known to make this request: it has no key and no log-in. Send a key as "
        "'Authorization: Bearer KEY'; in a browser, log in at /login."
    )
    assert client.get("/stores", headers=with_key(key)).status_code == 200
    assert client.get("/stores", headers={"X-API-Key": key}).status_code == 200
    assert client.post("/aws").status_code == 400
    assert client.get("/", headers={"Accept": "text/html"}).status_code == 302
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer fsk_wrong"},
        {"Authorization": "Bearer "},
        {"Authorization": "bearer x"},
        {"X-API-Key": ""},
        {"X-API-Key": "ключ"},
    ],
)
def test_a_wrong_key_is_refused_even_where_none_is_needed(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    assert client.get("/stores").status_code == 200
    assert client.get("/stores", headers=headers).status_code == 401
    assert client.get("/healthz", headers=headers).status_code == 200


def test_a_missing_scope_is_named(client: FlaskClient) -> None:
    key = make(client, "report", scopes=["read", "import"])

    answer = client.post("/training", json={"store_number": 1}, headers=with_key(key))

    assert answer.status_code == 403
    assert answer.get_json()["type"] == "urn:forecast-service:not-allowed"
    assert answer.get_json()["detail"] == (
        "'report' may not do this: the scope 'train' is missing. The scopes of 'report' are read, "
        "import. Ask an administrator for a key or a role that may do it."
    )


def test_force_needs_a_scope_of_its_own(client: FlaskClient, three_stores: Database) -> None:
    key = make(client, scopes=["read", "train"])
    body = {"store_number": 1, "force": True}

    answer = client.post("/training", json=body, headers=with_key(key))

    assert answer.status_code == 403
    assert "the scope 'force' is missing" in answer.get_json()["detail"]
    assert client.get("/training", headers=with_key(key)).get_json() == {"runs": []}


def test_a_revoked_key_is_refused_in_every_process_within_two_seconds(
    client: FlaskClient, other_process: FlaskClient
) -> None:
    admin = make(client, "admin", scopes=["admin"])
    key = make(client, "till", admin)
    assert other_process.get("/stores", headers=with_key(key)).status_code == 200

    answer = client.delete("/keys/till", headers=with_key(admin))
    began = time.monotonic()

    assert answer.get_json()["revoked_at"] is not None
    assert client.get("/stores", headers=with_key(key)).status_code == 401
    while other_process.get("/stores", headers=with_key(key)).status_code == 200:
        assert time.monotonic() - began < 2
        time.sleep(0.05)


def test_another_process_needs_keys_too_within_two_seconds(
    client: FlaskClient, other_process: FlaskClient
) -> None:
    assert other_process.get("/stores").status_code == 200

    key = make(client)
    began = time.monotonic()

    while other_process.get("/stores").status_code == 200:
        assert time.monotonic() - began < 2
        time.sleep(0.05)
    assert other_process.get("/stores", headers=with_key(key)).status_code == 200


def test_only_administrators_see_keys(client: FlaskClient) -> None:
    key = make(client, scopes=["read", "train", "force", "import"])

    for method, path in (("GET", "/keys"), ("POST", "/keys"), ("DELETE", "/keys/till")):
        answer = client.open(path, method=method, json={}, headers=with_key(key))
        assert answer.status_code == 403, (method, path)


@pytest.mark.parametrize(
    ("body", "status", "part"),
    [
        ({"name": "x", "scopes": ["read"], "stores": [4711]}, 404, "Store '4711' is unknown"),
        ({"name": "x", "scopes": ["read"], "regions": ["Mars"]}, 404, "Region 'Mars' is unknown"),
        ({"name": "x", "scopes": ["write"]}, 422, "scopes"),
        ({"name": "x", "scopes": []}, 422, "scopes"),
        ({"name": "x", "scopes": ["read"], "expires_at": "2030-01-01"}, 422, "with its zone"),
        ({"name": "x", "scopes": ["read"], "expires_at": "9999-12-31T23:59:59Z"}, 422, "year"),
        ({"name": "x", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z"}, 422, "past"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(
    client: FlaskClient, three_stores: Database, body: dict[str, Any], status: int, part: str
) -> None:
    answer = client.post("/keys", json=body)

    assert answer.status_code == status
    assert part in answer.get_json()["detail"]
    assert client.get("/keys").get_json() == {"keys": []}


def test_a_key_unlocks_a_service_that_listens_outside(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"host": "0.0.0.0"}))
    client, service = app.test_client(), app.extensions["forecast_service"]
    assert isinstance(service, Service)
    assert client.get("/stores").status_code == 401

    _, key = service.keys.create("first", ["admin", "read"], created_by="command line")

    assert client.get("/stores", headers=with_key(key)).status_code == 200
    service.close()
