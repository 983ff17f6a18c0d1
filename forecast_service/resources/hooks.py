"""Around every request: its id and time, security headers, one line in the log, counters."""

from __future__ import annotations

import logging
import re
import secrets
import time

from flask import Flask, Response, g, request
from werkzeug.exceptions import Forbidden

from forecast_service.common.logs import request_id
from forecast_service.resources.metrics import RequestMetrics

__all__ = ["init_app"]

logger = logging.getLogger("forecast_service.access")

REQUEST_ID_HEADER = "X-Request-ID"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
HTML_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def init_app(app: Flask, metrics: RequestMetrics) -> None:
    """Register the hooks that run before and after every request of the app."""
    app.before_request(_begin)

    @app.after_request
    def finish(response: Response) -> Response:
        return _finish(response, metrics)


def _begin() -> None:
    g.began = time.perf_counter()
    sent = request.environ.get("HTTP_X_REQUEST_ID", "")
    # Other characters could forge lines of a log that is read as text.
    request_id.set(sent if ACCEPTABLE_ID.fullmatch(sent) else secrets.token_hex(8))
    if request.method not in SAFE_METHODS:
        _refuse_other_origins()


def _refuse_other_origins() -> None:
    # There are no accounts: without this, any page in a browser could post a file to this host.
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        raise Forbidden(
            f"A page from '{origin[:100]}' may not change anything here. Use a page from this host."
        )


def _finish(response: Response, metrics: RequestMetrics) -> Response:
    identifier = request_id.get() or ""
    headers = response.headers
    headers.add(REQUEST_ID_HEADER, identifier)
    headers.add("X-Content-Type-Options", "nosniff")
    if headers.get("Content-Type", "").startswith("text/html"):
        headers["Content-Security-Policy"] = HTML_POLICY
        headers["Referrer-Policy"] = "same-origin"
    seconds = time.perf_counter() - g.began
    route = request.url_rule.rule if request.url_rule else "none"
    metrics.observe(request.method, route, response.status_code, seconds)
    _log(route, response, seconds)
    request_id.set(None)
    return response


def _log(route: str, response: Response, seconds: float) -> None:
    logger.info(
        "%s %s %s",
        request.method,
        request.path,
        response.status_code,
        extra={
            "event": "request",
            "route": route,
            "status": response.status_code,
            "milliseconds": round(seconds * 1000, 3),
        },
    )
