"""Packing: arrays and JSON values as bytes for one cell of a table."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["pack", "unpack"]

FACTS = "facts"

Arrays = Mapping[str, npt.NDArray[Any]]


def pack(arrays: Arrays, facts: Any) -> bytes:
    """The arrays, and ``facts`` as JSON, as one compressed npz file."""
    text = np.frombuffer(json.dumps(facts, ensure_ascii=False).encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **{FACTS: text}, **arrays)
    return buffer.getvalue()


def unpack(content: bytes) -> tuple[dict[str, npt.NDArray[Any]], Any]:
    """The inverse of ``pack``."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return arrays, json.loads(arrays.pop(FACTS).tobytes())
