"""The table of all routes. Every route also exists under ``/v1``."""

from __future__ import annotations

from typing import Any

from flask import Flask

from forecast_service import __version__
from forecast_service.resources import pages
from forecast_service.resources.accounts.audit import AuditResource
from forecast_service.resources.accounts.keys import KeyResource, KeysResource
from forecast_service.resources.accounts.me import MeResource
from forecast_service.resources.accounts.oidc import OidcCallbackResource, OidcResource
from forecast_service.resources.accounts.session import OwnPasswordResource, SessionResource
from forecast_service.resources.accounts.users import UserResource, UsersResource
from forecast_service.resources.api import ServiceApi, ServiceResource
from forecast_service.resources.boards.accuracy import AccuracyResource
from forecast_service.resources.boards.overview import OverviewResource, RegionsResource
from forecast_service.resources.contract.openapi import OpenApiResource, description
from forecast_service.resources.deliveries.uploads import UploadResource, UploadsResource
from forecast_service.resources.forecast import ForecastResource
from forecast_service.resources.gate.paths import NameConverter
from forecast_service.resources.health import HealthResource, MetricsResource, ReadyResource
from forecast_service.resources.imports import (
    ImportResource,
    ImportsResource,
    ImportUndoResource,
)
from forecast_service.resources.kept_forecasts import (
    CurrentForecastResource,
    KeptForecastResource,
    KeptForecastsResource,
)
from forecast_service.resources.metrics import RequestMetrics
from forecast_service.resources.operation.system import SystemResource
from forecast_service.resources.planning.outlook import ItemsResource, OutlookResource
from forecast_service.resources.planning.scenarios import ScenarioResource, ScenariosResource
from forecast_service.resources.sales import SalesResource
from forecast_service.resources.stores import HistoryResource, StoreResource, StoresResource
from forecast_service.resources.training import TrainingResource, TrainingRunResource
from forecast_service.resources.what_if import WhatIfResource
from forecast_service.service import Service

__all__ = ["ROUTES", "init_app"]

VERSION_PREFIX = "/v1"

ROUTES: tuple[tuple[str, type[ServiceResource]], ...] = (
    ("/overview", OverviewResource),
    ("/regions", RegionsResource),
    ("/accuracy", AccuracyResource),
    ("/forecast", ForecastResource),
    ("/forecasts", KeptForecastsResource),
    ("/forecasts/<forecast_id>", KeptForecastResource),
    ("/forecasts/<forecast_id>/current", CurrentForecastResource),
    ("/what-if", WhatIfResource),
    ("/scenarios", ScenariosResource),
    ("/scenarios/<scenario_id>", ScenarioResource),
    ("/training", TrainingResource),
    ("/training/<run_id>", TrainingRunResource),
    ("/stores", StoresResource),
    ("/stores/<store_number>", StoreResource),
    ("/stores/<store_number>/history", HistoryResource),
    ("/stores/<store_number>/outlook", OutlookResource),
    ("/stores/<store_number>/items", ItemsResource),
    ("/imports", ImportsResource),
    ("/imports/<import_id>", ImportResource),
    ("/imports/<import_id>/undo", ImportUndoResource),
    ("/uploads", UploadsResource),
    ("/uploads/<upload_id>", UploadResource),
    ("/sales", SalesResource),
    ("/me", MeResource),
    ("/me/password", OwnPasswordResource),
    ("/session", SessionResource),
    ("/session/oidc", OidcResource),
    ("/session/oidc/callback", OidcCallbackResource),
    ("/users", UsersResource),
    ("/users/<name>", UserResource),
    ("/audit", AuditResource),
    ("/keys", KeysResource),
    ("/keys/<key_id>", KeyResource),
    ("/healthz", HealthResource),
    ("/readyz", ReadyResource),
    ("/system", SystemResource),
    ("/metrics", MetricsResource),
    ("/openapi.json", OpenApiResource),
)


def init_app(app: Flask, service: Service, metrics: RequestMetrics) -> None:
    """Add all resources and pages to the app."""
    app.url_map.converters["default"] = NameConverter
    api = ServiceApi(app)
    document = description(ROUTES, __version__)
    extra_arguments: dict[type[ServiceResource], dict[str, Any]] = {
        MetricsResource: {"metrics": metrics},
        OpenApiResource: {"document": document},
    }
    for path, resource in ROUTES:
        api.add_resource(
            resource,
            path,
            f"{VERSION_PREFIX}{path}",
            resource_class_kwargs={"service": service, **extra_arguments.get(resource, {})},
        )
    pages.init_app(app, document)
