"""Conventions: how a delivery writes its dates and numbers, as far as that is known beforehand."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["UNKNOWN", "Conventions"]


@dataclass(frozen=True)
class Conventions:
    """What an option, a setting or an earlier import says about the values of a delivery."""

    date_order: str | None = None
    """``dmy``, ``mdy`` or ``ymd``, for dates that can be read in several ways."""
    decimal: str | None = None
    """The decimal mark of numbers, ``.`` or ``,``; it is certain."""
    usual_decimal: str | None = None
    """The decimal mark of earlier sales; other numbers of the column count more."""
    usual_sales: float | None = None
    """Median of the earlier sales above 0."""
    adds_up: bool = False
    """Whether several rows of a day are allowed, so that dates may have a time of day."""
    frequency: str | None = None
    """Frequency code of the dataset group; None before its first import."""


UNKNOWN = Conventions()
