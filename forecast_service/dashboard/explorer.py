"""``/docs``: every route of the interface, to read and, with JavaScript, to try."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g

from forecast_service.accounts.caller import PUBLIC
from forecast_service.dashboard.frame import HTML, render_now
from forecast_service.resources.gate.access import caller
from forecast_service.resources.gate.declarations import needs

__all__ = ["init_app"]


@dataclass(frozen=True)
class Route:
    """One operation in the list for people without JavaScript."""

    method: str
    path: str
    summary: str
    group: str
    names: tuple[str, ...]
    """Names of its parameters, and of the fields of its body."""


def init_app(app: Flask, document: dict[str, Any]) -> None:
    """Add the page; ``document`` is the OpenAPI document."""
    listed = tuple(_routes(document))
    groups = {route.group: [r for r in listed if r.group == route.group] for route in listed}

    @needs(PUBLIC, is_page=True)
    def docs() -> Response:
        found = caller()
        who = {"kind": found.kind, "user": found.name, "token": g.get("csrf_token") or ""}
        response = Response(render_now("explorer", groups=groups, **who), content_type=HTML)
        response.headers["Cache-Control"] = "private, no-store"  # it has the token of a session
        return response

    app.add_url_rule("/docs", "docs", docs)


def _routes(document: dict[str, Any]) -> Iterator[Route]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                names = tuple(_names(operation, document))
                group = operation["tags"][0]
                yield Route(method.upper(), path, operation["summary"], group, names)


def _names(operation: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    yield from (parameter["name"] for parameter in operation.get("parameters", ()))
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None:
        model = body["schema"]["$ref"].rsplit("/", 1)[1]
        yield from document["components"]["schemas"][model].get("properties", {})
