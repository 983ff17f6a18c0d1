"""Names: their order, with numbers compared as numbers, and the names near a mistyped one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence

__all__ = ["did_you_mean", "listed_names", "natural_order"]

NUMBER = re.compile("[0-9]+")
NEAR_NAMES = 3
LEAST_LIKENESS = 0.7  # of two names by difflib; '26' is not near '6'
MOST_COMPARED = 10_000  # names; comparing them takes some 0.1 s
COUNT_DIGITS = 4  # width of the digit count that precedes each number


def natural_order(name: str) -> tuple[str, str]:
    """Sort key that puts ``2`` before ``10``, ``CA_2`` before ``CA_10``, numbers before letters.

    Example
    -------
    >>> sorted(["CA_10", "10", "CA_2", "2"], key=natural_order)
    ['2', '10', 'CA_2', 'CA_10']
    """
    return NUMBER.sub(_comparable, name), name  # the name itself separates 07 from 7


def listed_names(text: str, known: Collection[str] = ()) -> list[str]:
    """The names in a text that separates them by commas; ``known`` names may contain commas.

    Example
    -------
    >>> listed_names("Lyon, Paris, Nord", ["Lyon", "Paris, Nord"])
    ['Lyon', 'Paris, Nord']
    """
    parts = text.split(",")
    longest = 1 + max((name.count(",") for name in known), default=0)
    names, first = [], 0
    while first < len(parts):
        ends = range(min(first + longest, len(parts)), first + 1, -1)
        end = next((e for e in ends if ",".join(parts[first:e]).strip() in known), first + 1)
        names.append(",".join(parts[first:end]).strip())
        first = end
    return [name for name in names if name]


def did_you_mean(name: str, existing: Sequence[str]) -> str:
    """A question with the existing names near this one, after a blank; empty without any.

    Example
    -------
    >>> did_you_mean("Berln", ["Berlin", "Bern", "Paris"])
    " Did you mean 'Berlin' or 'Bern'?"
    """
    spelled: dict[str, str] = {}
    for other in existing[:MOST_COMPARED]:
        spelled.setdefault(other.casefold(), other)
    near = difflib.get_close_matches(
        name.casefold(), list(spelled), n=NEAR_NAMES, cutoff=LEAST_LIKENESS
    )
    if not near:
        return ""
    return f" Did you mean {' or '.join(repr(spelled[other]) for other in near)}?"


def _comparable(number: re.Match[str]) -> str:
    """Text that sorts like the number, and before any other character."""
    digits = number[0].lstrip("0")
    return f"\0{len(digits):0{COUNT_DIGITS}}{digits}"
