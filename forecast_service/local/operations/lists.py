"""List operations: newest first, with filters, and tokens for the next page."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from forecast_service.local import descriptions
from forecast_service.local.arns import arn_prefix
from forecast_service.local.calls import Call, Params
from forecast_service.local.catalog import Resource
from forecast_service.local.errors import InvalidInput, InvalidToken
from forecast_service.local.kinds import Kind
from forecast_service.local.shapes import CONTROL, output_shape
from forecast_service.storage.tables import resources

__all__ = ["list_resources", "next_token", "page_of"]

PAGE = 100  # entries per page, by default and at most
TOKEN_LIFE_SECONDS = 24 * 3600

Filters = Sequence[Mapping[str, str]]


def list_resources(kind: Kind, call: Call, params: Params) -> dict[str, Any]:
    """A page of the resources of a kind.

    Raises
    ------
    InvalidInput
        The operation has no filter with this key.
    InvalidToken
        The token belongs to another operation or other filters, or is older than a day.
    """
    filters = params.get("Filters", ())
    is_own = resources.c.arn.startswith(arn_prefix(call.settings), autoescape=True)
    statement = sa.select(resources).where(resources.c.type == kind.word, is_own)
    statement = statement.where(*(_condition(kind, entry) for entry in filters))
    rows, token = page_of(call, params, statement, resources.c.sequence)
    page: dict[str, Any] = {kind.plural: _summaries(kind, call, [Resource(**row) for row in rows])}
    return page if token is None else {**page, "NextToken": token}


def page_of(
    call: Call, params: Params, statement: sa.Select[Any], sequence: sa.Column[int]
) -> tuple[list[sa.RowMapping], str | None]:
    """The rows of a page, newest (by ``sequence``) first, and the token of the next page.

    Raises
    ------
    InvalidToken
        The token belongs to another operation or other filters, or is older than a day.
    """
    filters = params.get("Filters", ())
    if "NextToken" in params:
        below = _sequence(params["NextToken"], call.operation, filters)
        statement = statement.where(sequence < below)
    size = params.get("MaxResults", PAGE)
    statement = statement.order_by(sequence.desc()).limit(size + 1)
    rows = list(call.connection.execute(statement).mappings())
    if len(rows) <= size:
        return rows, None
    return rows[:size], next_token(call.operation, filters, rows[size - 1][sequence.name])


def next_token(
    operation: str, filters: Filters, sequence: int, issued_at: float | None = None
) -> str:
    """A token for the page below ``sequence``; ``issued_at`` (epoch seconds) is now by default."""
    content = {
        "operation": operation,
        "filters": _digest(filters),
        "sequence": sequence,
        "issued_at": time.time() if issued_at is None else issued_at,
    }
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def _summaries(kind: Kind, call: Call, entries: Sequence[Resource]) -> list[dict[str, Any]]:
    shape = output_shape(CONTROL, call.operation).members[kind.plural].member
    return [descriptions.describe(call.connection, resource, shape) for resource in entries]


def _condition(kind: Kind, entry: Mapping[str, str]) -> sa.ColumnElement[bool]:
    columns = dict(kind.filters)
    if entry["Key"] not in columns:
        raise InvalidInput(
            f"'{entry['Key']}' is not a filter key of List{kind.plural}. "
            f"Allowed are: {', '.join(columns)}."
        )
    column = resources.c[columns[entry["Key"]]]
    return column == entry["Value"] if entry["Condition"] == "IS" else column != entry["Value"]


def _sequence(token: str, operation: str, filters: Filters) -> int:
    content = _decode(token)
    is_ours = content.get("operation") == operation and content.get("filters") == _digest(filters)
    sequence, issued_at = content.get("sequence"), content.get("issued_at")
    if not is_ours or type(sequence) is not int or type(issued_at) is not float:
        raise InvalidToken(
            f"The NextToken was not issued by {operation} with these filters. "
            "Leave it out to start with the first page."
        )
    if not -60 < time.time() - issued_at < TOKEN_LIFE_SECONDS:
        raise InvalidToken(
            "The NextToken is older than 24 hours. Leave it out to start with the first page."
        )
    return min(sequence, 2**62)


def _decode(token: str) -> dict[str, Any]:
    try:
        content = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _digest(filters: Filters) -> str:
    text = json.dumps([dict(entry) for entry in filters], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
