"""``/imports``: accepts files. A worker imports them."""

from __future__ import annotations

import re
import secrets
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from flask import Request, Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import UnsupportedMediaType

from forecast_service.errors import Busy, FieldError, InvalidRequest, UnknownField
from forecast_service.importer.imports import stored_error
from forecast_service.importer.options import ROLES
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
from forecast_service.resources.gate.unpacking import refuse_bomb
from forecast_service.resources.parsing import (
    checked_name,
    read_model,
    read_query,
    require_length,
    text_values,
)
from forecast_service.resources.remedies import REMEDY_ROUTES
from forecast_service.settings import Settings

__all__ = [
    "ImportResource",
    "ImportsResource",
    "accepted_response",
    "import_document",
    "scratch_folder",
]

OPTIONS = tuple(ImportQuery.model_fields)
REPEATED = ("column", "only", "ignore")
EXAMPLES = {"mode": "INCREMENTAL", "dry_run": "true", "allow_returns": "true", "wide": "true"}
UTF8 = "utf-8"
MULTIPART = "multipart/form-data"
RAW_TYPES = {
    "text/csv": "sales.csv",
    "application/gzip": "sales.csv.gz",
    "application/x-gzip": "sales.csv.gz",
    "application/vnd.apache.parquet": "sales.parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "sales.xlsx",
    "application/vnd.ms-excel": "sales.xls",
    "application/octet-stream": "sales",
}
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
CHUNK_BYTES = 1024 * 1024
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
        errors=OF_FILES,
    )
    def post(self) -> Response:
        """202 with the import to follow. ``dry_run`` only returns the report and keeps nothing."""
        query = import_query(request)
        options = query.options()
        imports = self.service.imports
        with received_files(request, self.service.settings) as files:
            if query.dry_run:
                with one_dry_run():
                    return json_response(imports.dry_run(files, query.mode, options).to_dict())
            identifier = imports.request(files, query.mode, options)
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
        imports = self.service.imports.list(limit)
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
        record = self.service.imports.get(checked_name(import_id, "import_id"))
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
        record = self.service.imports.undo(name, together=together)
        return json_response(import_document(record))


def import_query(sent: Request) -> ImportQuery:
    """The options of an import: from the query, or from fields of the form beside the files.

    A file as the body may have its encoding in the Content-Type.
    """
    given = list(sent.args.items(multi=True))
    if sent.mimetype == MULTIPART:
        _refuse_other_parts(sent)
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
        return dict(record)
    public = {name: value for name, value in error.items() if name != "remedy"}
    return {**record, "error": {**public, "detail": stored_error(error).sentence(REMEDY_ROUTES)}}


def accepted_response(identifier: str, document: Mapping[str, Any]) -> Response:
    """202 with the address of the import."""
    return json_response(document, 202, {"Location": f"/imports/{identifier}", **RETRY_AFTER})


@contextmanager
def received_files(sent: Request, settings: Settings) -> Iterator[dict[str, Path]]:
    """The files of a request by role, in a folder that is deleted afterwards.

    Raises
    ------
    LengthRequired, UnsupportedMediaType, InvalidRequest
        The body has no length or a wrong type, or is not a file; or a role is unknown or repeated.
    RequestEntityTooLarge
        A file would be too large when it is unpacked.
    """
    if sent.mimetype not in (MULTIPART, *RAW_TYPES):
        kind = f"'{sent.mimetype[:100]}'" if sent.mimetype else "missing"
        raise UnsupportedMediaType(
            f"The Content-Type of the body is {kind}. Send '{MULTIPART}' with files named "
            f"{', '.join(ROLES)}, or one file as {', '.join(RAW_TYPES)}."
        )
    require_length(sent)
    with scratch_folder(settings.home) as folder:
        if sent.mimetype == MULTIPART:
            files = _parts(sent, folder)
        else:
            files = {"sales": folder / RAW_TYPES[sent.mimetype]}
            _save(sent.stream, files["sales"])
        for path in files.values():
            refuse_bomb(path, settings.max_unpacked_bytes)
        yield files


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


@contextmanager
def scratch_folder(home: Path) -> Iterator[Path]:
    """A new folder inside ``home`` that is deleted afterwards."""
    folder = home / "uploads" / secrets.token_hex(10)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _refuse_other_parts(sent: Request) -> None:
    options = sorted(set(sent.files) & set(OPTIONS))
    if options:
        name = options[0]
        raise InvalidRequest(
            f"'{name}' is sent as a file. Send '{name}' in the query: "
            f"?{name}={EXAMPLES.get(name, '…')}."
        )
    unknown = sorted((set(sent.files) - set(ROLES)) | (set(sent.form) - {*ROLES, *OPTIONS}))
    if unknown:
        raise UnknownField(
            f"'{unknown[0][:100]}' is not a file or an option of an import. The files are "
            f"{', '.join(ROLES)}, the options {', '.join(OPTIONS)}.",
            errors=(FieldError(f"/{unknown[0][:100]}", "unknown part"),),
        )
    texts = sorted(set(sent.form) & set(ROLES))
    if texts:
        name = texts[0]
        raise InvalidRequest(f"'{name}' is sent as text. Send it as a file (curl -F {name}=@FILE).")


def _parts(sent: Request, folder: Path) -> dict[str, Path]:
    paths = {}
    for role, files in sent.files.lists():
        if len(files) > 1:
            raise InvalidRequest(f"'{role}' is sent {len(files)} times. Send one file as '{role}'.")
        file = files[0]
        name = UNSAFE.sub("_", Path(file.filename or role).name).lstrip(".") or role
        paths[role] = folder / role / name[-100:]
        paths[role].parent.mkdir()
        _save(file.stream, paths[role])
    return paths


def _save(stream: IO[bytes], path: Path) -> None:
    with path.open("wb") as file:
        shutil.copyfileobj(stream, file, CHUNK_BYTES)
