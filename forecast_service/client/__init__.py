"""Python client of the HTTP API. It imports nothing else of the service."""

from forecast_service.client.connection import ApiError, NotReachable
from forecast_service.client.following import RunFailed, TimedOut
from forecast_service.client.forecast_client import ForecastClient

__all__ = ["ApiError", "ForecastClient", "NotReachable", "RunFailed", "TimedOut"]
