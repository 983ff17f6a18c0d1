"""``/docs``: a page for people, without scripts."""

from __future__ import annotations

from html import escape
from typing import Any

from flask import Flask, Response

from forecast_service.accounts.caller import PUBLIC
from forecast_service.resources.gate.declarations import needs

__all__ = ["init_app"]

STYLE = "/static/current/style.css"


def init_app(app: Flask, description: dict[str, Any]) -> None:
    """Add the page; ``description`` is the OpenAPI document."""
    docs = needs(PUBLIC, is_page=True)(lambda: _page("Routes", _routes(description)))
    app.add_url_rule("/docs", "docs", docs)


def _page(title: str, content: str) -> Response:
    return Response(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width">'
        f'<link rel="stylesheet" href="{STYLE}"></head>'
        f"<body><main><h1>{escape(title)}</h1>{content}</main></body></html>",
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
