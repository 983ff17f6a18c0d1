"""Paths: a name in an address may contain a slash, which is sent as ``%2F``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

from werkzeug.routing import UnicodeConverter

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

__all__ = ["EncodedSlashes", "NameConverter", "shown_path"]

ENCODED = re.compile("%2F", re.IGNORECASE)
SLASH = "\ufdd0"  # stands for a slash inside a name; no text contains this code point


class EncodedSlashes:
    """A WSGI application in front of another one, to which it shows ``%2F`` as ``SLASH``.

    Servers decode a path before they pass it on: ``/stores/A%2FB`` becomes ``/stores/A/B``, which
    is another address. The address as it was sent is in ``REQUEST_URI`` or ``RAW_URI``.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """Perform the request."""
        sent = environ.get("REQUEST_URI") or environ.get("RAW_URI") or ""
        path = sent.partition("?")[0]
        if not environ.get("SCRIPT_NAME") and ENCODED.search(path):
            own = path if path.startswith("/") else urlsplit(path).path
            decoded = unquote_to_bytes(ENCODED.sub(SLASH, own))
            environ = {**environ, "PATH_INFO": decoded.decode("latin-1")}
        return self.application(environ, start)


class NameConverter(UnicodeConverter):
    """A name in a path, with its slashes."""

    def to_python(self, value: str) -> str:
        """The name that was sent."""
        return value.replace(SLASH, "/")


def shown_path(path: str) -> str:
    """A path of this application as it was sent, at least its slashes."""
    return path.replace(SLASH, "%2F")
