"""Where periods begin: Amazon's TimeAlignmentBoundary, in the engine's frequency codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecast_service.engine.calendar import WEEKDAYS, parse_frequency
from forecast_service.local.errors import InvalidInput

__all__ = ["aligned", "boundary_of", "check_boundary"]

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
POSSIBLE: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "D": {"Hour": (0,)},
    "W": {"DayOfWeek": DAYS},
    "M": {"DayOfMonth": (1,)},
}


def aligned(frequency: str, boundary: Mapping[str, Any]) -> str:
    """The engine's code: the frequency, and the day on which its weeks begin if not a Monday.

    Example
    -------
    >>> aligned("W", {"DayOfWeek": "FRIDAY"}), aligned("W", {}), aligned("D", {"Hour": 0})
    ('W-FRI', 'W', 'D')
    """
    day = boundary.get("DayOfWeek", DAYS[0])
    return frequency if day == DAYS[0] else f"{frequency}-{WEEKDAYS[DAYS.index(day)]}"


def boundary_of(code: str) -> dict[str, str]:
    """The boundary in an engine's code; the inverse of ``aligned``. Empty when it needs none.

    Example
    -------
    >>> boundary_of("W-FRI"), boundary_of("W")
    ({'DayOfWeek': 'FRIDAY'}, {})
    """
    weekday = parse_frequency(code).weekday
    return {"DayOfWeek": DAYS[weekday]} if weekday else {}


def check_boundary(frequency: str, boundary: Mapping[str, Any]) -> None:
    """Refuse a boundary that does not go with the frequency, or that is not supported.

    Raises
    ------
    InvalidInput
        Says which ones can be used.
    """
    possible = POSSIBLE.get(frequency, {})
    if all(value in possible.get(unit, ()) for unit, value in boundary.items()):
        return
    can = " or ".join(
        f"{{'{unit}': {values[0] if len(values) == 1 else ' | '.join(values)}}}"
        for unit, values in possible.items()
    )
    raise InvalidInput(
        f"'TimeAlignmentBoundary' is {dict(boundary)}, and ForecastFrequency '{frequency}'. In "
        f"this local Amazon Forecast it can only be {can or 'left out'} with this frequency. "
        "Leave it out for periods that begin on Mondays, on the first of a month, at midnight."
    )
