"""Model files: named arrays and a few facts in one npz with a checksum, never pickle."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_service.common.files import once_per_content, reason_of
from forecast_service.errors import InvalidData

__all__ = ["Arrays", "load", "prefixed", "problem_of", "save", "unprefixed"]

_META = "__meta__"
_DIGEST = "__sha256__"

Arrays = Mapping[str, npt.NDArray[np.generic]]


def prefixed(prefix: str, arrays: Arrays) -> dict[str, npt.NDArray[np.generic]]:
    """The arrays of one part, named ``prefix.name``: parts share a file without name clashes.

    Example
    -------
    >>> list(prefixed("naive", {"last": np.zeros(1)}))
    ['naive.last']
    """
    return {f"{prefix}.{name}": values for name, values in arrays.items()}


def unprefixed(prefix: str, arrays: Arrays) -> dict[str, npt.NDArray[np.generic]]:
    """The inverse of ``prefixed``: the arrays of one part under their own names."""
    begin = f"{prefix}."
    return {k.removeprefix(begin): v for k, v in arrays.items() if k.startswith(begin)}


def save(path: Path, arrays: Arrays, meta: Mapping[str, Any], *, compress: bool = True) -> None:
    """Write arrays and facts (any JSON values) to ``path``, all or nothing.

    The file is flushed to disk and then renamed into place. Compression takes longer than all
    other steps and leaves a quarter of the bytes. ValueError for an array of objects.
    """
    members = {**arrays, _META: _bytes(json.dumps(dict(meta), sort_keys=True))}
    objects = sorted(name for name, array in members.items() if array.dtype.hasobject)
    if objects:
        raise ValueError(f"'{objects[0]}' holds Python objects; only plain arrays can be saved.")
    members[_DIGEST] = np.frombuffer(_digest(members), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            write = np.savez_compressed if compress else np.savez
            write(file, allow_pickle=False, **members)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _flush_folder(path.parent)


def load(path: Path) -> tuple[dict[str, npt.NDArray[np.generic]], dict[str, Any]]:
    """Arrays and facts of a file that ``save`` wrote.

    Raises
    ------
    InvalidData
        The file is absent, is no archive, or does not match its checksum.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            members = {name: file[name] for name in file.files}
    except Exception as error:  # a flipped bit makes numpy, zipfile or zlib raise almost anything
        reason = reason_of(error) if isinstance(error, OSError) else "it is damaged"
        raise InvalidData(
            f"Model file '{path.name}' cannot be read: {reason}. Train again to replace it."
        ) from error
    digest = members.pop(_DIGEST, None)
    if digest is None or _META not in members or digest.tobytes() != _digest(members):
        raise InvalidData(
            f"Model file '{path.name}' is damaged: its checksum does not fit its content. "
            "Train again to replace it."
        )
    return members, json.loads(members.pop(_META).tobytes())


def problem_of(path: Path) -> str | None:
    """What is wrong with a file, in a few words; None if its content is as it was saved.

    The content is not kept in memory, and is read again only if the file has changed.
    """
    try:
        return None if _is_intact(path) else "is damaged"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({reason_of(error)})"


@once_per_content
def _is_intact(path: Path) -> bool:
    """Whether every member has its checksum."""
    with path.open("rb") as stream:
        try:
            with zipfile.ZipFile(stream) as file:
                return file.testzip() is None and f"{_DIGEST}.npy" in file.namelist()
        except Exception:  # a flipped bit makes zipfile or zlib raise almost anything
            return False


def _digest(members: Arrays) -> bytes:
    digest = hashlib.sha256()
    for name in sorted(members):
        array = np.ascontiguousarray(members[name])
        digest.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        digest.update(array.tobytes())
    return digest.digest()


def _bytes(text: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _flush_folder(folder: Path) -> None:
    """Make the new name survive a power cut (POSIX only: elsewhere there is no call for it)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
