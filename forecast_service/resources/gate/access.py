"""Who makes the present request."""

from __future__ import annotations

from flask import g

from forecast_service.accounts.caller import OPEN_CALLER, Caller

__all__ = ["caller"]


def caller() -> Caller:
    """The caller of the present request."""
    found: Caller = g.get("caller", OPEN_CALLER)
    return found
