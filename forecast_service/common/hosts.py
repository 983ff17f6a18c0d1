"""Names of hosts, as requests carry them."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

__all__ = ["WILDCARDS", "is_local_name", "is_loopback", "split_host"]

WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104
"""Addresses to listen on that stand for all addresses of a machine."""


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
