"""How a caller is known, as security schemes of ``/openapi.json``."""

from __future__ import annotations

from typing import Any

from forecast_service.accounts.caller import SCOPES, Need

__all__ = ["SCHEMES", "security_of"]

SCHEMES: dict[str, Any] = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "keyHeader": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "The same API key, for programs that cannot send it as a bearer token.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "forecast_session",
        "description": "The cookie of a user who logged in with POST /session.",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRF-Token",
        "description": "With the cookie, every change also needs the `csrf_token` of GET /me.",
    },
}


def security_of(method: str, need: Need) -> list[dict[str, list[str]]]:
    """The ways in which a caller with this scope may be known."""
    roles: list[str] = [need] if need in SCOPES else []
    session: dict[str, list[str]] = {"session": roles}
    if method != "get":
        session["csrf"] = []
    return [{"key": roles}, {"keyHeader": roles}, session]
