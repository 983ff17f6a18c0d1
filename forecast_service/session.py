"""ForecastSession: the Amazon Forecast API, served by AWS or by our own engine."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from forecast_service.aws import NoDetails, S3Bucket, translate_errors
from forecast_service.common.hosts import WILDCARDS, is_local_name
from forecast_service.common.polling import Polling
from forecast_service.details import Details
from forecast_service.errors import ConfigurationError
from forecast_service.local.api import LocalForecast
from forecast_service.local.arns import ALGORITHMS, OURS
from forecast_service.local.details import LocalDetails
from forecast_service.local.query import LocalForecastQuery
from forecast_service.settings import Settings
from forecast_service.storage.bucket import Bucket, LocalBucket
from forecast_service.storage.database import Database
from forecast_service.storage.objects.aws_clients import client_maker

__all__ = [
    "OUR_TAG",
    "ForecastSession",
    "open_amazon_session",
    "open_session",
    "refuse_ourselves",
]

OUR_TAG = "forecast-service"
"""Tag of what we make at Amazon; its value is the name of the dataset group."""


@dataclass(frozen=True)
class ForecastSession:
    """The two Amazon Forecast clients, the details, the bucket, and how the backend works.

    Callers read properties such as ``file_format`` and never ask which backend it is.
    """

    forecast: Any
    """Methods of boto3's ``forecast`` client."""
    forecastquery: Any
    """Methods of boto3's ``forecastquery`` client."""
    details: Details
    bucket: Bucket
    source: Literal["local", "amazon"]
    """Name of the backend; it is recorded with every forecast."""
    file_format: Literal["parquet", "csv"]
    """Format of the files that import jobs read."""
    polling: Polling
    """Pauses between two looks at a job."""
    rows_need_jobs: bool
    """Whether rows disappear when the import job that added them is deleted."""
    is_endpoint: bool
    """Whether other programs can call this service at ``/aws`` as their Amazon Forecast."""
    is_remote: bool = False
    """Whether calls leave this machine: requests of users must not make them."""
    tagging: Mapping[str, Any] = field(default_factory=dict)
    """Parameters that mark what Create calls make as ours."""
    preferred: ForecastSession | None = None
    """The session that trains while it answers. This one holds the data, and trains otherwise."""

    @property
    def remote(self) -> ForecastSession | None:
        """The session of Amazon Forecast; None if our own engine does everything."""
        return self if self.is_remote else self.preferred


def open_session(settings: Settings, database: Database) -> ForecastSession:
    """The session of the backend that FORECAST_BACKEND names.

    Raises
    ------
    ConfigurationError
        The algorithm does not exist on AWS, the endpoint is this service itself, or a profile does
        not exist.
    """
    if settings.backend == "local":
        return _local_session(settings, database)
    _refuse_our_algorithms(settings)
    amazon = open_amazon_session(settings)
    if settings.backend == "amazon":
        return amazon
    return replace(_local_session(settings, database), preferred=amazon)


def _local_session(settings: Settings, database: Database) -> ForecastSession:
    return ForecastSession(
        forecast=LocalForecast(database, settings),
        forecastquery=LocalForecastQuery(database, settings),
        details=LocalDetails(database, settings),
        bucket=LocalBucket(settings.home, settings.s3_folder),
        source="local",
        file_format="parquet",
        polling=Polling(0.2, 1.0),
        rows_need_jobs=False,
        is_endpoint=True,
    )


def open_amazon_session(settings: Settings) -> ForecastSession:
    """The session of Amazon Forecast; it calls nobody yet. See ``open_session`` for the errors."""
    with translate_errors():
        make = client_maker(settings)
        forecast = make("forecast")
        refuse_ourselves(settings, forecast.meta.endpoint_url)
        return ForecastSession(
            forecast=forecast,
            forecastquery=make("forecastquery"),
            details=NoDetails(),
            bucket=S3Bucket(make("s3")),
            source="amazon",
            file_format="csv",
            polling=Polling(settings.poll_seconds, settings.poll_seconds, jitter=0.2),
            rows_need_jobs=True,
            is_endpoint=False,
            is_remote=True,
            tagging={"Tags": [{"Key": OUR_TAG, "Value": settings.dataset_group}]},
        )


def _refuse_our_algorithms(settings: Settings) -> None:
    if settings.algorithm in [name.lower() for name in OURS]:
        allowed = [name.lower() for name in ALGORITHMS if name not in OURS]
        raise ConfigurationError(
            f"FORECAST_ALGORITHM is '{settings.algorithm}', which Amazon Forecast does not have. "
            f"With FORECAST_BACKEND={settings.backend} use one of: auto, {', '.join(allowed)}."
        )


def refuse_ourselves(settings: Settings, endpoint: str) -> None:
    """Refuse an endpoint that is this service: it would train with itself.

    Raises
    ------
    ConfigurationError
        The endpoint names this machine and the port of this service.
    """
    parts = urlsplit(endpoint)
    name = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    ours = {settings.host, socket.gethostname().lower(), *settings.allowed_hosts}
    if port == settings.port and (is_local_name(name) or name in ours or name in WILDCARDS):
        raise ConfigurationError(
            f"The endpoint of Amazon Forecast is '{endpoint}', which is this service itself "
            f"(FORECAST_PORT is {settings.port}). Unset AWS_ENDPOINT_URL_FORECAST to use AWS, name "
            "the endpoint of another service, or set FORECAST_BACKEND=local."
        )
