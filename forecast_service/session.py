"""ForecastSession: the Amazon Forecast API, served by AWS or by our own engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from forecast_service.aws import NoDetails, S3Bucket, translate_errors
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

__all__ = ["ForecastSession", "open_session"]


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


def open_session(settings: Settings, database: Database) -> ForecastSession:
    """The session of the backend that FORECAST_BACKEND names.

    Raises
    ------
    ConfigurationError
        The algorithm does not exist on AWS, or no credentials or region can be found.
    """
    if settings.backend == "local":
        return _local_session(settings, database)
    return _amazon_session(settings)


def _local_session(settings: Settings, database: Database) -> ForecastSession:
    return ForecastSession(
        forecast=LocalForecast(database, settings),
        forecastquery=LocalForecastQuery(database, settings),
        details=LocalDetails(database, settings.home),
        bucket=LocalBucket(settings.home, settings.s3_folder),
        source="local",
        file_format="parquet",
        polling=Polling(0.2, 1.0),
        rows_need_jobs=False,
        is_endpoint=True,
    )


def _amazon_session(settings: Settings) -> ForecastSession:
    if settings.algorithm in [name.lower() for name in OURS]:
        allowed = [name.lower() for name in ALGORITHMS if name not in OURS]
        raise ConfigurationError(
            f"FORECAST_ALGORITHM is '{settings.algorithm}', which Amazon Forecast does not have. "
            f"With FORECAST_BACKEND=amazon use one of: auto, {', '.join(allowed)}."
        )
    with translate_errors():
        make = client_maker(settings)
        return ForecastSession(
            forecast=make("forecast"),
            forecastquery=make("forecastquery"),
            details=NoDetails(),
            bucket=S3Bucket(make("s3")),
            source="amazon",
            file_format="csv",
            polling=Polling(settings.poll_seconds, settings.poll_seconds, jitter=0.2),
            rows_need_jobs=True,
            is_endpoint=False,
        )
