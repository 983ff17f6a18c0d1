"""Cookies of users who are logged in, and the token that their changes carry against CSRF."""

from __future__ import annotations

import hmac

from flask import Request, Response, g

from forecast_service.accounts.caller import Caller
from forecast_service.accounts.sessions import Session, Sessions
from forecast_service.errors import NotAllowed

__all__ = ["CSRF_HEADER", "CookieSessions", "clear_cookie", "session_token", "set_cookie"]

CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PLAIN_NAME, SECURE_NAME = "forecast_session", "__Host-forecast_session"


class CookieSessions:
    """Finds the user whose session a request belongs to."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    def __call__(self, request: Request) -> Caller | None:
        """The user; None without a session that is open.

        Raises
        ------
        NotAllowed
            A change does not carry the session's token, so another site may have sent it.
        """
        token = session_token(request)
        session = None if token is None else self.sessions.find(token)
        if session is None:
            return None
        if request.method not in SAFE_METHODS:
            _refuse_forgery(request, session)
        g.csrf_token, g.language = session.csrf_token, session.user.language
        return session.user.caller


def session_token(request: Request) -> str | None:
    """The token in the cookie of a request."""
    if "HTTP_COOKIE" not in request.environ:
        return None
    return request.cookies.get(_name(request))


def set_cookie(request: Request, response: Response, token: str) -> None:
    """Let the browser keep the token until it is closed; the server ends the session earlier."""
    response.set_cookie(
        _name(request), token, secure=request.is_secure, httponly=True, samesite="Lax", path="/"
    )


def clear_cookie(request: Request, response: Response) -> None:
    """Let the browser forget the token."""
    response.delete_cookie(
        _name(request), secure=request.is_secure, httponly=True, samesite="Lax", path="/"
    )


def _name(request: Request) -> str:
    # Browsers take this prefix only over TLS, and then no other host can set the cookie.
    return SECURE_NAME if request.is_secure else PLAIN_NAME


def _refuse_forgery(request: Request, session: Session) -> None:
    sent = request.environ.get("HTTP_X_CSRF_TOKEN", "")
    if not hmac.compare_digest(sent.encode(), session.csrf_token.encode()):
        kind = "wrong" if sent else "missing"
        raise NotAllowed(
            f"The header '{CSRF_HEADER}' is {kind}. A change by a user who is logged in carries "
            "the 'csrf_token' of GET /me in it."
        )
