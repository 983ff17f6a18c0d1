"""Where the caller of a request is found, in the order in which it is tried."""

from __future__ import annotations

from flask import Request

from forecast_service.accounts.caller import OPEN_CALLER, Caller
from forecast_service.common.hosts import is_from_this_machine
from forecast_service.resources.gate.admission import Source
from forecast_service.service import Service

__all__ = ["OpenMachine", "caller_sources"]


def caller_sources(service: Service) -> tuple[Source, ...]:
    """All sources of callers."""
    return (OpenMachine(service),)


class OpenMachine:
    """Anybody on this machine, while there are no accounts."""

    def __init__(self, service: Service) -> None:
        self.is_open = service.is_open

    def __call__(self, request: Request) -> Caller | None:
        """The open caller, if accounts are not needed for this request."""
        if self.is_open() and is_from_this_machine(request.environ):
            return OPEN_CALLER
        return None
