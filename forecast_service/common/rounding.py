"""Rounding: numbers with the digits that mean something to a reader."""

from __future__ import annotations

import math
from collections.abc import Iterable

__all__ = ["decimals_of"]

DIGITS = 3  # significant digits of the largest value; larger ones keep all before the point


def decimals_of(values: Iterable[float]) -> int:
    """Decimals for values that are read together, by the largest of them.

    Example
    -------
    >>> decimals_of([74220.3, 12.5]), decimals_of([12.5]), decimals_of([0.042]), decimals_of([0.0])
    (0, 1, 4, 0)
    """
    largest = max((abs(value) for value in values), default=0.0)
    return 0 if not largest else max(0, DIGITS - 1 - math.floor(math.log10(largest)))
