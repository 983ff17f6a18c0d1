"""``/`` and ``/docs``: pages for people, without scripts or other files."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from flask import Flask, Response

from forecast_service.accounts.caller import PUBLIC
from forecast_service.resources.gate.declarations import needs

__all__ = ["init_app"]

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code{background:#eee;padding:.1em .3em}td,th{text-align:left;padding:.3rem .8rem .3rem 0;"
    "vertical-align:top}"
)
HOME = (
    "<p>This service forecasts what a store will sell in the coming days.</p>"
    '<ul><li><a href="/docs">Routes</a>, and the same for programs: '
    '<a href="/openapi.json">openapi.json</a></li>'
    '<li><a href="/stores">Stores</a></li>'
    '<li><a href="/training">Training runs</a></li>'
    '<li><a href="/readyz">Is the service ready?</a></li></ul>'
)


def init_app(app: Flask, description: dict[str, Any], staleness: Callable[[], str | None]) -> None:
    """Add both pages; ``description`` is the OpenAPI document, ``staleness`` says why the forecast
    is stale."""

    @needs("read", is_page=True)
    def home() -> Response:
        return _page("Retail demand forecasts", HOME + _notice(staleness()))

    app.add_url_rule("/", "home", home)
    docs = needs(PUBLIC, is_page=True)(lambda: _page("Routes", _routes(description)))
    app.add_url_rule("/docs", "docs", docs)


def _notice(stale: str | None) -> str:
    return "" if stale is None else f"<p><b>The forecast is stale:</b> {escape(stale)}.</p>"


def _page(title: str, content: str) -> Response:
    return Response(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{content}</body></html>",
        content_type="text/html; charset=utf-8",
    )


def _routes(description: dict[str, Any]) -> str:
    rows = [
        f"<tr><td><code>{method.upper()} {escape(path)}</code></td>"
        f"<td>{escape(operation['summary'])}{_parameters(operation, description)}</td></tr>"
        for path, item in description["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]
    return (
        "<p>Every route also exists under <code>/v1</code>. Errors are problem documents "
        '(RFC 9457). Types and limits are in <a href="/openapi.json">openapi.json</a>.</p>'
        f"<table><tr><th>Route</th><th>What it does</th></tr>{''.join(rows)}</table>"
    )


def _parameters(operation: dict[str, Any], description: dict[str, Any]) -> str:
    names = [parameter["name"] for parameter in operation.get("parameters", [])]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None:
        model = body["schema"]["$ref"].rsplit("/", 1)[1]
        names += description["components"]["schemas"][model].get("properties", {})
    if not names:
        return ""
    return "<br>" + " ".join(f"<code>{escape(name)}</code>" for name in names)
