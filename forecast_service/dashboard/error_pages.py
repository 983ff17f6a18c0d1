"""Errors as pages: a problem document becomes a page for a browser that prefers one."""

from __future__ import annotations

import json
from http import HTTPStatus
from urllib.parse import quote

from flask import Flask, Request, Response, request

from forecast_service.dashboard.frame import HTML, render_now
from forecast_service.resources.problems import PROBLEM_TYPE

__all__ = ["init_app"]

PREFERRED = ("application/json", PROBLEM_TYPE, "text/html")


def init_app(app: Flask) -> None:
    """Answer browsers with pages. The hooks before this one see the page, not the document."""
    app.after_request(_as_page)


def _as_page(response: Response) -> Response:
    if response.status_code < HTTPStatus.BAD_REQUEST or response.mimetype != PROBLEM_TYPE:
        return response
    response.vary.add("Accept")
    if _prefers_page(request):
        problem = json.loads(response.get_data())
        back = quote(request.full_path.removesuffix("?"), safe="/")
        response.set_data(render_now("error", problem=problem, back=back))
        response.headers["Content-Type"] = HTML
        response.headers["Cache-Control"] = "no-store"
    return response


def _prefers_page(asked: Request) -> bool:
    """Whether ``Accept`` names HTML before JSON; programs that take anything get JSON."""
    return asked.accept_mimetypes.best_match(PREFERRED, default=PROBLEM_TYPE) == "text/html"
