"""Files that a request brings, by role, in a folder of their own."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from flask import Request
from werkzeug.exceptions import UnsupportedMediaType

from forecast_service.errors import FieldError, InvalidRequest, UnknownField
from forecast_service.importer.options import ROLES
from forecast_service.resources.gate.unpacking import refuse_bomb
from forecast_service.resources.parsing import require_length
from forecast_service.settings import Settings

__all__ = [
    "MULTIPART",
    "RAW_TYPES",
    "new_folder",
    "receive",
    "received_files",
    "refuse_other_parts",
    "scratch_folder",
]

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
EXAMPLES = {"mode": "INCREMENTAL", "dry_run": "true", "allow_returns": "true", "wide": "true"}
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
CHUNK_BYTES = 1024 * 1024


@contextmanager
def received_files(sent: Request, settings: Settings) -> Iterator[dict[str, Path]]:
    """The files of a request by role, in a folder that is deleted afterwards; see ``receive``."""
    with scratch_folder(settings.home) as folder:
        yield receive(sent, settings, folder)


def receive(sent: Request, settings: Settings, folder: Path) -> dict[str, Path]:
    """Write the files of a request to ``folder/<role>/<name>``, and return them by role.

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
    if sent.mimetype == MULTIPART:
        files = _parts(sent, folder)
    else:
        files = {"sales": folder / "sales" / RAW_TYPES[sent.mimetype]}
        files["sales"].parent.mkdir()
        _save(sent.stream, files["sales"])
    for path in files.values():
        refuse_bomb(path, settings.max_unpacked_bytes)
    return files


def refuse_other_parts(sent: Request, options: Collection[str]) -> None:
    """Refuse parts of a form that are no file of a known role, and no option.

    Raises
    ------
    InvalidRequest
        The sentence names the first one, and what is allowed.
    """
    as_files = sorted(set(sent.files) & set(options))
    if as_files:
        name = as_files[0]
        raise InvalidRequest(
            f"'{name}' is sent as a file. Send '{name}' in the query: "
            f"?{name}={EXAMPLES.get(name, '…')}."
        )
    unknown = sorted(
        str(name)  # a part may have no name
        for name in (set(sent.files) - set(ROLES)) | (set(sent.form) - {*ROLES, *options})
    )
    if unknown:
        raise UnknownField(
            f"'{unknown[0][:100]}' is not a file or an option of an import. The files are "
            f"{', '.join(ROLES)}{', the options ' if options else ''}{', '.join(options)}.",
            errors=(FieldError(f"/{unknown[0][:100]}", "unknown part"),),
        )
    texts = sorted(set(sent.form) & set(ROLES))
    if texts:
        name = texts[0]
        raise InvalidRequest(f"'{name}' is sent as text. Send it as a file (curl -F {name}=@FILE).")


@contextmanager
def scratch_folder(home: Path) -> Iterator[Path]:
    """A new folder inside ``home`` that is deleted afterwards."""
    folder = new_folder(home)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_folder(home: Path) -> Path:
    """A new folder inside ``home``; the daily maintenance deletes it after a day."""
    folder = home / "uploads" / secrets.token_hex(10)
    folder.mkdir(parents=True)
    return folder


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
