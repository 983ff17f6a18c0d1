"""Representations: an answer as JSON, CSV or XLSX, as ``format`` or the Accept header asks."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from flask import Request, Response
from werkzeug.datastructures import Headers, MIMEAccept
from werkzeug.exceptions import NotAcceptable
from werkzeug.http import parse_accept_header

from forecast_service.errors import InvalidRequest, UnknownFormat
from forecast_service.reading import Answer
from forecast_service.resources.api import JSON_TYPE
from forecast_service.resources.parsing import TRUE_WORDS
from forecast_service.resources.tables.delimited import as_csv
from forecast_service.resources.tables.table import Table
from forecast_service.resources.tables.workbook import as_xlsx

__all__ = [
    "CSV_TYPE",
    "ROWS",
    "XLSX_TYPE",
    "Representation",
    "attachment",
    "compress",
    "conditional",
    "json_list",
    "link_to_next",
    "representation_of",
    "shape_of",
    "table_response",
    "unconditional",
]

CSV_TYPE = "text/csv"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {"json": JSON_TYPE, "csv": CSV_TYPE, "xlsx": XLSX_TYPE}
WRITERS: dict[str, Callable[[Table], bytes]] = {"csv": as_csv, "xlsx": as_xlsx}
ROWS, COLUMNS = "rows", "columns"
NAME_CHARACTERS = 60  # of a store or item in the name of a file
LEAST_COMPRESSED = 16 * 1024  # bytes
COMPRESSED = frozenset({JSON_TYPE, CSV_TYPE})  # a spreadsheet is compressed already
GZIP_LEVEL = 4
UNSAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class Representation:
    """The form of an answer.

    ``full``: numbers have all of their digits. ``by_name``: the parameter ``format`` asked for it,
    as people do. An Accept header asks for programs.
    """

    format: str
    full: bool
    by_name: bool

    @property
    def is_table(self) -> bool:
        """Whether it has rows and columns."""
        return self.format in WRITERS

    @property
    def content_type(self) -> str:
        """Value of the header ``Content-Type``."""
        return f"{CSV_TYPE}; charset=utf-8" if self.format == "csv" else TYPES[self.format]

    def write(self, table: Table) -> bytes:
        """The bytes of a table."""
        return WRITERS[self.format](table)


def representation_of(request: Request) -> Representation:
    """The form that a request asks for; ``format`` counts more than Accept.

    Raises
    ------
    UnknownFormat, InvalidRequest, NotAcceptable
        There is no such form.
    """
    accept, query = request.environ.get("HTTP_ACCEPT"), request.environ.get("QUERY_STRING", "")
    if "format" in query or "full" in query or "%" in query:
        return _chosen(accept, request.args.get("format"), request.args.get("full"))
    return _chosen(accept, None, None)


def shape_of(request: Request) -> str | None:
    """``rows`` or ``columns`` if the query names one of them, else None.

    Raises
    ------
    InvalidRequest
        It names another shape.
    """
    if "shape" not in request.environ.get("QUERY_STRING", ""):
        return None
    shape = request.args.get("shape")
    if shape not in (None, ROWS, COLUMNS):
        raise InvalidRequest(f"'shape' is '{shape[:100]}'. Send '{ROWS}' or '{COLUMNS}'.")
    return shape


@lru_cache(maxsize=256)
def _chosen(accept: str | None, name: str | None, full: str | None) -> Representation:
    all_digits = None if full is None else TRUE_WORDS.get(full.lower())
    if full is not None and all_digits is None:
        raise InvalidRequest(f"'full' is '{full[:100]}'. Send 'true' or 'false'.")
    if name is None:
        return Representation(_accepted(accept), all_digits is not False, by_name=False)
    if name not in TYPES:
        raise UnknownFormat(
            f"'format' is '{name[:100]}'. Send 'csv', 'json' or 'xlsx', or leave it out for JSON."
        )
    return Representation(name, all_digits is True, by_name=True)


def _accepted(accept: str | None) -> str:
    """The format that an Accept header prefers; JSON if it prefers none."""
    if not accept:
        return "json"
    best = parse_accept_header(accept, MIMEAccept).best_match(list(TYPES.values()))
    for name, media_type in TYPES.items():
        if media_type == best:
            return name
    raise NotAcceptable(
        f"'{accept[:100]}' is not available here. Accept '{JSON_TYPE}' or '{CSV_TYPE}', or "
        f"'{XLSX_TYPE}'."
    )


def json_list(name: str, documents: Iterable[Any]) -> bytes:
    """JSON of ``{name: [documents]}``, encoded one by one."""
    return b'{"%s":[%s]}' % (name.encode(), b",".join(map(orjson.dumps, documents)))


def attachment(names: Iterable[int | str], representation: Representation) -> tuple[str, str]:
    """The header that names the file: its parts, such as a store and a day, joined by ``-``."""
    parts = [UNSAFE.sub("_", str(name)[:NAME_CHARACTERS]) for name in names]
    headers = Headers()
    filename = f"{'-'.join(parts)}.{representation.format}"
    headers.add("Content-Disposition", "attachment", filename=filename)
    return "Content-Disposition", headers["Content-Disposition"]


def conditional(request: Request, answer: Answer, content_type: str) -> Response:
    """A kept answer with its ETag, or 304 if the caller has it already."""
    if_none_match = request.environ.get("HTTP_IF_NONE_MATCH")
    if if_none_match is not None and _matches(if_none_match, answer.etag):
        return Response(status=304, headers=_headers(answer, content_type))
    return unconditional(answer, content_type)


def unconditional(answer: Answer, content_type: str) -> Response:
    """A kept answer with its ETag."""
    return Response(answer.body, headers=_headers(answer, content_type))


def compress(response: Response, accept_encoding: str | None) -> None:
    """Send a large text in gzip, if the caller reads it; its ETag becomes weak.

    Small answers stay as they are: compressing them costs more than it saves.
    """
    length = response.content_length or 0
    if length < LEAST_COMPRESSED or response.mimetype not in COMPRESSED:
        return
    response.vary.add("Accept-Encoding")
    if response.status_code != 200 or not _reads_gzip(accept_encoding):
        return
    response.set_data(gzip.compress(response.get_data(), GZIP_LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    etag, _ = response.get_etag()
    if etag is not None:
        response.set_etag(etag, weak=True)


@lru_cache(maxsize=256)
def _reads_gzip(accept_encoding: str | None) -> bool:
    return parse_accept_header(accept_encoding or "")["gzip"] > 0


def _headers(answer: Answer, content_type: str) -> list[tuple[str, str]]:
    # A list of pairs that includes the content type is fastest in Werkzeug.
    return [
        ("Content-Type", content_type),
        ("ETag", answer.etag),
        ("Cache-Control", "no-cache"),
        ("Vary", "Accept"),
        *answer.headers,
    ]


def _matches(if_none_match: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or tags == ["*"]


def link_to_next(address: str | None) -> tuple[tuple[str, str], ...]:
    """The header with the address of the page that follows; empty without one."""
    return () if address is None else (("Link", f'<{address}>; rel="next"'),)


def table_response(
    representation: Representation,
    table: Table,
    names: Iterable[int | str],
    next_page: str | None = None,
) -> Response:
    """A table as a file; ``next_page`` is the address of the page that follows."""
    headers = [attachment(names, representation), ("Vary", "Accept"), *link_to_next(next_page)]
    content_type = representation.content_type
    return Response(representation.write(table), headers=headers, content_type=content_type)
