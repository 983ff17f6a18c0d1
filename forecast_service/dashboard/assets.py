"""Assets: the style sheet, scripts, fonts and pictures of the pages.

Their address contains a digest of all of them, so that a browser may keep them for ever.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, request

from forecast_service.accounts.caller import PUBLIC
from forecast_service.resources.gate.declarations import needs

__all__ = ["ADDRESS", "Assets", "bundled_assets", "init_app", "packed_response"]

FOLDER = Path(__file__).parent / "static"
ADDRESS = "/static"
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
FOR_EVER = "public, max-age=31536000, immutable"
IMPORT = re.compile(r'^(?:import|\} from) ?[^"]*"\./([a-z_]+\.js)";$', re.MULTILINE)


@dataclass(frozen=True)
class Packed:
    """Bytes as they are and compressed."""

    plain: bytes
    gzipped: bytes

    @classmethod
    def of(cls, content: bytes) -> Packed:
        """Compress the content once, for all answers."""
        return cls(content, gzip.compress(content, 9, mtime=0))


class Assets:
    """All files of a folder, in memory."""

    def __init__(self, folder: Path) -> None:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        self._files = {
            path.relative_to(folder).as_posix(): Packed.of(path.read_bytes()) for path in paths
        }
        digest = hashlib.sha256()
        for name, packed in self._files.items():
            digest.update(name.encode() + b"\0" + packed.plain)
        self.version = digest.hexdigest()[:12]

    @property
    def address(self) -> str:
        """The address of the files, without a slash at its end."""
        return f"{ADDRESS}/{self.version}"

    def get(self, name: str) -> Packed | None:
        """The file with this name in the folder."""
        return self._files.get(name)

    def text(self, name: str) -> str:
        """The text of a file."""
        return self._files[name].plain.decode()

    def modules(self, script: str) -> list[str]:
        """Names of the script and of all modules that it needs, for the browser to load at once."""
        names = [script]
        for name in names:
            needed = IMPORT.findall(self.text(f"js/{name}"))
            names += [other for other in needed if other not in names]
        return names


@cache
def bundled_assets() -> Assets:
    """The files that belong to this version of the service."""
    return Assets(FOLDER)


def init_app(app: Flask) -> None:
    """Serve the assets."""
    app.add_url_rule(f"{ADDRESS}/<version>/<path:name>", "static", needs(PUBLIC)(_asset))


def packed_response(packed: Packed, content_type: str) -> Response:
    """An answer with these bytes, compressed if the browser takes that."""
    accepts = request.accept_encodings.quality("gzip") > 0
    response = Response(packed.gzipped if accepts else packed.plain, content_type=content_type)
    if accepts:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


def _asset(version: str, name: str) -> Response:
    assets = bundled_assets()
    packed = assets.get(name)
    if packed is None:
        abort(404)
    response = packed_response(packed, TYPES[Path(name).suffix])
    response.headers["Cache-Control"] = FOR_EVER if version == assets.version else "no-cache"
    return response
