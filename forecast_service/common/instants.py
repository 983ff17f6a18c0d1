"""Moments as text, in UTC as in every answer, and the present day in a time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

__all__ = ["today", "utc_text"]


def utc_text(epoch_seconds: float | None) -> str | None:
    """``2015-08-01T09:00:00Z`` for epoch seconds, None for None.

    Example
    -------
    >>> utc_text(1438419600.0)
    '2015-08-01T09:00:00Z'
    """
    if epoch_seconds is None:
        return None
    moment = datetime.fromtimestamp(epoch_seconds, UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def today(timezone: str, now: datetime | None = None) -> date:
    """The present day in this time zone, such as ``Europe/Berlin``."""
    # UTC is known without a database of time zones; small images have none.
    zone = UTC if timezone == "UTC" else ZoneInfo(timezone)
    return (now or datetime.now(UTC)).astimezone(zone).date()
