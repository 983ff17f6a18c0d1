"""Text columns as codes: names and days, and the rows that are neither."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from forecast_service.common.arrow import to_numpy
from forecast_service.common.wording.coded import say

__all__ = ["EPOCH", "Codes", "Describe", "day_of", "encode", "iso", "parse_names", "shorten"]

MAX_NAME = 256  # characters of an identifier in the Amazon Forecast API
EPOCH = dt.date(1970, 1, 1).toordinal()

Describe = Callable[[int], str]


@dataclass(frozen=True)
class Codes:
    """A column of text as numbers: ``values[i]`` indexes ``names``; ``bad`` rows have no value."""

    values: npt.NDArray[np.int64]
    names: tuple[str, ...]
    bad: npt.NDArray[np.intp]
    describe: Describe


def iso(day: int) -> str:
    """The date ``day`` days after 1970-01-01, as yyyy-MM-dd."""
    return dt.date.fromordinal(EPOCH + int(day)).isoformat()


def day_of(text: str) -> int:
    """Days from 1970-01-01 to an ISO date; the inverse of ``iso``."""
    return dt.date.fromisoformat(text).toordinal() - EPOCH


def parse_names(column: pa.ChunkedArray, title: str) -> Codes:
    """Identifiers without blanks around them; ``1.0`` becomes ``1`` if all are like this."""
    codes, texts = encode(column)
    stripped = [text.strip() for text in texts]
    if stripped and all(re.fullmatch(r"\d+\.0", text) for text in stripped if text):
        stripped = [text.removesuffix(".0") for text in stripped]
    names = sorted({text for text in stripped if _is_name(text)})
    position = {name: index for index, name in enumerate(names)}
    table = np.array([position.get(text, -1) for text in stripped] + [-1], dtype=np.int64)
    values = table[codes]

    def describe(row: int) -> str:
        text = stripped[codes[row]] if codes[row] >= 0 else ""
        if not text:
            return say("empty_cell", column=title)
        return f"'{title}' is {shorten(text)}; allowed are up to {MAX_NAME} printable characters"

    return Codes(values, tuple(names), np.flatnonzero(values < 0), describe)


def encode(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Codes (-1 for an empty cell) and the distinct texts they stand for."""
    text = pa.concat_arrays(column.cast(pa.string()).chunks)
    encoded = text.dictionary_encode(null_encoding="encode")
    texts = encoded.dictionary.to_pylist()
    codes = to_numpy(encoded.indices).astype(np.int64)
    if None in texts:
        null = texts.index(None)
        codes[codes == null] = -1
        texts[null] = ""
    return codes, texts


def _is_name(text: str) -> bool:
    return 0 < len(text) <= MAX_NAME and text.isprintable()


def shorten(text: str) -> str:
    """A text in quotes, cut after 40 characters."""
    return repr(text) if len(text) <= 40 else repr(text[:37] + "...")
