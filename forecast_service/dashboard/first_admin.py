"""``/first-admin``: the page behind the one-time link that the log of a locked service shows."""

from __future__ import annotations

from flask import Flask, Response, request

from forecast_service.accounts.caller import PUBLIC
from forecast_service.accounts.passwords import MIN_LENGTH
from forecast_service.dashboard.frame import HTML, render_now
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
NOT_ALLOWED = 422


def init_app(app: Flask, service: Service) -> None:
    """Add the page. Its form works without JavaScript."""

    @needs(PUBLIC)
    def show() -> Response:
        token = request.args.get("token", "")
        is_valid = service.admin_link.is_valid(token)
        return _page(200 if is_valid else 410, token=token if is_valid else None)

    @needs(PUBLIC)
    def make() -> Response:
        request.max_content_length = FORM_BYTES
        token, name, password = (
            request.form.get(part, "") for part in ("token", "user", "password")
        )
        try:
            entered = service.admin_link.use(token, name, password, address_of(request))
        except ForecastServiceError as error:
            if error.status != NOT_ALLOWED:
                raise
            return _page(NOT_ALLOWED, token=token, user=name, problem=error.detail)
        service.accounts_state.forget()
        return redirect_after_log_in(request, entered, "/")

    app.add_url_rule(PATH, "first_admin", show)
    app.add_url_rule(PATH, "make_first_admin", make, methods=["POST"])


def _page(status: int, *, token: str | None, user: str = "", problem: str = "") -> Response:
    """The form; without a token, what to do instead."""
    content = render_now(
        "first_admin", action=PATH, token=token, user=user, problem=problem, least=MIN_LENGTH
    )
    return Response(content, status, content_type=HTML, headers={"Cache-Control": "no-store"})
