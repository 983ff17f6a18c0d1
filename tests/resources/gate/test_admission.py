"""Who is admitted while there are no accounts, and what every route declares."""

from __future__ import annotations

import pytest
from flask import Flask

from forecast_service.app import create_app
from forecast_service.resources.gate.declarations import declarations, needs
from forecast_service.settings import Settings

EVERYTHING = ["read", "train", "force", "import", "admin"]


def test_on_this_machine_everything_works_without_an_account(empty_app: Flask) -> None:
    answer = empty_app.test_client().get("/me")

    assert answer.status_code == 200
    assert answer.get_json() == {
        "kind": "open",
        "name": "local",
        "role": None,
        "scopes": EVERYTHING,
        "limits": {"stores": None, "regions": None},
        "csrf_token": None,
        "language": None,
    }


@pytest.mark.parametrize(
    ("peer", "headers", "protocol"),
    [
        ("192.168.1.7", {}, "HTTP/1.1"),
        ("", {}, "HTTP/1.1"),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, "HTTP/1.1"),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, "HTTP/1.1"),
        ("127.0.0.1", {"X-Forwarded-Host": "localhost"}, "HTTP/1.1"),
        ("127.0.0.1", {}, "HTTP/1.0"),
    ],
)
@pytest.mark.parametrize("path", ["/me", "/stores", "/v1/forecast?store_number=1"])
def test_another_machine_is_asked_who_it_is(
    empty_app: Flask, peer: str, headers: dict[str, str], protocol: str, path: str
) -> None:
    environ = {"REMOTE_ADDR": peer, "SERVER_PROTOCOL": protocol}

    answer = empty_app.test_client().get(path, headers=headers, environ_overrides=environ)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["type"] == "urn:forecast-service:unauthenticated"
    assert "forecast-service keys create" in answer.get_json()["detail"]


@pytest.mark.parametrize(
    "options",
    [{"host": "0.0.0.0"}, {"host": "192.168.1.7"}, {"allowed_hosts": ("localhost", "a.example")}],
)
def test_outside_of_this_machine_the_service_is_locked(
    settings: Settings, options: dict[str, object]
) -> None:
    app = create_app(settings.model_copy(update=options))
    client = app.test_client()

    assert client.get("/stores").status_code == 401
    assert client.post("/training", json={"store_number": 1}).status_code == 401
    assert client.post("/aws").get_json(force=True) == {
        "__type": "AccessDeniedException",
        "Message": "The service is locked: it has no account yet, and without one it answers only "
        "programs on its own machine. Make an AWS access key on the server with "
        "'forecast-service keys create NAME --aws'.",
    }
    assert client.get("/healthz").status_code == 200
    app.extensions["forecast_service"].close()


def test_a_browser_is_sent_to_the_log_in_page(empty_app: Flask) -> None:
    client = empty_app.test_client()

    answer = client.get("/?a=1&b=%2F", environ_overrides={"REMOTE_ADDR": "192.168.1.7"})

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login?next=/%3Fa%3D1%26b%3D%252F"


def test_every_route_declares_what_it_needs(empty_app: Flask) -> None:
    methods = {
        (rule.endpoint, method)
        for rule in empty_app.url_map.iter_rules()
        for method in rule.methods - {"OPTIONS"}
    }

    assert set(declarations(empty_app)) == methods


def test_a_route_that_declares_nothing_prevents_the_start() -> None:
    app = Flask("silent", static_folder=None)
    app.add_url_rule("/open", "open", needs("read")(lambda: "open"))
    app.add_url_rule("/silent", "silent", lambda: "silent")

    with pytest.raises(TypeError, match="do not declare what they need: GET silent, HEAD silent"):
        declarations(app)
