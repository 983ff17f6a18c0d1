"""``/log-out``: the page with which a browser without JavaScript logs its user out."""

from __future__ import annotations

import hmac

from flask import Flask, Response, request

from forecast_service.accounts.caller import PUBLIC
from forecast_service.accounts.sessions import csrf_token
from forecast_service.dashboard.frame import HTML, render_now
from forecast_service.errors import NotAllowed
from forecast_service.resources.accounts.session import (
    FORM_BYTES,
    LOG_IN_PAGE,
    NO_STORE,
    address_of,
    see_other,
)
from forecast_service.resources.gate.cookies import clear_cookie, session_token
from forecast_service.resources.gate.declarations import needs
from forecast_service.service import Service

__all__ = ["PATH", "init_app"]

PATH = "/log-out"


def init_app(app: Flask, service: Service) -> None:
    """Add the page. Its form carries the token of the session, which another site cannot know."""

    @needs(PUBLIC)
    def show() -> Response:
        token = session_token(request)
        if token is None:
            return see_other(LOG_IN_PAGE)
        content = render_now("log_out", action=PATH, token=csrf_token(token))
        return Response(content, content_type=HTML, headers=NO_STORE)

    @needs(PUBLIC)
    def leave() -> Response:
        request.max_content_length = FORM_BYTES
        token = session_token(request)
        if token is not None:
            refuse_forgery(token, request.form.get("csrf_token", ""))
            service.log_in.out(token, address_of(request))
        response = see_other(LOG_IN_PAGE)
        clear_cookie(request, response)
        return response

    app.add_url_rule(PATH, "log_out", show)
    app.add_url_rule(PATH, "leave", leave, methods=["POST"])


def refuse_forgery(token: str, sent: str) -> None:
    """Refuse a form that does not come from our own page.

    Raises
    ------
    NotAllowed
        It does not carry the token of the session.
    """
    if not hmac.compare_digest(sent.encode(), csrf_token(token).encode()):
        raise NotAllowed(
            "The field 'csrf_token' of the form is missing or wrong, so another site may have sent "
            "it. Open the page again and log out there."
        )
