"""``/healthz``, ``/readyz`` and ``/metrics``: the routes for monitoring."""

from __future__ import annotations

from flask import Response, request

from forecast_service.accounts.caller import PUBLIC
from forecast_service.errors import BackendUnavailable, NoForecast, Remedy
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.refusals import (
    OF_QUERIES,
)
from forecast_service.resources.contract.requests import ReadyQuery
from forecast_service.resources.metrics import RequestMetrics
from forecast_service.resources.parsing import read_query
from forecast_service.service import Service

__all__ = ["HealthResource", "MetricsResource", "ReadyResource"]

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class NotReady(NoForecast):
    """The request requires a forecast, and none is served."""

    status = 503
    retryable = True  # so it is not logged as an error


class HealthResource(ServiceResource):
    """Shows that the process answers."""

    @documented("Whether the process is alive", scope=PUBLIC, answers={200: "Health"})
    def get(self) -> Response:
        """Always the same answer, without the database."""
        return json_response({"status": "ok"})


class ReadyResource(ServiceResource):
    """Shows whether requests can be answered."""

    @documented(
        "Whether the database is reachable and migrated",
        scope=PUBLIC,
        query=ReadyQuery,
        answers={200: "Readiness"},
        errors=(*OF_QUERIES, NotReady, BackendUnavailable),
    )
    def get(self) -> Response:
        """503 if the database is unreachable or has the tables of another version.

        ``degraded`` means that forecasts are served, but stored files are damaged or the disk is
        full; ``problems`` says what does not work then.
        """
        from forecast_service.upkeep.damage import shortcomings  # readers do not need it

        query = read_query(request, ReadyQuery)
        if not self.service.database.is_migrated():
            self.service.database.refuse_newer_schema()
            raise BackendUnavailable(
                "The database has the tables of another version of the service. "
                "Restart the service: that migrates the database."
            )
        ready = self.service.current.is_ready()
        if query.forecast and not ready:
            raise NotReady("No forecast is being served yet.", remedy=Remedy.TRAIN)
        problems = shortcomings(self.service.settings, self.service.database)
        answer = {
            "status": "degraded" if problems else "ready",
            "database": "ready",
            "forecast": "ready" if ready else "none",
        }
        return json_response({**answer, "problems": problems} if problems else answer)


class MetricsResource(ServiceResource):
    """Counters and gauges for Prometheus."""

    def __init__(self, service: Service, metrics: RequestMetrics) -> None:
        super().__init__(service)
        self.metrics = metrics

    @documented(
        "Metrics in the text format of Prometheus",
        scope="read",
        answers={200: None},
        other_types=("text/plain",),
    )
    def get(self) -> Response:
        """Requests of this process; training runs and forecasts from the database."""
        return Response(self.metrics.text(), content_type=METRICS_TYPE)
