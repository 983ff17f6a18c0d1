"""Decimal marks: which of point and comma is the decimal one in a column of numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["COMMA", "POINT", "NumberText", "choose_mark"]

POINT, COMMA = ".", ","
LARGEST_UNGROUPED = 1000  # from here on, a column that groups thousands shows it
CLEARLY = 1.0  # how much nearer one reading must be, in powers of ten


@dataclass(frozen=True)
class NumberText:
    """One text of a column, taken apart: sign, digits with marks, what its marks allow."""

    body: str
    negative: bool = False
    currency: str = ""
    marks: str = ""
    """The possible decimal marks; empty if there is no mark to decide."""

    @property
    def is_open(self) -> bool:
        return len(self.marks) == 2

    def value(self, decimal: str) -> float:
        """The number; NaN if the body has another decimal mark."""
        if self.marks and decimal not in self.marks:
            return float("nan")
        other = COMMA if decimal == POINT else POINT
        number = float(self.body.replace(other, "").replace(decimal, POINT))
        return -number if self.negative else number


def choose_mark(
    texts: Sequence[NumberText],
    hint: str | None,
    usual: float | None,
    usual_decimal: str | None,
    asks: bool,
) -> tuple[str | None, str | None]:
    """The decimal mark, None if nothing decides; and whether that is worth a note."""
    points = sum(text.marks == POINT for text in texts)
    commas = sum(text.marks == COMMA for text in texts)
    grouped = any(len(re.findall("[.,]", text.body)) > 1 for text in texts)
    if points or commas:
        mark = POINT if points > commas or (points == commas and hint != COMMA) else COMMA
        has_open = any(text.is_open for text in texts)
        return mark, "shown" if grouped or (has_open and mark == COMMA) else None
    unsure = [text for text in texts if text.is_open]
    if not unsure:
        return POINT, None
    found = {mark for mark in (POINT, COMMA) if any(mark in text.body for text in unsure)}
    if len(found) == 2:
        return None, None
    (mark,) = found
    other = COMMA if mark == POINT else POINT
    groups = _groups_thousands(texts, unsure, usual)
    if groups is None:
        by_hint = _by_hint(mark, other, hint, asks)
        return by_hint if usual_decimal is None else (usual_decimal, "remembered")
    by_size = other if groups else mark
    return (None, None) if usual_decimal not in (None, by_size) else (by_size, "sizes")


def _by_hint(mark: str, other: str, hint: str | None, asks: bool) -> tuple[str | None, str | None]:
    if hint == other == POINT:
        return other, "file"  # "1,050" in a file that is separated by commas
    if hint == mark and not asks:
        return mark, "file"
    return None, None


def _groups_thousands(
    texts: Sequence[NumberText], unsure: Sequence[NumberText], usual: float | None
) -> bool | None:
    """Whether the only mark groups thousands (``1.050``), by all numbers; None: they do not tell.

    Three decimals everywhere would be seen in every number. Decimals without zeros at their end
    would not end in 0. Grouped thousands leave no number from 1000 on without a mark.
    """
    plain = np.array([float(text.body) for text in texts if not text.marks])
    decimals = not len(plain) or not any(text.body.endswith("0") for text in unsure)
    thousands = not (plain >= LARGEST_UNGROUPED).any()
    if decimals != thousands:
        return thousands
    if not thousands:
        return None
    sizes = plain[plain > 0]
    if usual is not None and not len(sizes):
        sizes = np.array([usual])
    if not len(sizes):
        return None
    size = np.log10(np.median(sizes))
    small = np.log10(np.median([float(text.body.replace(COMMA, POINT)) for text in unsure]))
    as_decimals, as_thousands = abs(small - size), abs(small + 3 - size)
    if abs(as_decimals - as_thousands) < CLEARLY:
        return None
    return bool(as_thousands < as_decimals)
