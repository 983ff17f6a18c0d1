"""ForecastSession: the Amazon Forecast API, spoken by AWS or by our own engine."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

import sqlalchemy as sa
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from forecast_service.errors import (
    BackendUnavailable,
    Busy,
    ConfigurationError,
    Conflict,
    ForecastServiceError,
    InvalidRequest,
    NotFound,
    NotOffered,
    Remedy,
)
from forecast_service.local import catalog
from forecast_service.local.api import LocalForecast
from forecast_service.local.arns import ALGORITHMS, OURS
from forecast_service.local.jobs.served_models import ServedModels
from forecast_service.local.query import LocalForecastQuery
from forecast_service.local.what_if import Change, Supposed, what_if
from forecast_service.settings import Settings
from forecast_service.storage.bucket import Bucket, LocalBucket
from forecast_service.storage.database import Database
from forecast_service.storage.tables import resources

__all__ = ["Details", "ForecastSession", "NoDetails", "calling", "error_code", "open_session"]

CONNECT_TIMEOUT_SECONDS = 5
WHAT_IFS = 2  # in a process: one is computed, one waits, and two of its four threads look up

ALREADY_EXISTS = "ResourceAlreadyExistsException"
ERRORS: dict[str, type[ForecastServiceError]] = {
    "ResourceNotFoundException": NotFound,
    "ResourceInUseException": Conflict,
    ALREADY_EXISTS: Conflict,
    "InvalidInputException": InvalidRequest,
    "ValidationException": InvalidRequest,
    "InvalidNextTokenException": InvalidRequest,
    "AccessDeniedException": ConfigurationError,
    "UnrecognizedClientException": ConfigurationError,
    "InvalidSignatureException": ConfigurationError,
    "IncompleteSignature": ConfigurationError,
    "InvalidClientTokenId": ConfigurationError,
}
"""Codes that will not go away by themselves; any other one is worth another try."""

CREDENTIAL_ERRORS = ("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound")


class Details(Protocol):
    """What Amazon's API cannot say."""

    def progress(self, arn: str) -> tuple[float, str] | None:
        """Finished share (0 to 1) and a few words, or None when nobody knows."""

    def notes(self, arn: str) -> list[str]:
        """Sentences about what had to be assumed for a forecast."""

    def what_if(self, arn: str, keys: Sequence[str], changes: Sequence[Change]) -> list[Supposed]:
        """Series of a forecast with other covariates, unsaved; see ``local.what_if``.

        Raises
        ------
        NotOffered
            The backend cannot do this.
        Busy
            One what-if is being computed and another one waits.
        """


class NoDetails:
    """The details of a backend that has none: AWS."""

    def progress(self, arn: str) -> tuple[float, str] | None:
        return None

    def notes(self, arn: str) -> list[str]:
        return []

    def what_if(self, arn: str, keys: Sequence[str], changes: Sequence[Change]) -> list[Supposed]:
        raise NotOffered(
            "An unsaved what-if needs our own engine: this installation forecasts with Amazon "
            "Forecast, which can only store what-ifs (CreateWhatIfAnalysis, "
            "CreateWhatIfForecast). Use them, or FORECAST_BACKEND=local."
        )


class LocalDetails:
    """The details of our own engine, from the catalog."""

    def __init__(self, database: Database, home: Path) -> None:
        self.database = database
        self._models = ServedModels(home)
        # One at a time, as it computes where others look up; waiting takes threads from those, too.
        self._supposing = threading.Lock()
        self._places = threading.BoundedSemaphore(WHAT_IFS)

    def progress(self, arn: str) -> tuple[float, str] | None:
        statement = sa.select(resources.c.progress, resources.c.progress_note)
        with self.database.read() as connection:
            row = connection.execute(statement.where(resources.c.arn == arn)).one_or_none()
        if row is None or row.progress is None:
            return None
        return row.progress, row.progress_note or ""

    def notes(self, arn: str) -> list[str]:
        statement = sa.select(resources.c.details).where(resources.c.arn == arn)
        with self.database.read() as connection:
            details = connection.execute(statement).scalar_one_or_none()
        return list((details or {}).get("notes", []))

    def what_if(self, arn: str, keys: Sequence[str], changes: Sequence[Change]) -> list[Supposed]:
        with self.database.read() as connection:
            forecast = catalog.get(connection, arn)
        if forecast is None:
            raise Conflict(
                f"Forecast '{arn}' was not made by the engine of this installation, so it has no "
                "model to ask.",
                remedy=Remedy.TRAIN_BY_FORCE,
            )
        if not self._places.acquire(blocking=False):
            raise Busy("Other what-ifs are being computed. Ask again in some seconds.")
        try:
            with self._supposing:
                return what_if(forecast, self._models, keys, changes)
        finally:
            self._places.release()


class S3Bucket:
    """Amazon S3."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def put(self, source: Path, uri: str) -> None:
        """Upload a file to ``s3://bucket/key``."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        with calling():
            self.client.upload_file(str(source), bucket, key)


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
        make = _clients(settings)
        return ForecastSession(
            forecast=make("forecast"),
            forecastquery=make("forecastquery"),
            details=NoDetails(),
            bucket=S3Bucket(make("s3")),
            source="amazon",
        )


def _clients(settings: Settings) -> Callable[[str], Any]:
    """Makes clients that share one look-up of credentials."""
    import boto3  # costs 50 ms and is not needed without AWS

    # Standard mode: it alone retries LimitExceededException, Amazon Forecast's word for "slower".
    config = Config(
        connect_timeout=min(CONNECT_TIMEOUT_SECONDS, settings.aws_timeout_seconds),
        read_timeout=settings.aws_timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": settings.aws_attempts},
    )
    aws: Any = boto3.session.Session(region_name=settings.region)  # typed per service of AWS
    return partial(aws.client, config=config)


def error_code(error: ClientError) -> str:
    """Amazon's name of what went wrong: ``ResourceNotFoundException``."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextlib.contextmanager
def calling() -> Iterator[None]:
    """Turns errors of an Amazon Forecast client into those of the service.

    Raises
    ------
    BackendUnavailable
        Throttled, at a limit, out of reach, or failed inside: worth another try.
    NotFound, Conflict, InvalidRequest, ConfigurationError
        The request cannot succeed as it is.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise _translated(error) from error
    except Exception as error:
        # upload_file wraps what happened in an error of its own that is neither of the two.
        if type(error).__module__.startswith("boto3."):
            raise BackendUnavailable(f"Amazon S3 took no file: {error}. Try again.") from error
        raise


def _translated(error: ClientError | BotoCoreError) -> ForecastServiceError:
    if isinstance(error, ClientError):
        code, message = error_code(error), error.response.get("Error", {}).get("Message", "")
        kind = ERRORS.get(code, BackendUnavailable)
        again = " Try again in a moment." if kind is BackendUnavailable else ""
        operation = error.operation_name
        return kind(f"Amazon Forecast answered '{operation}' with {code}: {message}{again}")
    if isinstance(error, ParamValidationError):
        return InvalidRequest(f"A parameter is not what Amazon Forecast takes: {error}")
    if type(error).__name__ in CREDENTIAL_ERRORS:
        return ConfigurationError(
            f"No AWS credentials were found ({error}). "
            "Set AWS_PROFILE or AWS_ACCESS_KEY_ID, or use FORECAST_BACKEND=local."
        )
    return BackendUnavailable(f"Amazon Forecast cannot be reached: {error}. Try again in a moment.")
