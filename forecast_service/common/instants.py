"""Moments as text: epoch seconds become ISO 8601 in UTC, the form of every answer."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["utc_text"]


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
