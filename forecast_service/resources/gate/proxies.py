"""Proxies: who really sent a request that a trusted proxy passes on."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

__all__ = ["TrustedProxies"]

KEPT_ADDRESSES = 256  # decisions
SCHEMES = ("http", "https")


class TrustedProxies:
    """A WSGI application in front of another one, to which it shows the client of a proxy.

    Only proxies with an address in one of the ``networks`` are believed. The ``X-Forwarded``
    headers stay: a request that has any did not begin on this machine.
    """

    def __init__(self, application: WSGIApplication, networks: Sequence[str]) -> None:
        self.application = application
        self.networks = [ipaddress.ip_network(each, strict=False) for each in networks]
        self._is_trusted = lru_cache(KEPT_ADDRESSES)(self._is_in_networks)

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """Perform the request."""
        if self._is_trusted(environ.get("REMOTE_ADDR") or ""):
            self._believe(environ)
        return self.application(environ, start)

    def _believe(self, environ: dict[str, Any]) -> None:
        client = self._client(environ.get("HTTP_X_FORWARDED_FOR", ""))
        scheme = _last(environ.get("HTTP_X_FORWARDED_PROTO", "")).lower()
        host = _last(environ.get("HTTP_X_FORWARDED_HOST", ""))
        if client:
            environ["REMOTE_ADDR"] = client
        if scheme in SCHEMES:
            environ["wsgi.url_scheme"] = scheme
        if host:
            environ["HTTP_HOST"] = host

    def _client(self, forwarded_for: str) -> str:
        """The last address that no trusted proxy has: clients may write addresses before it."""
        hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
        others = [hop for hop in hops if not self._is_trusted(hop)]
        return (others or hops[:1] or [""])[-1]

    def _is_in_networks(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        plain = getattr(address, "ipv4_mapped", None) or address
        return any(plain in network for network in self.networks)


def _last(values: str) -> str:
    """The value that the nearest proxy wrote."""
    return values.rpartition(",")[2].strip()
