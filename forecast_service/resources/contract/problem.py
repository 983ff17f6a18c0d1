"""Problem: the form of every error (RFC 9457), and what each type of problem looks like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

from pydantic import Field

from forecast_service import errors
from forecast_service.errors import ForecastServiceError
from forecast_service.resources.contract.fields import AnswerModel, Sentence, Sentences, Text

__all__ = [
    "BLANK",
    "PLAIN",
    "SENTENCES",
    "Problem",
    "ProblemFinding",
    "errors_of",
    "examples_of",
    "kinds_of",
]

BLANK = "about:blank"
PREFIX = "urn:forecast-service:"
REQUEST_ID = "9d5f0c3a1b2e4f60"


class ProblemFinding(AnswerModel):
    """One error, and its place in the request or file."""

    pointer: Text = Field(
        description="The place: a JSON pointer into the body, '?name' in the query, or a line of "
        "a file.",
        examples=["/store_number"],
    )
    detail: Sentence = Field(description="What is wrong there.", examples=["is missing"])


class ProblemRemedy(AnswerModel):
    """What helps."""

    code: Text = Field(description="Kind of the remedy, for programs.", examples=["list_stores"])
    text: Sentence = Field(
        description="The words with which 'detail' ends.", examples=["GET /stores lists them."]
    )


class Problem(AnswerModel):
    """An error (RFC 9457), in the same form from every route."""

    type: Text = Field(
        description="Kind of the error: 'urn:forecast-service:…', or 'about:blank' if the status "
        "says it all.",
        examples=["urn:forecast-service:unknown-store"],
    )
    title: Text = Field(description="The status in words.", examples=["Not Found"])
    status: int = Field(
        description="The HTTP status.", examples=[404], json_schema_extra={"x-unit": "HTTP status"}
    )
    detail: Sentence = Field(
        description="What was found, what is allowed, and what helps.",
        examples=["Store '987' was never imported. GET /stores lists them."],
    )
    errors: list[ProblemFinding] | None = Field(None, description="Every finding with its place.")
    remedy: ProblemRemedy | None = Field(None, description="What helps, if something does.")
    request_id: Text = Field(
        description="Identifier of the request; the log of the service has the request under it.",
        examples=[REQUEST_ID],
    )
    sentences: Sentences = None


PLAIN: Mapping[int, str] = {
    400: "The body is not valid JSON (line 1, column 2). Send one JSON object.",
    403: "A page from another site may not change anything here.",
    404: "This address does not exist. GET /docs shows every route.",
    405: "'PATCH' is not allowed at '/stores'. Allowed are GET, HEAD, OPTIONS.",
    406: "'image/png' is not available here. Accept 'application/json' or 'text/csv'.",
    408: "The body came too slowly, and nothing of it was kept. Send it again, faster.",
    411: "The length of the body is missing. Send Content-Length, or chunks.",
    413: "The body is too long. The limit is 8 MiB for JSON and FORECAST_MAX_BODY_BYTES for files.",
    415: "The Content-Type of the body is 'text/plain'. Send 'application/json'.",
    429: "Too many requests came. Ask again in a few seconds.",
    500: "Something went wrong in the service. The log has the reason, under this request_id.",
}
"""Sentences of problems without a type of their own, by status."""

SENTENCES: Mapping[str, str] = {
    "invalid-request": "'store_number' in the body is missing.",
    "unknown-field": "'colour' in the body does not exist. Allowed are 'store_number', 'item'.",
    "too-much": "The answer would have 8,000 series; 5,000 are allowed. Ask for fewer at a time.",
    "unknown-format": "'format' is 'pdf'. Send 'csv', 'json' or 'xlsx', or leave it out for JSON.",
    "outside-horizon": "The forecast covers 2026-08-31 to 2026-09-27, not 2027-01-01.",
    "unauthenticated": "Nobody is known to make this request: it has no key and no log-in.",
    "not-allowed": "'dashboards' may not do this: the scope 'train' is missing.",
    "wrong-credentials": "The name or the password is wrong.",
    "too-many-attempts": "There were too many attempts to log in. Try again in 60 seconds.",
    "too-many-requests": "'dashboards' sent too many requests. Ask again in 5 seconds.",
    "not-found": "Training run '3f0c' does not exist. GET /training lists the training runs.",
    "unknown-store": "Store '987' was never imported. GET /stores lists them.",
    "unknown-item": "Store '1' never sold 'cheese'.",
    "unknown-region": "No store is in region 'west'. GET /stores shows the region of every store.",
    "no-forecast": "No forecast is being served yet. Start a training with POST /training.",
    "invalid-data": "Line 17 of 'sales.csv': 'x' is not a number. Correct it and import it again.",
    "conflict": "Training run '3f0c' has ended; it cannot be cancelled.",
    "lease-lost": "Another worker holds this work.",
    "not-offered": "Amazon Forecast computes no what-if. Use the local engine.",
    "busy": "Two what-ifs are under way. Ask again in a few seconds.",
    "backend-unavailable": "The database does not answer. Ask again later.",
    "damaged-data": "The snapshot of the sales is damaged. Restore a backup.",
    "database-damaged": "The database cannot be read. Restore a backup.",
    "newer-schema": "A later version of the service made the tables. Start that version.",
    "not-writable": "The disk is full. Free some space; accepted work then goes on.",
}
"""An example of the sentence of each type of problem."""


@cache
def _offered() -> tuple[type[ForecastServiceError], ...]:
    named = (getattr(errors, name) for name in errors.__all__)
    return tuple(
        kind
        for kind in named
        if isinstance(kind, type) and issubclass(kind, ForecastServiceError) and kind.status != 500
    )


def kinds_of(refusals: Iterable[Any]) -> dict[int, list[str]]:
    """Types of problem by status; a status among the refusals stands for all of its types."""
    kinds: dict[int, list[str]] = {}
    for refusal in refusals:
        if isinstance(refusal, int):
            kinds.setdefault(refusal, []).extend(_types_with(refusal))
        else:
            kinds.setdefault(refusal.status, []).append(refusal("").type)
    return {status: list(dict.fromkeys(names)) for status, names in sorted(kinds.items())}


def errors_of(types: Iterable[str]) -> list[type[ForecastServiceError]]:
    """The errors with these types; none for a problem that its status alone describes."""
    names = set(types)
    return [kind for kind in _offered() if kind("").type in names]


def _types_with(status: int) -> Iterator[str]:
    if status in PLAIN:
        yield BLANK
    yield from (kind("").type for kind in _offered() if kind.status == status)


def examples_of(status: int, names: Iterable[str]) -> dict[str, Any]:
    """A problem document of each of these types."""
    return {name: {"value": _example(status, name)} for name in names}


def _example(status: int, name: str) -> dict[str, Any]:
    is_blank = name == BLANK
    return {
        "type": BLANK if is_blank else f"{PREFIX}{name}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": PLAIN[status] if is_blank else SENTENCES.get(name, ""),
        "request_id": REQUEST_ID,
    }
