"""Checking: whether credentials, endpoint, bucket and role of Amazon Forecast can be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from forecast_service.aws import error_code, translate_errors
from forecast_service.errors import ConfigurationError, ForecastServiceError, NotFound
from forecast_service.session import open_amazon_session
from forecast_service.settings import Settings
from forecast_service.storage.objects.aws_clients import client_maker

__all__ = ["check_amazon"]

PRINCIPAL = "forecast.amazonaws.com"
PROBE = "imports/.check"


def check_amazon(settings: Settings) -> Iterator[tuple[str, str, ForecastServiceError | None]]:
    """For each part: its name, what was found, and the error if it cannot be used."""
    parts: dict[str, Callable[[Settings], str]] = {
        "credentials": _credentials,
        "endpoint": _endpoint,
        "bucket": _bucket,
        "role": _role,
    }
    for name, check in parts.items():
        try:
            with translate_errors():
                yield name, check(settings), None
        except ForecastServiceError as error:
            yield name, "", error


def _client(settings: Settings, service: str) -> Any:
    return client_maker(settings)(service)


def _credentials(settings: Settings) -> str:
    """Ask STS whose credentials these are."""
    return f"calls are made as {_client(settings, 'sts').get_caller_identity()['Arn']}"


def _endpoint(settings: Settings) -> str:
    """Call Amazon Forecast once."""
    client = open_amazon_session(settings).forecast
    client.list_dataset_groups(MaxResults=1)
    return f"Amazon Forecast answers at {client.meta.endpoint_url}"


def _bucket(settings: Settings) -> str:
    """Write a small file to the bucket, and delete it."""
    client = _client(settings, "s3")
    client.put_object(Bucket=settings.bucket, Key=PROBE, Body=b"")
    client.delete_object(Bucket=settings.bucket, Key=PROBE)
    return f"files can be written to s3://{settings.bucket}"


def _role(settings: Settings) -> str:
    """Look whether the role exists, and whether Amazon Forecast may assume it."""
    name = settings.role_arn.rpartition("/")[2]
    try:
        role = _client(settings, "iam").get_role(RoleName=name)["Role"]
    except ClientError as error:
        code = error_code(error)
        if code.startswith("AccessDenied"):
            return f"not checked: these credentials lack iam:GetRole ('{settings.role_arn}')"
        if code == "NoSuchEntity":
            raise NotFound(
                f"The role '{settings.role_arn}' of FORECAST_ROLE_ARN does not exist. Make it, or "
                "name another one."
            ) from error
        raise
    if role["Arn"] != settings.role_arn:
        raise ConfigurationError(
            f"FORECAST_ROLE_ARN is '{settings.role_arn}', but the role of this account is "
            f"'{role['Arn']}'. Set FORECAST_ROLE_ARN to that."
        )
    if PRINCIPAL not in str(role["AssumeRolePolicyDocument"]):
        raise ConfigurationError(
            f"Amazon Forecast may not assume the role '{settings.role_arn}': its trust policy does "
            f"not name '{PRINCIPAL}'. Add it."
        )
    return f"Amazon Forecast may assume {settings.role_arn}"
