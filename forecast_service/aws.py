"""AWS: clients of boto3, files on S3, and Amazon's errors as those of the service."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from forecast_service.details import Change, Supposed
from forecast_service.errors import (
    BackendUnavailable,
    ConfigurationError,
    Conflict,
    ForecastServiceError,
    InvalidRequest,
    NotFound,
    NotOffered,
)
from forecast_service.settings import Settings

__all__ = ["ALREADY_EXISTS", "NoDetails", "S3Bucket", "calling", "client_maker", "error_code"]

CONNECT_TIMEOUT_SECONDS = 5

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


class NoDetails:
    """The details of a backend that has none: AWS."""

    undoes_imports = False

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

    def undo_import(self, connection: sa.Connection, group: str, job_name: str) -> None:
        """Nothing: Amazon Forecast has no call that takes rows out of a dataset."""


class S3Bucket:
    """Amazon S3."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def put(self, source: Path, uri: str) -> None:
        """Upload a file to ``s3://bucket/key``."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        with calling():
            self.client.upload_file(str(source), bucket, key)

    def discard(self, uri: str) -> None:
        """Nothing: how long files stay on S3 is for the bucket's own rules to say."""


def client_maker(settings: Settings) -> Callable[[str], Any]:
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
