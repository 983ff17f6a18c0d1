"""``/uploads``: files that are kept for a day, to be checked and imported without being resent."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from flask import Response, request

from forecast_service.common.instants import utc_text
from forecast_service.errors import InvalidRequest, NotFound
from forecast_service.importer.options import ROLES
from forecast_service.importer.workspace import FOLDER_SECONDS
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.requests import StrictModel
from forecast_service.resources.deliveries.received_files import (
    MULTIPART,
    RAW_TYPES,
    new_folder,
    receive,
    refuse_other_parts,
)
from forecast_service.resources.parsing import read_query

__all__ = ["UploadResource", "UploadsResource", "discard_upload", "uploaded_files"]

IDENTIFIER = re.compile(r"[0-9a-f]{20}")


class UploadsResource(ServiceResource):
    """Files that are sent now and imported later."""

    @documented(
        "Send files once, to check and import them afterwards",
        scope="import",
        body_types=(MULTIPART, *RAW_TYPES),
        answers={201: "Upload"},
        errors=(400, 413, 415, 422, 507),
    )
    def post(self) -> Response:
        """201 with an ``id`` for ``/imports?upload=…``; the files are kept for a day."""
        settings = self.service.settings
        read_query(request, StrictModel)  # it has no parameters
        if request.mimetype == MULTIPART:
            refuse_other_parts(request, ())
        folder = new_folder(settings.home)
        try:
            files = receive(request, settings, folder)
            if not files:
                raise InvalidRequest(f"No file was sent. Send one as {', '.join(ROLES)}.")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        location = {"Location": f"/uploads/{folder.name}"}
        return json_response(_document(folder, files), 201, location)


class UploadResource(ServiceResource):
    """Files that were sent and are not imported yet."""

    @documented("Files that are kept", scope="import", answers={200: "Upload"}, errors=(404,))
    def get(self, upload_id: str) -> Response:
        """The files by role, with their sizes."""
        files = uploaded_files(self.service.settings.home, upload_id)
        return json_response(_document(_folder(self.service.settings.home, upload_id), files))

    @documented(
        "Forget files that are kept", scope="import", answers={200: "Upload"}, errors=(404,)
    )
    def delete(self, upload_id: str) -> Response:
        """The files are deleted; nothing of them was imported."""
        home = self.service.settings.home
        document = _document(_folder(home, upload_id), uploaded_files(home, upload_id))
        discard_upload(home, upload_id)
        return json_response(document)


def uploaded_files(home: Path, upload_id: str) -> dict[str, Path]:
    """The files of an upload by role.

    Raises
    ------
    NotFound
        There is no such upload, or not any more.
    """
    folder = _folder(home, upload_id)
    files = {path.parent.name: path for path in sorted(folder.glob("*/*"))}
    if not files:
        raise _unknown(upload_id)
    return files


def discard_upload(home: Path, upload_id: str) -> None:
    """Delete the files of an upload."""
    shutil.rmtree(_folder(home, upload_id), ignore_errors=True)


def _folder(home: Path, upload_id: str) -> Path:
    if not IDENTIFIER.fullmatch(upload_id):
        raise _unknown(upload_id)
    return home / "uploads" / upload_id


def _unknown(upload_id: str) -> NotFound:
    return NotFound(
        f"Upload '{upload_id[:100]}' does not exist: it was imported already, or it is more than a "
        "day old. Send the files again."
    )


def _document(folder: Path, files: dict[str, Path]) -> dict[str, Any]:
    return {
        "id": folder.name,
        "files": {
            role: {"name": path.name, "bytes": path.stat().st_size} for role, path in files.items()
        },
        "expires_at": utc_text(folder.stat().st_mtime + FOLDER_SECONDS),
    }
