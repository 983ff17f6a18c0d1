"""Where the caller of a request is found, in the order in which it is tried."""

from __future__ import annotations

from flask import Request

from forecast_service.accounts.caller import OPEN_CALLER, Caller
from forecast_service.accounts.known_keys import KnownKeys
from forecast_service.common.hosts import is_from_this_machine
from forecast_service.resources.gate.admission import Source
from forecast_service.resources.gate.cookies import CookieSessions
from forecast_service.resources.gate.signed_requests import SignedRequests
from forecast_service.service import Service

__all__ = ["KeyHeader", "OpenMachine", "caller_sources"]

BEARER = "bearer "


def caller_sources(service: Service) -> tuple[Source, ...]:
    """All sources of callers."""
    return (
        SignedRequests(service.known_keys, service.accounts_state.has_accounts),
        KeyHeader(service.known_keys),
        CookieSessions(service.sessions),
        OpenMachine(service),
    )


class KeyHeader:
    """An API key in a header: ``Authorization: Bearer KEY``, or ``X-API-Key: KEY``."""

    def __init__(self, keys: KnownKeys) -> None:
        self.keys = keys

    def __call__(self, request: Request) -> Caller | None:
        """The caller that has the key of this request; None without a key.

        Raises
        ------
        Unauthenticated
            The key is unknown, was revoked, or has ended.
        """
        environ = request.environ
        sent: str = environ.get("HTTP_AUTHORIZATION", "")
        if sent[: len(BEARER)].lower() == BEARER:
            return self.keys.caller(sent[len(BEARER) :].strip())
        key: str | None = environ.get("HTTP_X_API_KEY")
        return None if key is None else self.keys.caller(key.strip())


class OpenMachine:
    """Anybody on this machine, while there are no accounts."""

    def __init__(self, service: Service) -> None:
        self.is_open = service.is_open

    def __call__(self, request: Request) -> Caller | None:
        """The open caller, if accounts are not needed for this request."""
        if self.is_open() and is_from_this_machine(request.environ):
            return OPEN_CALLER
        return None
