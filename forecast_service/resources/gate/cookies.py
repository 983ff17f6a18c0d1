"""Cookies of users who are logged in, and the token that their changes carry against CSRF."""

from __future__ import annotations

import hmac

from flask import Request, Response, g

from forecast_service.accounts.caller import Caller
from forecast_service.accounts.sessions import Session, Sessions
from forecast_service.errors import NotAllowed

__all__ = [
    "CSRF_HEADER",
    "CookieSessions",
    "clear_cookie",
    "read_cookie",
    "session_token",
    "set_cookie",
]

CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SESSION = "forecast_session"
SECURE_PREFIX = "__Host-"


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
    return read_cookie(request, SESSION)


def read_cookie(request: Request, name: str) -> str | None:
    """The value of one of our cookies."""
    if "HTTP_COOKIE" not in request.environ:
        return None
    return request.cookies.get(_full_name(request, name))


def set_cookie(
    request: Request,
    response: Response,
    token: str,
    name: str = SESSION,
    seconds: int | None = None,
) -> None:
    """Let the browser keep a secret, until it is closed or for so long. The server ends a session
    earlier."""
    response.set_cookie(
        _full_name(request, name),
        token,
        max_age=seconds,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def clear_cookie(request: Request, response: Response, name: str = SESSION) -> None:
    """Let the browser forget a secret."""
    response.delete_cookie(
        _full_name(request, name),
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def _full_name(request: Request, name: str) -> str:
    # Browsers take this prefix only over TLS, and then no other host can set the cookie.
    return f"{SECURE_PREFIX}{name}" if request.is_secure else name


def _refuse_forgery(request: Request, session: Session) -> None:
    sent = request.environ.get("HTTP_X_CSRF_TOKEN", "")
    if not hmac.compare_digest(sent.encode(), session.csrf_token.encode()):
        kind = "wrong" if sent else "missing"
        raise NotAllowed(
            f"The header '{CSRF_HEADER}' is {kind}. A change by a user who is logged in carries "
            "the 'csrf_token' of GET /me in it."
        )
