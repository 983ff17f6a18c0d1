"""Weeks: totals of a forecast per calendar week."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from forecast_service.reading.outlook.timeline import Dates, Floats

__all__ = ["weeks_of"]

FIRST_MONDAY = np.datetime64("1970-01-05")


def weeks_of(dates: Dates, values: Mapping[str, Floats], last_year: Floats) -> list[dict[str, Any]]:
    """Totals per calendar week, Monday to Sunday, of days."""
    number = (dates - FIRST_MONDAY).astype(np.int64) // 7
    weeks = []
    for week in np.unique(number):
        inside = number == week
        before = float(last_year[inside].sum())
        weeks.append(
            {
                "from": str(dates[inside][0]),
                "to": str(dates[inside][-1]),
                "days": int(inside.sum()),
                **dict.fromkeys(values),
                "last_year": None if before != before else before,
                "total_method": None,
            }
        )
    return weeks
