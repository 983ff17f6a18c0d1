"""Integrity: a stored file is read only if its content is what was written."""

from __future__ import annotations

import hashlib
from pathlib import Path

from forecast_service.common.files import once_per_content, reason_of

__all__ = ["problem_of", "sha256_of"]


def problem_of(path: Path, sha256: str) -> str | None:
    """What is wrong with a file, in a few words; None if it is as it was written."""
    try:
        if _remembered_sha256(path) == sha256:
            return None
        return "is damaged" if path.stat().st_size else "is empty"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({reason_of(error)})"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_remembered_sha256 = once_per_content(sha256_of)
