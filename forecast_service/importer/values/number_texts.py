"""Number texts: reads a column of numbers; its own numbers show which mark is the decimal one.

``1.050`` is 1050 or 1.05. A column is read in one way: another number of it that can be read in
one way only decides (``12.5``, ``1.050,50``), or else the sizes of its numbers do. What nothing
decides is refused with a question.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from forecast_service.common.arrow import to_numpy
from forecast_service.common.wording.coded import say
from forecast_service.errors import Remedy
from forecast_service.importer.values.decimal_marks import COMMA, POINT, NumberText, choose_mark
from forecast_service.importer.values.text_columns import Describe, encode, shorten

__all__ = ["Numbers", "decimal_hint", "is_mostly_numbers", "is_no_value", "parse_numbers",
           "without_no_values"]  # fmt: skip

MARK_NAMES = {POINT: "point", COMMA: "comma"}
NO_VALUES = frozenset(
    ("", "na", "n/a", "n.a.", "#n/a", "#na", "#nv", "nan", "null", "none", "nil", "?", "-", "--",
     ".", "<na>", "k.a.", "n.v.", "n.d.", "s/d", "b.d.",
     "\N{EN DASH}", "\N{EM DASH}")
)  # fmt: skip
BLANKS = " \u00a0\u202f\u2009'\u2019"
GROUPED_BY_BLANKS = re.compile(rf"(\d{{1,3}}(?:[{BLANKS}]\d{{3}})+)([.,]\d*)?")
GROUPED = {
    mark: re.compile(rf"\d{{1,3}}(?:\{mark}\d{{3}})+|\d{{1,2}}(?:\{mark}\d\d)*\{mark}\d{{3}}")
    for mark in (POINT, COMMA)
}  # the second form is Indian: 1,05,000
EXPONENT = re.compile(r"(?:\d+\.?\d*|\.\d+)[eE][+-]?\d+")
CODES = (
    "EUR|USD|GBP|CHF|PLN|CZK|SEK|NOK|DKK|HUF|RON|JPY|CNY|INR|AUD|CAD|BRL|MXN|TRY|RUB|ZAR|"
    r"R\$|US\$|z\u0142|kr|K\u010d|Ft|Fr|Rs|RMB"
)
BEFORE = re.compile(rf"(?:{CODES})\.?\s*(?=[-+(\d.,])", re.IGNORECASE)
AFTER = re.compile(rf"(?<=[\d.,)-])\s*(?:{CODES})\.?$", re.IGNORECASE)
# On a whole column, before every text is looked at: can a point be anything but decimal?
TWO_WAYS = r"^\s*[+-]?[1-9]\d{0,2}\.\d{3}\s*$"
SURELY_DECIMAL = r"\.(\d{1,2}|\d{4,})\s*$|^\s*[+-]?(0\d*|\d{4,})?\.\d+|[eE]"
MOSTLY_NUMBERS = 0.95  # share of numbers from which the other texts count as mistakes

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Numbers:
    """A column of numbers, NaN where the cell is empty; ``bad`` rows have no plain number."""

    values: Floats
    bad: npt.NDArray[np.intp]
    describe: Describe
    decimal: str | None = None
    """The decimal mark, if the column has shown one."""
    note: str | None = None
    """How the numbers were read, if that had to be decided."""
    remedy: Remedy | None = None


def is_no_value(text: str) -> bool:
    """Whether a text stands for an empty cell among numbers, such as NA or n/a."""
    return text.strip().lower() in NO_VALUES


def without_no_values(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column with empty cells for texts such as NA, if all others but a few are numbers."""
    if not pa.types.is_string(column.type):
        return column
    lowered = pc.utf8_lower(pc.utf8_trim_whitespace(column))
    absent = pc.is_in(lowered, value_set=pa.array(sorted(NO_VALUES - {""})))
    if not pc.any(absent).as_py():
        return column
    cleaned = pc.if_else(absent, pa.nulls(1, pa.string())[0], column)
    return cleaned if is_mostly_numbers(cleaned, parse_numbers(cleaned, "")) else column


def is_mostly_numbers(column: pa.ChunkedArray, numbers: Numbers) -> bool:
    """Whether the other texts of a column count as mistakes.

    A single whole number among texts is a text: ``0`` stands for "no holiday".
    """
    filled = len(column) - column.null_count
    known = np.unique(numbers.values[np.isfinite(numbers.values)])
    if not len(numbers.bad):
        return len(known) > 0
    are_numbers = len(known) > 1 or bool(np.any(known % 1))
    return are_numbers and len(numbers.bad) < (1 - MOSTLY_NUMBERS) * filled


def decimal_hint(delimiter: str | None) -> str | None:
    """The decimal mark that fits the separator of a file."""
    return {",": POINT, ";": COMMA}.get(delimiter or "")


