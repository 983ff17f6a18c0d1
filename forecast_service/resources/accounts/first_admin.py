"""``/first-admin``: the page behind the one-time link that the log of a locked service shows."""

from __future__ import annotations

from html import escape

from flask import Flask, Response, request

from forecast_service.accounts.caller import PUBLIC
from forecast_service.accounts.passwords import MIN_LENGTH
from forecast_service.errors import ForecastServiceError
from forecast_service.resources.accounts.session import (
    FORM_BYTES,
    address_of,
    redirect_after_log_in,
)
from forecast_service.resources.gate.declarations import needs
from forecast_service.service import Service

__all__ = ["PATH", "init_app"]

PATH = "/first-admin"
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:28rem;margin:12vh auto;padding:0 1rem}"
    "label{display:block;margin-top:1rem}input,button{font:inherit;width:100%;padding:.5rem;"
    "box-sizing:border-box}button{margin-top:1.5rem}.error{border-left:4px solid #b3261e;"
    "padding-left:.75rem}"
)
OVER = (
    "<p>This link was used already, or is older than an hour. The log of the service has a new one "
    "after a restart, as long as there is no account.</p><p>"
    "<code>forecast-service users create NAME --role admin</code> on the server also makes an "
    'admin.</p><p><a href="/">To the first page</a></p>'
)


def init_app(app: Flask, service: Service) -> None:
    """Add the page."""

    @needs(PUBLIC)
    def show() -> Response:
        token = request.args.get("token", "")
        if not service.admin_link.is_valid(token):
            return _page(OVER, 410)
        return _page(_form(token))

    @needs(PUBLIC)
    def make() -> Response:
        request.max_content_length = FORM_BYTES
        sent = request.form
        token, name = sent.get("token", ""), sent.get("user", "")
        try:
            entered = service.admin_link.use(
                token, name, sent.get("password", ""), address_of(request)
            )
        except ForecastServiceError as error:
            if error.status != 422:
                raise
            return _page(_form(token, name, error.detail), 422)
        service.accounts_state.forget()
        return redirect_after_log_in(request, entered, "/")

    app.add_url_rule(PATH, "first_admin", show)
    app.add_url_rule(PATH, "make_first_admin", make, methods=["POST"])


def _form(token: str, name: str = "", problem: str = "") -> str:
    error = f'<p class="error" role="alert">{escape(problem)}</p>' if problem else ""
    return (
        "<p>The service has no account yet. Make the first one here; it may do everything, and "
        f'makes the others.</p>{error}<form method="post" action="{PATH}">'
        f'<input type="hidden" name="token" value="{escape(token)}">'
        f'<label for="user">Name</label><input id="user" name="user" value="{escape(name)}" '
        'autocomplete="username" maxlength="100" required autofocus>'
        f'<label for="password">Password, at least {MIN_LENGTH} characters</label>'
        '<input id="password" name="password" type="password" autocomplete="new-password" '
        f'minlength="{MIN_LENGTH}" required><button>Make the first admin</button></form>'
    )


def _page(content: str, status: int = 200) -> Response:
    return Response(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>First admin</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body><h1>First admin</h1>{content}</body></html>",
        status,
        content_type="text/html; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )
