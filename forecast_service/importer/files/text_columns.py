"""Parses text columns as names, days and numbers; describes the rows that it cannot parse."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from forecast_service.common.arrow import to_numpy

__all__ = ["FIRST_YEAR", "LAST_YEAR", "Codes", "Numbers", "day_of", "iso", "parse_days",
           "parse_names", "parse_numbers"]  # fmt: skip

FIRST_YEAR, LAST_YEAR = 1970, 2100
MAX_NAME = 256  # characters of an identifier in the Amazon Forecast API
EPOCH = dt.date(1970, 1, 1).toordinal()
MIDNIGHT = r"(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
YEAR_FIRST = re.compile(rf"(\d{{4}})(?:-(\d\d?)-(\d\d?)|/(\d\d?)/(\d\d?)|(\d\d)(\d\d)){MIDNIGHT}")
DOTTED = re.compile(rf"(\d\d?)\.(\d\d?)\.(\d{{4}}){MIDNIGHT}")
SLASHED = re.compile(rf"(\d\d?)[/-](\d\d?)[/-](\d{{4}}){MIDNIGHT}")
WITH_TIME = re.compile(r".*\d[T ]\d\d:\d\d")

Describe = Callable[[int], str]


@dataclass(frozen=True)
class Codes:
    """A column of text as numbers: ``values[i]`` indexes ``names``; ``bad`` rows have no value."""

    values: npt.NDArray[np.int64]
    names: tuple[str, ...]
    bad: npt.NDArray[np.intp]
    describe: Describe


@dataclass(frozen=True)
class Numbers:
    """A column of numbers, NaN where the cell is empty; ``bad`` rows have no finite number."""

    values: npt.NDArray[np.float64]
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
    codes, texts = _encode(column)
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
            return f"'{title}' is empty; every row needs a value"
        return f"'{title}' is {_shorten(text)}; allowed are up to {MAX_NAME} printable characters"

    return Codes(values, tuple(names), np.flatnonzero(values < 0), describe)


def parse_days(column: pa.ChunkedArray, title: str) -> Codes:
    """Dates as days since 1970-01-01, in ``values``; ``names`` is empty."""
    codes, texts = _encode(column)
    stripped = [text.strip() for text in texts]
    slashed = _slash_order(stripped)
    days = [_day(text, slashed) for text in stripped]
    table = np.array([-1 if day is None else day for day in days] + [-1], dtype=np.int64)
    values = table[codes]

    def describe(row: int) -> str:
        text = stripped[codes[row]] if codes[row] >= 0 else ""
        return f"'{title}' {_date_fault(text, slashed)}"

    return Codes(values, (), np.flatnonzero(values < 0), describe)


def parse_numbers(column: pa.ChunkedArray, title: str, *, decimal_comma: bool = False) -> Numbers:
    """Numbers; with ``decimal_comma`` also ``12,5``."""
    has_value = to_numpy(pc.is_valid(column))
    if pa.types.is_floating(column.type):
        # A NaN in a Parquet file is how most programs write an empty cell.
        values = to_numpy(column).astype(np.float64)
        bad = np.flatnonzero(np.isinf(values))
    else:
        values = _floats(column, decimal_comma)
        bad = np.flatnonzero(has_value & ~np.isfinite(values))

    def describe(row: int) -> str:
        return f"'{title}' is {_shorten(str(column[row].as_py()))}; write a number such as 12.5"

    return Numbers(values, bad, describe)


def _encode(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], list[str]]:
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


def _floats(column: pa.ChunkedArray, decimal_comma: bool) -> npt.NDArray[np.float64]:
    """Values of a text column; NaN where a cell is empty or not a number."""
    try:
        return _as_float64(pc.cast(column, pa.float64()))
    except pa.ArrowInvalid:
        trimmed = pc.utf8_trim_whitespace(column)
        if decimal_comma:
            trimmed = pc.replace_substring_regex(trimmed, r"^([+-]?\d+),(\d+)$", r"\1.\2")
        plain = pc.match_substring_regex(trimmed, r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
        cleaned = pc.if_else(plain, trimmed, pa.nulls(1, pa.string())[0])
        return _as_float64(pc.cast(cleaned, pa.float64()))


def _as_float64(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    return to_numpy(column).astype(np.float64)


def _slash_order(texts: Sequence[str]) -> str | None:
    """``dmy`` or ``mdy`` if the dates with slashes or hyphens allow only one of them."""
    dates = [match.groups() for text in texts if (match := SLASHED.fullmatch(text))]
    first = max((int(a) for a, _, _ in dates), default=0)
    second = max((int(b) for _, b, _ in dates), default=0)
    if (first > 12) == (second > 12):
        return None
    return "dmy" if first > 12 else "mdy"


def _day(text: str, slashed: str | None) -> int | None:
    parts = _date_parts(text, slashed)
    if parts is None:
        return None
    try:
        day = dt.date(*parts)
    except ValueError:
        return None
    return day.toordinal() - EPOCH if FIRST_YEAR <= day.year <= LAST_YEAR else None


def _date_parts(text: str, slashed: str | None) -> tuple[int, int, int] | None:
    if match := YEAR_FIRST.fullmatch(text):
        year, month, day = (int(part) for part in match.groups() if part is not None)
        return year, month, day
    if match := DOTTED.fullmatch(text):
        return int(match[3]), int(match[2]), int(match[1])
    if slashed and (match := SLASHED.fullmatch(text)):
        day, month = (1, 2) if slashed == "dmy" else (2, 1)
        return int(match[3]), int(match[month]), int(match[day])
    return None


def _date_fault(text: str, slashed: str | None) -> str:
    if not text:
        return "is empty; every row needs a date such as 2015-07-31"
    if _date_parts(text, slashed or "dmy") is None and WITH_TIME.match(text):
        return f"is {_shorten(text)}, which has a time of day; add up the sales of each day first"
    if slashed is None and SLASHED.fullmatch(text):
        return f"is {_shorten(text)}; is the day or the month first? Write it as 2015-07-31"
    parts = _date_parts(text, slashed)
    if parts is not None and not FIRST_YEAR <= parts[0] <= LAST_YEAR:
        return f"is {_shorten(text)}; allowed are the years {FIRST_YEAR} to {LAST_YEAR}"
    return f"is {_shorten(text)}, which is not a date; write it as 2015-07-31"


def _shorten(text: str) -> str:
    return repr(text) if len(text) <= 40 else repr(text[:37] + "...")
