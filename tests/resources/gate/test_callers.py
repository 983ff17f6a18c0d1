"""Which hosts and which pages may call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forecast_service.app import create_app
from forecast_service.errors import ConfigurationError
from forecast_service.settings import Settings, read_settings

PATHS = ("/", "/docs", "/healthz", "/readyz", "/metrics", "/stores", "/v1/forecast", "/no")


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A client of a service with two allowed hosts."""
    hosts = ("forecast.example", ".shop.example")
    app = create_app(Settings(home=tmp_path_factory.mktemp("listed"), allowed_hosts=hosts))
    yield app.test_client()
    app.extensions["forecast_service"].close()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_every_route_refuses_a_foreign_host(empty_app: Flask, path: str, method: str) -> None:
    client = empty_app.test_client()

    answer = client.open(path, method=method, headers={"Host": "evil.example:5000"})

    assert answer.status_code == 403
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["detail"] == (
        "'evil.example:5000' is not a host of this service. Call it by 'localhost', or add the "
        "host to FORECAST_ALLOWED_HOSTS."
    )


def test_the_endpoint_of_amazon_forecast_refuses_a_foreign_host_in_its_own_form(
    empty_app: Flask,
) -> None:
    answer = empty_app.test_client().post("/aws", headers={"Host": "evil.example:5000"})

    assert answer.status_code == 403
    assert answer.get_json(force=True)["__type"] == "AccessDeniedException"
    assert answer.get_json(force=True)["Message"].startswith("'evil.example:5000' is not a host")


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:80", "localhost.", "127.0.0.1:5000", "127.8.8.8", "[::1]:5000"],
)
def test_names_of_this_machine_are_allowed(empty_app: Flask, host: str) -> None:
    assert empty_app.test_client().get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("", "[", "0.0.0.0", "10.0.0.1", "localhost.evil.example", "127.0.0.1.evil.example"),
        *("evil@localhost", "localhost@evil.example", "localhost,evil.example", "localhost/x"),
        *("localhost:port", "127.1.evil"),
    ],
)
def test_names_that_only_look_local_are_refused(empty_app: Flask, host: str) -> None:
    assert empty_app.test_client().get("/healthz", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("forecast.example", 200),
        ("Forecast.Example:8443", 200),
        ("www.forecast.example", 403),
        ("eu.shop.example", 200),
        ("a.eu.shop.example", 200),
        ("shop.example", 403),
        ("myshop.example", 403),
        ("localhost", 200),
    ],
)
def test_listed_hosts_are_allowed(listed: FlaskClient, host: str, status: int) -> None:
    assert listed.get("/healthz", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("options", "host", "status"),
    [
        ({"host": "192.168.1.7"}, "192.168.1.7:5000", 200),
        ({"host": "192.168.1.7"}, "192.168.1.8:5000", 403),
        ({"host": "0.0.0.0"}, "0.0.0.0:5000", 403),
        ({"host": "0.0.0.0"}, "localhost:5000", 200),
        ({"allowed_hosts": ("*",)}, "any.example", 200),
    ],
)
def test_the_address_to_listen_on_is_a_host_too(
    settings: Settings, options: dict[str, object], host: str, status: int
) -> None:
    app = create_app(settings.model_copy(update=options))

    assert app.test_client().get("/healthz", headers={"Host": host}).status_code == status
    app.extensions["forecast_service"].close()


@pytest.mark.parametrize("value", ["http://a.example", "a.example:80", "a b", "*.example.com"])
def test_a_list_of_other_than_names_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FORECAST_ALLOWED_HOSTS", value)

    with pytest.raises(ConfigurationError, match="FORECAST_ALLOWED_HOSTS"):
        read_settings()


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("localhost:5000", "http://127.0.0.1:5000", 415),
        ("127.0.0.1:5000", "http://localhost:5000", 415),
        ("127.0.0.1:5000", "http://[::1]:5000", 415),
        ("localhost:5000", "http://localhost:5001", 403),
        ("localhost:5000", "http://127.0.0.1", 403),
        ("localhost", "http://evil.example", 403),
        ("evil.example", "http://evil.example", 403),
        ("localhost", "null", 403),
        ("localhost", "", 403),
    ],
)
def test_changes_come_from_pages_of_the_same_host(
    empty_app: Flask, host: str, origin: str, status: int
) -> None:
    headers = {"Host": host, "Origin": origin}

    assert empty_app.test_client().post("/training", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("site", "origin", "status"),
    [
        ("cross-site", None, 403),
        ("cross-site", "http://localhost", 403),
        ("cross-site", "http://evil.example", 403),
        ("cross-site", "http://127.0.0.1", 415),  # our own page under its other name
        ("same-origin", "http://localhost", 415),
        ("none", None, 415),
    ],
)
@pytest.mark.parametrize("path", ["/training", "/sales", "/imports"])
def test_changes_from_another_site_are_refused(
    empty_app: Flask, path: str, site: str, origin: str | None, status: int
) -> None:
    headers = {"Sec-Fetch-Site": site} | ({} if origin is None else {"Origin": origin})

    answer = empty_app.test_client().post(path, headers=headers)

    assert answer.status_code == status


def test_a_link_from_another_site_may_be_followed(empty_app: Flask) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}

    assert empty_app.test_client().get("/docs", headers=headers).status_code == 200


def test_the_endpoint_of_amazon_forecast_can_be_switched_off(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"aws_endpoint": "off"}))

    assert app.test_client().post("/aws").status_code == 404
    app.extensions["forecast_service"].close()
