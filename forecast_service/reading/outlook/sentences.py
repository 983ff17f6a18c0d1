"""Words for numbers and days in sentences about a forecast."""

from __future__ import annotations

import numpy as np

__all__ = [
    "DAYS_OF_WEEK",
    "amount",
    "change_of",
    "days_between",
    "more_or_less",
    "percent",
    "rises",
    "short_day",
]

DAYS_OF_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)


def amount(units: float, decimals: int = 0) -> str:
    """A quantity with thousands separated.

    Example
    -------
    >>> amount(12345.6), amount(-3.14159, 2)
    ('12,346', '-3.14')
    """
    return f"{units:z,.{decimals}f}"


def percent(share: float) -> str:
    """A share as a percentage without its sign.

    Example
    -------
    >>> percent(-0.218)
    '22 %'
    """
    return f"{abs(share):.0%}".replace("%", " %")


def more_or_less(change: float) -> str:
    """``more`` or ``less``."""
    return "more" if change >= 0 else "less"


def change_of(units: float) -> str:
    """``adds`` or ``takes away``."""
    return "adds" if units >= 0 else "takes away"


def rises(units: float) -> str:
    """``up by`` or ``down by``."""
    return "up by" if units >= 0 else "down by"


def short_day(day: np.datetime64) -> str:
    """A day without its year.

    Example
    -------
    >>> short_day(np.datetime64("2026-11-30"))
    '30 November'
    """
    text = str(day.astype("datetime64[D]"))
    return f"{int(text[8:10])} {MONTHS[int(text[5:7]) - 1]}"


def days_between(first: np.datetime64, last: np.datetime64) -> str:
    """The days from one to the other.

    Example
    -------
    >>> days_between(np.datetime64("2026-11-30"), np.datetime64("2026-12-04"))
    'from 30 November to 4 December'
    """
    if first == last:
        return f"on {short_day(first)}"
    return f"from {short_day(first)} to {short_day(last)}"
