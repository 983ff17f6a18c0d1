"""Table: columns and rows of an answer, with numbers as people read them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

__all__ = ["Number", "Table", "as_time", "decimals_of"]

DIGITS = 3  # significant digits of the largest value; larger ones keep all before the point
MIDNIGHT = "T00:00:00"


class Number(NamedTuple):
    """A number and how many decimals are shown; None: all of its digits."""

    value: float
    decimals: int | None = None


@dataclass(frozen=True)
class Table:
    """A table. A cell is a text, an int, a Number, a date, a datetime, or None."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


def decimals_of(values: Iterable[float]) -> int:
    """Decimals for values that are read together, by the largest of them.

    Example
    -------
    >>> decimals_of([74220.3, 12.5]), decimals_of([12.5]), decimals_of([0.042]), decimals_of([0.0])
    (0, 1, 4, 0)
    """
    largest = max((abs(value) for value in values), default=0.0)
    return 0 if not largest else max(0, DIGITS - 1 - math.floor(math.log10(largest)))


def as_time(text: str) -> date | datetime:
    """The day of a time at midnight, otherwise the time; for ``yyyy-MM-ddTHH:mm:ss``."""
    if text.endswith(MIDNIGHT):
        return date.fromisoformat(text.removesuffix(MIDNIGHT))
    return datetime.fromisoformat(text)
