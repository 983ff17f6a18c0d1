"""Table: columns and rows of an answer, with numbers as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

__all__ = ["Number", "Table", "as_time"]

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


def as_time(text: str) -> date | datetime:
    """The day of a time at midnight, otherwise the time; for ``yyyy-MM-ddTHH:mm:ss``."""
    if text.endswith(MIDNIGHT):
        return date.fromisoformat(text.removesuffix(MIDNIGHT))
    return datetime.fromisoformat(text)
