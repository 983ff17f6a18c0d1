"""Who may call while there are no accounts: requests to our own hosts, and from our own pages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from flask import Request
from werkzeug.exceptions import Forbidden

from forecast_service.common.hosts import WILDCARDS, is_local_name, split_host
from forecast_service.resources.gate.origins import OtherSites
from forecast_service.resources.gate.signed_requests import names_its_host
from forecast_service.settings import Settings

__all__ = ["Callers"]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
ANY_HOST = "*"
KEPT_HOSTS = 64  # decisions


class Callers:
    """Refuses requests for other hosts, and changes from pages of other hosts.

    A web page may make a name of its own resolve to this machine. Its requests then carry that
    name as their ``Host``.
    """

    def __init__(self, settings: Settings) -> None:
        listening = () if settings.host in WILDCARDS else (settings.host.lower(),)
        self.sites = OtherSites(settings.cors_origins)
        self.hosts: Sequence[str] = (*settings.allowed_hosts, *listening)
        # Nearly all requests name the same few hosts.
        self._is_our_host = lru_cache(KEPT_HOSTS)(lambda host: self._is_ours(split_host(host)[0]))

    def check(self, request: Request) -> None:
        """Refuse a request that must not reach a resource.

        Raises
        ------
        Forbidden
            The host is not allowed; or a page of another host wants to change something.
        """
        host: str = request.environ.get("HTTP_HOST", "")
        if not self._is_our_host(host) and not names_its_host(request):
            raise Forbidden(
                f"'{host[:100]}' is not a host of this service. Call it by 'localhost', or add "
                "the host to FORECAST_ALLOWED_HOSTS."
            )
        if request.method not in SAFE_METHODS and not self._is_listed(request):
            _refuse_other_pages(request, host)

    def _is_listed(self, request: Request) -> bool:
        """Whether a page of a listed origin sends a key: browsers add none by themselves."""
        environ = request.environ
        has_key = "HTTP_X_API_KEY" in environ or "HTTP_AUTHORIZATION" in environ
        return has_key and self.sites.allow(request)

    def _is_ours(self, name: str) -> bool:
        if not name:
            return False
        return is_local_name(name) or any(_matches(name, allowed) for allowed in self.hosts)


def _matches(name: str, allowed: str) -> bool:
    if allowed == ANY_HOST:
        return True
    return name.endswith(allowed) if allowed.startswith(".") else name == allowed


def _refuse_other_pages(request: Request, host: str) -> None:
    # There are no accounts: without this, any page in a browser could post a file to this host.
    origin = request.headers.get("Origin")
    if origin is not None and not _is_same(origin, host):
        raise Forbidden(
            f"A page from '{origin[:100]}' may not change anything here. Use a page from this host."
        )
    is_foreign = request.headers.get("Sec-Fetch-Site") == "cross-site"
    if is_foreign and not _are_two_local_names(origin, host):
        raise Forbidden("A page from another site may not change anything here.")


def _is_same(origin: str, host: str) -> bool:
    """Whether a page is from this host. All names of the machine itself are one host."""
    page, own = split_host(origin.partition("://")[2]), split_host(host)
    are_local = is_local_name(page[0]) and is_local_name(own[0])
    return page[1] == own[1] and page[0] != "" and (page[0] == own[0] or are_local)


def _are_two_local_names(origin: str | None, host: str) -> bool:
    """Whether a browser calls our own page foreign: it is at ``localhost``, we at 127.0.0.1."""
    if origin is None:
        return False
    page, own = split_host(origin.partition("://")[2])[0], split_host(host)[0]
    return page != own and is_local_name(page) and is_local_name(own)
