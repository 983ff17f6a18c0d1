"""Easter: the day from which the movable feasts of a year are counted."""

from __future__ import annotations

import datetime as dt

__all__ = ["easter_sunday"]


def easter_sunday(year: int) -> dt.date:
    """Easter Sunday of the western churches, by Butcher's rule.

    Example
    -------
    >>> easter_sunday(2027)
    datetime.date(2027, 3, 28)
    """
    century, rest = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (8 * century + 13) // 25 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    days = moon + week - 7 * ((year % 19 + 11 * moon + 22 * week) // 451) + 114
    return dt.date(year, days // 31, days % 31 + 1)
