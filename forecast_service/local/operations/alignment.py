"""The start of periods: Amazon's TimeAlignmentBoundary as a frequency code of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecast_service.engine.periods.frequency import parse_frequency
from forecast_service.local.errors import InvalidInput

__all__ = ["boundary_of", "check_boundary", "engine_frequency"]

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
MONTHS = (
    "JANUARY",
    "FEBRUARY",
    "MARCH",
    "APRIL",
    "MAY",
    "JUNE",
    "JULY",
    "AUGUST",
    "SEPTEMBER",
    "OCTOBER",
    "NOVEMBER",
    "DECEMBER",
)
LAST_HOUR, LAST_DAY = 23, 28
VALUES: Mapping[str, tuple[Any, ...]] = {
    "Hour": tuple(range(LAST_HOUR + 1)),
    "DayOfWeek": DAYS,
    "DayOfMonth": tuple(range(1, LAST_DAY + 1)),
    "Month": MONTHS,
}
SHOWN = {
    "Hour": f"0 to {LAST_HOUR}",
    "DayOfWeek": " | ".join(DAYS),
    "DayOfMonth": f"1 to {LAST_DAY}",
    "Month": " | ".join(MONTHS),
}
UNITS = {"D": ("Hour",), "W": ("DayOfWeek",), "M": ("DayOfMonth",), "Y": ("Month", "DayOfMonth")}
"""Members of a boundary by unit of the frequency."""


def engine_frequency(frequency: str, boundary: Mapping[str, Any]) -> str:
    """The engine's frequency code, with the start of a period unless it is the default.

    Example
    -------
    >>> engine_frequency("W", {"DayOfWeek": "FRIDAY"}), engine_frequency("D", {"Hour": 0})
    ('W-FRI', 'D')
    >>> engine_frequency("3M", {"DayOfMonth": 15}), engine_frequency("D", {"Hour": 6})
    ('3M@1970-01-15', 'D@1970-01-01T06:00:00')
    """
    if not boundary:
        return frequency
    if "DayOfWeek" in boundary:
        start = f"1970-01-{5 + DAYS.index(boundary['DayOfWeek']):02d}"
    else:
        month = 1 + MONTHS.index(boundary.get("Month", MONTHS[0]))
        start = f"1970-{month:02d}-{boundary.get('DayOfMonth', 1):02d}"
    return str(parse_frequency(f"{frequency}@{start}T{boundary.get('Hour', 0):02d}:00:00"))


def boundary_of(code: str) -> dict[str, str]:
    """The boundary of a code whose periods are weeks, empty if it needs none.

    Example
    -------
    >>> boundary_of("W-FRI"), boundary_of("W")
    ({'DayOfWeek': 'FRIDAY'}, {})
    """
    frequency = parse_frequency(code)
    is_needed = frequency.unit == "W" and str(frequency) != frequency.plain
    return {"DayOfWeek": DAYS[frequency.weekday]} if is_needed else {}


def check_boundary(frequency: str, boundary: Mapping[str, Any]) -> None:
    """Refuse a boundary that does not fit the frequency.

    The unit of the boundary is finer than that of the frequency: the hour of a day, the day of a
    week or of a month, the month of a year (and with it the day).

    Raises
    ------
    InvalidInput
        The message lists the allowed boundaries.
    """
    units = UNITS.get(parse_frequency(frequency).unit, ())
    if all(unit in units and value in VALUES[unit] for unit, value in boundary.items()):
        return
    allowed = " and ".join(f"{{'{unit}': {SHOWN[unit]}}}" for unit in units)
    rule = f"It must be {allowed}, or be left out" if allowed else "Leave it out"
    raise InvalidInput(
        f"'TimeAlignmentBoundary' {dict(boundary)} does not fit ForecastFrequency '{frequency}'. "
        f"{rule}. Without it, periods begin on the first of January or of a month, on Mondays, at "
        "midnight, or with the hour or minute."
    )
