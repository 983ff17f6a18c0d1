"""Every route of the service in one table; each is also there under ``/v1``."""

from __future__ import annotations

from typing import Any

from flask import Flask

from forecast_service.resources.api import ServiceApi, ServiceResource
from forecast_service.resources.forecast import ForecastResource
from forecast_service.resources.health import HealthResource, MetricsResource, ReadyResource
from forecast_service.resources.metrics import RequestMetrics
from forecast_service.resources.service import Service

__all__ = ["ROUTES", "init_app"]

VERSION_PREFIX = "/v1"

ROUTES: tuple[tuple[str, type[ServiceResource]], ...] = (
    ("/forecast", ForecastResource),
    ("/healthz", HealthResource),
    ("/readyz", ReadyResource),
    ("/metrics", MetricsResource),
)


def init_app(app: Flask, service: Service, metrics: RequestMetrics) -> None:
    """Add every resource, with what its constructor takes."""
    api = ServiceApi(app)
    more: dict[type[ServiceResource], dict[str, Any]] = {MetricsResource: {"metrics": metrics}}
    for path, resource in ROUTES:
        api.add_resource(
            resource,
            path,
            f"{VERSION_PREFIX}{path}",
            resource_class_kwargs={"service": service, **more.get(resource, {})},
        )
