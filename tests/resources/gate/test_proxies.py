"""What a proxy says of its clients, and when it is believed."""

from __future__ import annotations

from typing import Any

import pytest

from forecast_service.app import create_app
from forecast_service.errors import ConfigurationError
from forecast_service.resources.gate.proxies import TrustedProxies
from forecast_service.settings import Settings, read_settings

NETWORKS = ("10.0.0.0/8", "192.168.1.1", "fd00::/8")


def shown(peer: str, **headers: str) -> dict[str, Any]:
    """The environment that the application behind sees."""
    seen: dict[str, Any] = {}

    def application(environ: dict[str, Any], _start: Any) -> list[bytes]:
        seen.update(environ)
        return []

    environ = {"REMOTE_ADDR": peer, "HTTP_HOST": "inside:5000", "wsgi.url_scheme": "http"}
    names = {f"HTTP_X_FORWARDED_{name.upper()}": value for name, value in headers.items()}
    TrustedProxies(application, NETWORKS)({**environ, **names}, lambda *_: None)  # type: ignore[arg-type, return-value]
    return seen


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("::ffff:10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("192.168.1.1", "203.0.113.9, 10.9.9.9", "203.0.113.9"),
        ("fd00::1", "127.0.0.1, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
        ("10.1.2.3", "10.7.7.7", "10.7.7.7"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("192.168.1.2", "203.0.113.9", "192.168.1.2"),
        ("203.0.113.1", "127.0.0.1", "203.0.113.1"),
        ("", "127.0.0.1", ""),
    ],
)
def test_the_client_is_the_last_address_that_is_no_proxy(
    peer: str, forwarded_for: str, client: str
) -> None:
    assert shown(peer, **{"for": forwarded_for})["REMOTE_ADDR"] == client


def test_a_trusted_proxy_names_host_and_scheme() -> None:
    seen = shown("10.1.2.3", host="evil.example, forecast.example", proto="http, https")

    assert (seen["HTTP_HOST"], seen["wsgi.url_scheme"]) == ("forecast.example", "https")


def test_another_machine_names_neither_host_nor_scheme() -> None:
    seen = shown("192.168.1.2", host="forecast.example", proto="https")

    assert (seen["HTTP_HOST"], seen["wsgi.url_scheme"]) == ("inside:5000", "http")


def test_no_forwarded_request_is_open(settings: Settings) -> None:
    proxied = settings.model_copy(update={"trusted_proxies": ("127.0.0.0/8",)})
    app = create_app(proxied)
    client = app.test_client()

    for headers in ({}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-Host": "localhost"}):
        assert client.get("/stores", headers=headers).status_code == 401
    app.extensions["forecast_service"].close()


def test_the_host_that_a_trusted_proxy_names_is_checked(settings: Settings) -> None:
    proxied = {"trusted_proxies": ("127.0.0.0/8",), "allowed_hosts": ("forecast.example",)}
    app = create_app(settings.model_copy(update=proxied))
    client = app.test_client()

    assert client.get("/healthz", headers={"X-Forwarded-Host": "evil.example"}).status_code == 403
    good = {"X-Forwarded-Host": "forecast.example"}
    assert client.get("/healthz", headers=good).status_code == 200
    app.extensions["forecast_service"].close()


@pytest.mark.parametrize("value", ["proxy", "10.0.0.0/33", "*"])
def test_other_than_networks_are_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FORECAST_TRUSTED_PROXIES", value)

    with pytest.raises(ConfigurationError, match="FORECAST_TRUSTED_PROXIES"):
        read_settings()
