"""``/healthz``, ``/readyz`` and ``/metrics``: what machines ask."""

from __future__ import annotations

from flask import Response, request

from forecast_service.errors import BackendUnavailable, NoForecast, Remedy
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.requests import ReadyQuery
from forecast_service.resources.metrics import RequestMetrics
from forecast_service.resources.parsing import read_query
from forecast_service.service import Service

__all__ = ["HealthResource", "MetricsResource", "ReadyResource"]

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class NotReady(NoForecast):
    """A forecast was made a condition, and none is served."""

    status = 503
    retryable = True  # and so it is no error for the log


class HealthResource(ServiceResource):
    """Whether the process answers at all."""

    @documented("Whether the process lives", answers={200: "Health"})
    def get(self) -> Response:
        """Always the same; the database is not asked."""
        return json_response({"status": "ok"})


class ReadyResource(ServiceResource):
    """Whether requests can be answered."""

    @documented(
        "Whether the database is reachable and migrated",
        query=ReadyQuery,
        answers={200: "Readiness"},
        errors=(422, 503),
    )
    def get(self) -> Response:
        """503 when the database is away or older than this version; its forecast in the body."""
        query = read_query(request, ReadyQuery)
        if not self.service.database.is_migrated():
            raise BackendUnavailable(
                "The database has the tables of another version. "
                "Restart the service, which migrates it."
            )
        ready = self.service.current.is_ready()
        if query.forecast and not ready:
            raise NotReady("No forecast is being served yet.", remedy=Remedy.TRAIN)
        return json_response(
            {"status": "ready", "database": "ready", "forecast": "ready" if ready else "none"}
        )


class MetricsResource(ServiceResource):
    """Counters and gauges for Prometheus."""

    def __init__(self, service: Service, metrics: RequestMetrics) -> None:
        super().__init__(service)
        self.metrics = metrics

    @documented(
        "Metrics in Prometheus' text format", answers={200: None}, other_types=("text/plain",)
    )
    def get(self) -> Response:
        """Requests of this process; runs and forecasts of the database."""
        return Response(self.metrics.text(), content_type=METRICS_TYPE)
