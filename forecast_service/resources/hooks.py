"""Around every request: its id and time, security headers, gzip, one line in the log, counters."""

from __future__ import annotations

import logging
import re
import secrets
import time

from flask import Flask, Response, g, request
from werkzeug.wrappers import Response as AnyResponse

from forecast_service.accounts.actor import Actor, acting
from forecast_service.common.logs import request_id
from forecast_service.resources.gate.access import caller
from forecast_service.resources.gate.admission import Admission
from forecast_service.resources.gate.callers import Callers
from forecast_service.resources.gate.front import REFUSAL
from forecast_service.resources.gate.origins import OtherSites
from forecast_service.resources.gate.paths import shown_path
from forecast_service.resources.metrics import RequestMetrics
from forecast_service.resources.representations import compress

__all__ = ["init_app"]

logger = logging.getLogger("forecast_service.access")

REQUEST_ID_HEADER = "X-Request-ID"
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
HTML_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
SECURITY_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
PAGE_HEADERS = (*SECURITY_HEADERS, ("Content-Security-Policy", HTML_POLICY))
DATA_HEADERS = (
    *SECURITY_HEADERS,
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
)


def init_app(
    app: Flask,
    metrics: RequestMetrics,
    callers: Callers,
    admission: Admission,
    sites: OtherSites,
) -> None:
    """Register the hooks that run before and after every request of the app."""
    app.before_request(lambda: _begin(callers, admission))

    @app.after_request
    def finish(response: Response) -> Response:
        return _finish(response, metrics, sites)


def _begin(callers: Callers, admission: Admission) -> AnyResponse | None:
    g.began = time.perf_counter()
    sent = request.environ.get("HTTP_X_REQUEST_ID", "")
    # Other characters could forge lines of a log that is read as text.
    request_id.set(sent if ACCEPTABLE_ID.fullmatch(sent) else secrets.token_hex(8))
    refusal = request.environ.get(REFUSAL)
    if refusal is not None:
        raise refusal
    acting.set(_actor)
    callers.check(request)
    return admission.admit(request)


def _finish(response: Response, metrics: RequestMetrics, sites: OtherSites) -> Response:
    compress(response, request.environ.get("HTTP_ACCEPT_ENCODING"))
    identifier = request_id.get() or ""
    headers = response.headers
    headers.add(REQUEST_ID_HEADER, identifier)
    is_page = headers.get("Content-Type", "").startswith("text/html")
    # ``extend`` checks every value again, which costs more than the rest of this function.
    headers._list.extend(PAGE_HEADERS if is_page else DATA_HEADERS)
    if request.environ["wsgi.url_scheme"] == "https":
        headers.add("Strict-Transport-Security", "max-age=31536000")
    window = g.get("window")
    if window is not None:
        headers.extend(window.headers())
    sites.finish(request, response)
    seconds = time.perf_counter() - g.began
    route = request.url_rule.rule if request.url_rule else "none"
    metrics.observe(request.method, route, response.status_code, seconds)
    _log(route, response, seconds)
    request_id.set(None)
    acting.set(None)
    return response


def _actor() -> Actor:
    who = caller()
    return Actor(who.kind, who.name, request.remote_addr)


def _log(route: str, response: Response, seconds: float) -> None:
    logger.info(
        "%s %s %s",
        request.method,
        shown_path(request.path),
        response.status_code,
        extra={
            "event": "request",
            "route": route,
            "status": response.status_code,
            "milliseconds": round(seconds * 1000, 3),
        },
    )
