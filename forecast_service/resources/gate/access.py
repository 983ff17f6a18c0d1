"""Who makes the present request."""

from __future__ import annotations

from flask import current_app, g, request

from forecast_service.accounts.caller import Caller

__all__ = ["ADMISSION", "caller"]

ADMISSION = "forecast_service.admission"
"""Key of the app's extension that finds callers."""


def caller() -> Caller:
    """The caller of the present request; on a public route, perhaps nobody."""
    if "caller" not in g:
        g.caller = current_app.extensions[ADMISSION].caller_or_nobody(request)
    found: Caller = g.caller
    return found
