"""``/imports``: accepts files. A worker imports them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Request, Response, request
from werkzeug.datastructures import MultiDict

from forecast_service.errors import Busy, InvalidRequest, NotFound
from forecast_service.importer.import_rows import stored_error
from forecast_service.importer.options import ImportOptions
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.import_requests import ImportQuery
from forecast_service.resources.contract.refusals import (
    OF_CHANGES,
    OF_FILES,
    OF_NAMES,
    OF_QUERIES,
)
from forecast_service.resources.contract.requests import ListQuery, UndoQuery
from forecast_service.resources.deliveries.received_files import (
    MULTIPART,
    RAW_TYPES,
    received_files,
    refuse_other_parts,
)
from forecast_service.resources.deliveries.uploads import discard_upload, uploaded_files
from forecast_service.resources.gate.access import caller
from forecast_service.resources.parsing import (
    checked_name,
    read_model,
    read_query,
    text_values,
)
from forecast_service.resources.remedies import REMEDY_ROUTES, remedy_document
from forecast_service.resources.told import told
from forecast_service.settings import Settings

__all__ = [
    "ImportResource",
    "ImportUndoResource",
    "ImportsResource",
    "accepted_response",
    "import_document",
    "options_within_limits",
]

OPTIONS = tuple(ImportQuery.model_fields)
REPEATED = ("column", "only", "ignore")
UTF8 = "utf-8"
DRY_RUN = threading.Lock()
RETRY_AFTER = {"Retry-After": "2"}


class ImportsResource(ServiceResource):
    """Imports of files."""

    @documented(
        "Import files of sales, known future days and stores",
        scope="import",
        query=ImportQuery,
        body_types=(MULTIPART, *RAW_TYPES),
        answers={200: "ImportReport", 202: "Import"},
        errors=(*OF_FILES, NotFound),
    )
    def post(self) -> Response:
        """202 with the import to follow. ``dry_run`` only returns the report and keeps nothing.

        ``upload`` names files that were sent before; they are forgotten when they are accepted.
        """
        query = import_query(request)
        options = options_within_limits(ImportOptions.from_dict(query.options()), query.mode)
        imports = self.service.imports
        with files_of(request, query, self.service.settings) as files:
            if "stores" in files:
                caller().require_all_stores("a table of stores says the region of every store")
            if query.dry_run:
                with one_dry_run():
                    report = imports.dry_run(files, query.mode, options).to_dict()
                    return json_response(told(report))
            identifier = imports.request(files, query.mode, options, requested_by=caller().name)
        return accepted_response(identifier, import_document(imports.get(identifier)))

    @documented(
        "The latest imports",
        scope="read",
        query=ListQuery,
        answers={200: "Imports"},
        errors=OF_QUERIES,
    )
    def get(self) -> Response:
        """The imports, newest first."""
        limit = read_query(request, ListQuery).limit
        imports = self.service.imports.list(limit, caller())
        return json_response({"imports": [import_document(record) for record in imports]})


class ImportResource(ServiceResource):
    """One import."""

    @documented(
        "State and report of an import",
        scope="read",
        answers={200: "Import"},
        errors=OF_NAMES,
    )
    def get(self, import_id: str) -> Response:
        """The import with its report or its error; the error names lines."""
        record = self.service.imports.get(checked_name(import_id, "import_id"), caller())
        return json_response(import_document(record))

    @documented(
        "Undo the last import",
        scope="import",
        query=UndoQuery,
        answers={200: "Import"},
        errors=OF_CHANGES,
    )
    def delete(self, import_id: str) -> Response:
        """The import with state ``undone``: the sales are those from before it."""
        together = read_query(request, UndoQuery).together
        name = checked_name(import_id, "import_id")
        record = self.service.imports.undo(name, together=together, caller=caller())
        return json_response(import_document(record))


class ImportUndoResource(ServiceResource):
    """The undo of an import, before it is done."""

    @documented(
        "What an undo of an import would bring back",
        scope="import",
        answers={200: "UndoPreview"},
        errors=(404, 409, 422, 501, 503),
    )
    def get(self, import_id: str) -> Response:
        """The extent of the sales now and afterwards. Errors are those of the undo."""
        name = checked_name(import_id, "import_id")
        return json_response(self.service.imports.undo_preview(name, caller=caller()))


def options_within_limits(options: ImportOptions, mode: str) -> ImportOptions:
    """The options for an import of this caller, who may see only some stores or all.

    Raises
    ------
    NotAllowed
        A full import would replace the sales of other stores.
    """
    limits = caller().limits
    if limits.are_none:
        return options
    if mode == "FULL":
        caller().require_all_stores("a full import replaces the sales of all stores")
    return replace(options, limits=limits, known_stores=True)


def import_query(sent: Request) -> ImportQuery:
    """The options of an import: from the query, or from fields of the form beside the files.

    A file as the body may have its encoding in the Content-Type.
    """
    given = list(sent.args.items(multi=True))
    if sent.mimetype == MULTIPART:
        refuse_other_parts(sent, OPTIONS)
        given += sent.form.items(multi=True)
    values = text_values(MultiDict(given), ImportQuery, repeated=REPEATED)
    charset = sent.mimetype_params.get("charset", UTF8)
    if sent.mimetype != MULTIPART and charset.lower() != UTF8:
        values.setdefault("encoding", charset)
    return read_model(ImportQuery, values, "?")


def import_document(record: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of an import. The remedy of its error becomes part of the sentence."""
    error = record["error"]
    if error is None:
        return told(record, record["report"])
    stored = stored_error(error)
    words = {"detail": stored.sentence(REMEDY_ROUTES), "remedy": remedy_document(stored)}
    document = {**record, "error": {**error, **words}}
    return told(document, stored.detail, error)


def accepted_response(identifier: str, document: Mapping[str, Any]) -> Response:
    """202 with the address of the import."""
    return json_response(document, 202, {"Location": f"/imports/{identifier}", **RETRY_AFTER})


@contextmanager
def files_of(sent: Request, query: ImportQuery, settings: Settings) -> Iterator[dict[str, Path]]:
    """The files of an import by role: of the request, or of an earlier upload.

    Raises
    ------
    NotFound
        There is no such upload.
    InvalidRequest
        The request names an upload and has files of its own; or see ``receive``.
    """
    if query.upload is None:
        with received_files(sent, settings) as files:
            yield files
        return
    if sent.content_length or sent.files:
        raise InvalidRequest(
            "The request names an upload, and has files of its own. Send one of them only."
        )
    yield uploaded_files(settings.home, query.upload)
    if not query.dry_run:
        discard_upload(settings.home, query.upload)


@contextmanager
def one_dry_run() -> Iterator[None]:
    """The only dry run of this process: it takes memory, and a thread from the readers.

    Raises
    ------
    Busy
        Another dry run is under way.
    """
    if not DRY_RUN.acquire(blocking=False):
        raise Busy("Another dry run is under way. Ask again in a few seconds.")
    try:
        yield
    finally:
        DRY_RUN.release()
