"""Headers of answers that programs rely on: each once, referred to where it occurs."""

from __future__ import annotations

from typing import Any

from forecast_service.accounts.caller import PUBLIC
from forecast_service.errors import ForecastServiceError
from forecast_service.resources.contract.documentation import Operation

__all__ = ["HEADERS", "answer_headers", "refusal_headers"]

Schema = dict[str, Any]


def _header(description: str, example: str | int, *, always: bool = False) -> Schema:
    kind = "integer" if isinstance(example, int) else "string"
    header = {"description": description, "schema": {"type": kind}, "example": example}
    return {**header, "required": True} if always else header


HEADERS: dict[str, Schema] = {
    "X-Request-ID": _header(
        "Identifier of the request: the one that was sent, or a new one. The log has it.",
        "3f0c9a7be1d24c58",
        always=True,
    ),
    "ETag": _header(
        "Version of the answer. Sent as `If-None-Match`, it is answered with 304 while it counts.",
        '"5c1f0a2be3d94b77"',
    ),
    "Link": _header(
        'Address of the next page of a table (`rel="next"`); missing on the last one.',
        '</overview?format=csv&limit=100&after=100>; rel="next"',
    ),
    "Content-Disposition": _header(
        "Name of the file, if the answer is a table.",
        "attachment; filename=overview-2026-08-31.csv",
    ),
    "Location": _header(
        "Address of what was made, or where to go on.", "/training/3f0c9a7be1d24c58"
    ),
    "Retry-After": _header("Seconds after which to ask again.", 5),
    "RateLimit-Policy": _header(
        "Most requests (`q`) in a time of so many seconds (`w`), if they are limited.",
        '"requests";q=600;w=60',
    ),
    "RateLimit": _header(
        "Requests that remain (`r`) until the time ends in so many seconds (`t`).",
        '"requests";r=599;t=42',
    ),
    "WWW-Authenticate": _header("How to say who calls.", 'Bearer realm="forecast-service"'),
    "Allow": _header("The methods that the address has.", "GET, HEAD, OPTIONS"),
}
"""Every header; ``required`` if each answer with it in the document has it."""

MADE = (201, 202, 303)
LIMITS = ("RateLimit-Policy", "RateLimit")


def answer_headers(operation: Operation, status: int) -> Schema:
    """References to the headers that an answer may have."""
    names = ["X-Request-ID", *(LIMITS if operation.scope != PUBLIC else ())]
    if status in MADE:
        names.append("Location")
    if status == 202:
        names.append("Retry-After")
    if status in (200, 304) and 304 in operation.answers:
        names.append("ETag")
    if status in (200, 304) and len(operation.other_types) > 1:
        names += ["Content-Disposition", "Link"]
    if status == 200:
        names += operation.headers
    return _references(names)


def refusal_headers(status: int, kinds: list[type[ForecastServiceError]]) -> Schema:
    """References to the headers that an error with this status may have."""
    names = ["X-Request-ID", *LIMITS]
    if any(kind.retryable for kind in kinds):
        names.append("Retry-After")
    names += {401: ["WWW-Authenticate"], 405: ["Allow"]}.get(status, [])
    return _references(names)


def _references(names: list[str]) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
