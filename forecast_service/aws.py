"""AWS: files on S3 for Amazon Forecast, and AWS errors translated into errors of the service."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from forecast_service.details import Change, WhatIfSeries
from forecast_service.errors import (
    BackendUnavailable,
    ConfigurationError,
    Conflict,
    ForecastServiceError,
    InvalidRequest,
    NotFound,
    NotOffered,
)

__all__ = [
    "ALREADY_EXISTS",
    "NoDetails",
    "S3Bucket",
    "error_code",
    "translate_errors",
]

logger = logging.getLogger(__name__)

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
"""Codes of errors that stay; after any other code, another try may succeed."""

CREDENTIAL_ERRORS = ("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound")


class NoDetails:
    """The details of AWS, which has none."""

    undoes_imports = False

    def progress(self, arn: str) -> tuple[float, str] | None:
        return None

    def notes(self, arn: str) -> list[str]:
        return []

    def predictor_problem(self, arn: str) -> str | None:
        return None

    def what_if(
        self, arn: str, keys: Sequence[str], changes: Sequence[Change]
    ) -> list[WhatIfSeries]:
        raise NotOffered(
            "This installation forecasts with Amazon Forecast, which cannot compute a what-if "
            "without storing it. Use CreateWhatIfAnalysis and CreateWhatIfForecast, or set "
            "FORECAST_BACKEND=local."
        )

    def data_state(self, connection: sa.Connection, group: str) -> None:
        """None: Amazon Forecast keeps no earlier rows."""

    def restore_data(self, connection: sa.Connection, group: str, state: Mapping[str, Any]) -> None:
        raise NotOffered(
            "Amazon Forecast keeps no earlier rows of a dataset, so none can come back."
        )

    def undo_import(self, connection: sa.Connection, group: str, job_name: str) -> None:
        """Do nothing: Amazon Forecast cannot remove rows from a dataset."""


class S3Bucket:
    """A bucket of Amazon S3."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def put(self, source: Path, uri: str) -> None:
        """Upload a file to ``s3://bucket/key``."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        with translate_errors():
            self.client.upload_file(str(source), bucket, key)

    def discard(self, uri: str) -> None:
        """Delete the files in a folder: Amazon Forecast has its own copy once they are imported.

        A failure is only logged: the files are no longer needed, and the work is done.
        """
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        try:
            with translate_errors():
                pages = self.client.get_paginator("list_objects_v2").paginate(
                    Bucket=bucket, Prefix=f"{prefix.rstrip('/')}/"
                )
                for key in [entry["Key"] for page in pages for entry in page.get("Contents", [])]:
                    self.client.delete_object(Bucket=bucket, Key=key)
        except ForecastServiceError as error:
            facts = {"event": "files_left", "uri": uri}
            logger.warning("files stay in %s: %s", uri, error.detail, extra=facts)


def error_code(error: ClientError) -> str:
    """Amazon's code of an error, such as ``ResourceNotFoundException``."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextlib.contextmanager
def translate_errors() -> Iterator[None]:
    """Translate errors of an AWS client into errors of the service.

    Raises
    ------
    BackendUnavailable
        AWS throttled the call, is at a limit, cannot be reached or failed. Another try may succeed.
    NotFound, Conflict, InvalidRequest, ConfigurationError
        The request cannot succeed as it is.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise _translate(error) from error
    except Exception as error:
        # upload_file raises errors of boto3 that have neither of these base classes.
        if type(error).__module__.startswith("boto3."):
            raise BackendUnavailable(
                f"Amazon S3 did not accept the file: {error}. Try again."
            ) from error
        raise


def _translate(error: ClientError | BotoCoreError) -> ForecastServiceError:
    if isinstance(error, ClientError):
        code, message = error_code(error), error.response.get("Error", {}).get("Message", "")
        kind = ERRORS.get(code, BackendUnavailable)
        again = " Try again in a moment." if kind is BackendUnavailable else ""
        operation = error.operation_name
        return kind(f"Amazon Forecast answered '{operation}' with {code}: {message}{again}")
    if isinstance(error, ParamValidationError):
        return InvalidRequest(f"Amazon Forecast does not accept a parameter: {error}")
    if type(error).__name__ in CREDENTIAL_ERRORS:
        return ConfigurationError(
            f"No AWS credentials were found ({error}). "
            "Set AWS_PROFILE or AWS_ACCESS_KEY_ID, or use FORECAST_BACKEND=local."
        )
    return BackendUnavailable(f"Amazon Forecast cannot be reached: {error}. Try again in a moment.")
