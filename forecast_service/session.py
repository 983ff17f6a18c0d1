"""ForecastSession: the Amazon Forecast API, spoken by AWS or by our own engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from forecast_service.aws import NoDetails, S3Bucket, calling, client_maker
from forecast_service.details import Details
from forecast_service.errors import ConfigurationError
from forecast_service.local.api import LocalForecast
from forecast_service.local.arns import ALGORITHMS, OURS
from forecast_service.local.details import LocalDetails
from forecast_service.local.query import LocalForecastQuery
from forecast_service.settings import Settings
from forecast_service.storage.bucket import Bucket, LocalBucket
from forecast_service.storage.database import Database

__all__ = ["ForecastSession", "open_session"]


@dataclass(frozen=True)
class ForecastSession:
    """Objects with boto3's methods, and the two small ports beside them."""

    forecast: Any
    """Methods of boto3's ``forecast`` client."""
    forecastquery: Any
    """Methods of boto3's ``forecastquery`` client."""
    details: Details
    bucket: Bucket
    source: Literal["local", "amazon"]


def open_session(settings: Settings, database: Database) -> ForecastSession:
    """The session that FORECAST_BACKEND asks for.

    Raises
    ------
    ConfigurationError
        The algorithm does not exist on AWS, or no credentials or region can be found.
    """
    if settings.backend == "local":
        return ForecastSession(
            forecast=LocalForecast(database, settings),
            forecastquery=LocalForecastQuery(database, settings),
            details=LocalDetails(database, settings.home),
            bucket=LocalBucket(settings.home),
            source="local",
        )
    if settings.algorithm in [name.lower() for name in OURS]:
        amazons = [name.lower() for name in ALGORITHMS if name not in OURS]
        raise ConfigurationError(
            f"FORECAST_ALGORITHM is '{settings.algorithm}', which Amazon Forecast does not have. "
            f"With FORECAST_BACKEND=amazon use one of: auto, {', '.join(amazons)}."
        )
    with calling():
        make = client_maker(settings)
        return ForecastSession(
            forecast=make("forecast"),
            forecastquery=make("forecastquery"),
            details=NoDetails(),
            bucket=S3Bucket(make("s3")),
            source="amazon",
        )
