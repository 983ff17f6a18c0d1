"""Names of hosts, as requests carry them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

__all__ = ["WILDCARDS", "is_from_this_machine", "is_local_name", "is_loopback", "split_host"]

WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104
"""Addresses to listen on that stand for all addresses of a machine."""

FORWARDING_HEADERS = frozenset(
    {
        *("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP"),
        *("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO"),
    }
)
KEPT_NAMES = 64  # decisions; nearly all requests come from the same few addresses


def is_from_this_machine(environ: Mapping[str, Any]) -> bool:
    """Whether no other machine sent the request of this WSGI environment, as far as can be known.

    A proxy on this machine may forward requests. It names itself, or it speaks HTTP/1.0 (nginx as
    installed), which no SDK does. A web page may call this machine by a name of its own that it
    made resolve to 127.0.0.1.
    """
    return (
        _is_local_host(environ.get("HTTP_HOST", ""))
        and _is_loopback_peer(environ.get("REMOTE_ADDR") or "")
        and environ.get("SERVER_PROTOCOL") != "HTTP/1.0"
        and environ.keys().isdisjoint(FORWARDING_HEADERS)
    )


def is_loopback(text: str) -> bool:
    """Whether this is an IP address of the machine itself."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or (mapped is not None and mapped.is_loopback)


def is_local_name(name: str) -> bool:
    """Whether this is ``localhost`` or an address of the machine itself."""
    return name == "localhost" or is_loopback(name)


def split_host(text: str) -> tuple[str, int | None]:
    """Name and port of a ``Host`` header, in lower case: ``[::1]:80`` is ``::1`` and 80.

    The name is empty if the text is no host.
    """
    try:
        parts = urlsplit(f"//{text}")
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return "", None
    is_plain = parts.netloc == text and "@" not in text
    return (name.removesuffix("."), port) if is_plain else ("", None)


@lru_cache(KEPT_NAMES)
def _is_local_host(host: str) -> bool:
    return is_local_name(split_host(host)[0])


_is_loopback_peer = lru_cache(KEPT_NAMES)(is_loopback)