def parse_numbers(
    column: pa.ChunkedArray,
    title: str,
    *,
    hint: str | None = None,
    decimal: str | None = None,
    usual: float | None = None,
    usual_decimal: str | None = None,
    asks: bool = False,
) -> Numbers:
    """The numbers of a column.

    Parameters
    ----------
    hint: the decimal mark that fits the separator of the file; decides only as a last resort.
    decimal: the decimal mark, if it is known.
    usual, usual_decimal: size and decimal mark of such numbers in earlier imports.
    asks: whether a column that only ``hint`` decides is refused with a question.
    """
    if pa.types.is_floating(column.type):
        values = to_numpy(column).astype(np.float64)  # NaN is how most programs write an empty cell
        return _with_faults(column, title, values, np.isinf(values))
    plain = None if decimal == COMMA else _plain(column, decimal)
    if plain is not None:
        shown = POINT if _any(column, SURELY_DECIMAL) else None
        return _with_faults(column, title, plain, np.isinf(plain), shown)
    codes, texts = encode(column)
    taken = [None if is_no_value(text) else _take_apart(text) for text in texts]
    known = [text for text in taken if text is not None]
    mark, note = (
        (decimal, None) if decimal else choose_mark(known, hint, usual, usual_decimal, asks)
    )
    empty = np.array([is_no_value(text) for text in texts] + [True])
    numbers = np.array(
        [np.nan if t is None or (mark is None and t.is_open) else t.value(mark or POINT)
         for t in taken] + [np.nan]
    )  # fmt: skip
    values = numbers[codes]
    bad = ~np.isfinite(values) & ~empty[codes]
    undecided = mark is None
    if not any(text.marks for text in known):
        mark = None  # whole numbers alone show no decimal mark
    if note or any(text.currency for text in known):
        note = _say(title, texts, taken, numbers, mark or POINT)
    return _with_faults(column, title, values, bad, mark, note, undecided=undecided)


def _with_faults(
    column: pa.ChunkedArray,
    title: str,
    values: Floats,
    bad: npt.NDArray[np.bool_],
    decimal: str | None = None,
    note: str | None = None,
    *,
    undecided: bool = False,
) -> Numbers:
    def describe(row: int) -> str:
        text = str(column[row].as_py())
        taken = _take_apart(text)
        if taken is None or np.isinf(taken.value((taken.marks or POINT)[0])):
            return say("no_number", column=title, value=shorten(text))
        if undecided and taken.is_open:
            one, other = taken.value(POINT), taken.value(COMMA)
            return (
                f"'{title}' is {shorten(text)}, which is {one:g} or {other:g}; no number of the "
                "column tells which mark is the decimal one"
            )
        mark = MARK_NAMES[decimal or POINT]
        return (
            f"'{title}' is {shorten(text)}, but in other numbers of the column the {mark} is the "
            "decimal mark; write all numbers in one way"
        )

    remedy = Remedy.NAME_DECIMAL if undecided else None
    return Numbers(values, np.flatnonzero(bad), describe, decimal, note, remedy)


def _plain(column: pa.ChunkedArray, decimal: str | None) -> Floats | None:
    """The numbers of a column whose marks can only be decimal points; None for any other."""
    try:
        values = to_numpy(pc.cast(column, pa.float64())).astype(np.float64)
    except pa.ArrowInvalid:
        return None
    if decimal != POINT and _any(column, TWO_WAYS) and not _any(column, SURELY_DECIMAL):
        return None
    return np.asarray(values)


def _any(column: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(column, pattern)).as_py())


def _take_apart(text: str) -> NumberText | None:
    """Sign, digits and marks of a number; None if it is none."""
    bare, currency = _without_currency(text.strip().replace("\N{MINUS SIGN}", "-"))
    bare, negative = _without_sign(bare)
    marks = POINT + COMMA
    if match := GROUPED_BY_BLANKS.fullmatch(bare):
        bare = re.sub(f"[{BLANKS}]", "", match[1]) + (match[2] or "")
        return NumberText(bare, negative, currency, match[2][0] if match[2] else "")
    if EXPONENT.fullmatch(bare):
        return NumberText(bare, negative, currency, POINT if POINT in bare else "")
    if not re.fullmatch(r"[\d.,]*\d[\d.,]*", bare) or not bare.isascii():
        return None
    if not any(mark in bare for mark in marks):
        return NumberText(bare, negative, currency)
    possible = "".join(mark for mark in marks if _may_be_decimal(bare, mark))
    return NumberText(bare, negative, currency, possible) if possible else None


def _may_be_decimal(body: str, mark: str) -> bool:
    """Whether the body is a number if ``mark`` is decimal and the other mark groups thousands."""
    other = COMMA if mark == POINT else POINT
    whole, found, rest = body.partition(mark)
    if other not in body:
        return bool(found) and mark not in rest
    if mark in rest or other in rest or not GROUPED[other].fullmatch(whole):
        return False
    return bool(found) or not whole.startswith("0")


def _without_currency(text: str) -> tuple[str, str]:
    """The text without a currency sign or code, and that sign."""
    signs = "".join(character for character in text if unicodedata.category(character) == "Sc")
    if signs:
        text = "".join(character for character in text if character not in signs)
    bare = AFTER.sub("", BEFORE.sub("", text.strip(), count=1))
    return bare.strip(), signs or ("code" if bare.strip() != text.strip() else "")


def _without_sign(text: str) -> tuple[str, bool]:
    """The text without its sign; also ``(12)`` and ``12-`` of bookkeepers are below 0."""
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1].strip(), True
    if text.endswith("-") and len(text) > 1:
        return text[:-1].strip(), True
    return text.removeprefix("+").removeprefix("-").strip(), text.startswith("-")


def _say(
    title: str,
    texts: Sequence[str],
    taken: Iterable[NumberText | None],
    numbers: Floats,
    decimal: str,
) -> str | None:
    """How the numbers were read, by an example."""
    parts = [t for t in zip(texts, taken, numbers[:-1], strict=True) if t[1] is not None]
    marked = [t for t in parts if t[1] is not None and t[1].marks and np.isfinite(t[2])]
    shown = max(marked or parts, key=lambda t: len(t[1].marks if t[1] else ""))
    if not np.isfinite(shown[2]):
        return None
    signs = {t[1].currency for t in parts if t[1] is not None} - {""}
    money = " Signs of a currency are left out." if signs else ""
    why = f", as the {MARK_NAMES[decimal]} is the decimal mark of this column" if marked else ""
    return f"'{title}': {shorten(shown[0])} is read as {shown[2]:.10g}{why}.{money}"
