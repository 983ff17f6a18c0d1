"""The start of periods: Amazon's TimeAlignmentBoundary as a frequency code of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecast_service.engine.calendar import WEEKDAYS, parse_frequency
from forecast_service.local.errors import InvalidInput

__all__ = ["boundary_of", "check_boundary", "engine_frequency"]

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
BOUNDARIES: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "D": {"Hour": (0,)},
    "W": {"DayOfWeek": DAYS},
    "M": {"DayOfMonth": (1,)},
}


def engine_frequency(frequency: str, boundary: Mapping[str, Any]) -> str:
    """The engine's frequency code, with the day on which weeks begin unless it is Monday.

    Example
    -------
    >>> engine_frequency("W", {"DayOfWeek": "FRIDAY"}), engine_frequency("D", {"Hour": 0})
    ('W-FRI', 'D')
    """
    day = boundary.get("DayOfWeek", DAYS[0])
    return frequency if day == DAYS[0] else f"{frequency}-{WEEKDAYS[DAYS.index(day)]}"


def boundary_of(code: str) -> dict[str, str]:
    """The boundary of an engine's code, empty if it needs none; inverts ``engine_frequency``.

    Example
    -------
    >>> boundary_of("W-FRI"), boundary_of("W")
    ({'DayOfWeek': 'FRIDAY'}, {})
    """
    weekday = parse_frequency(code).weekday
    return {"DayOfWeek": DAYS[weekday]} if weekday else {}


def check_boundary(frequency: str, boundary: Mapping[str, Any]) -> None:
    """Refuse a boundary that does not fit the frequency or is not supported.

    Raises
    ------
    InvalidInput
        The message lists the allowed boundaries.
    """
    possible = BOUNDARIES.get(frequency, {})
    if all(value in possible.get(unit, ()) for unit, value in boundary.items()):
        return
    allowed = " or ".join(
        f"{{'{unit}': {values[0] if len(values) == 1 else ' | '.join(values)}}}"
        for unit, values in possible.items()
    )
    rule = f"must be {allowed} or be left out" if allowed else "must be left out"
    raise InvalidInput(
        f"'TimeAlignmentBoundary' {dict(boundary)} does not fit ForecastFrequency '{frequency}'. "
        f"In this local Amazon Forecast it {rule}. Without it, periods begin on Mondays, on the "
        "first of a month or at midnight."
    )
