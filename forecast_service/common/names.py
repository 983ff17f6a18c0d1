"""The order of names: numbers in names are compared as numbers."""

from __future__ import annotations

import re

__all__ = ["natural_order"]

NUMBER = re.compile("[0-9]+")
COUNT_DIGITS = 4  # width of the digit count that precedes each number


def natural_order(name: str) -> tuple[str, str]:
    """Sort key that puts ``2`` before ``10``, ``CA_2`` before ``CA_10``, numbers before letters.

    Example
    -------
    >>> sorted(["CA_10", "10", "CA_2", "2"], key=natural_order)
    ['2', '10', 'CA_2', 'CA_10']
    """
    return NUMBER.sub(_comparable, name), name  # the name itself separates 07 from 7


def _comparable(number: re.Match[str]) -> str:
    """Text that sorts like the number, and before any other character."""
    digits = number[0].lstrip("0")
    return f"\0{len(digits):0{COUNT_DIGITS}}{digits}"
