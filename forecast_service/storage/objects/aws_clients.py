"""boto3 clients: the only module that imports boto3."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import NoCredentialsError

from forecast_service.settings import Settings

__all__ = ["client_maker"]

CONNECT_TIMEOUT_SECONDS = 5
SESSION_NAME = "forecast-service"


def client_maker(settings: Settings, role_arn: str | None = None) -> Callable[[str], Any]:
    """A function that makes clients; they share one look-up of credentials.

    With ``role_arn``, STS gives the credentials of that role, and renews them before they expire.

    Raises
    ------
    BotoCoreError
        There is no profile of this name; with a role, there are no credentials at all.
    """
    import boto3  # costs 50 ms and is not needed without AWS

    # Only the standard mode retries LimitExceededException, which asks for fewer calls.
    config = Config(
        connect_timeout=min(CONNECT_TIMEOUT_SECONDS, settings.aws_timeout_seconds),
        read_timeout=settings.aws_timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": settings.aws_attempts},
    )
    aws: Any = boto3.session.Session(region_name=settings.region)  # the stubs type each AWS service
    if role_arn is not None:
        aws = _assumed(aws, partial(aws.client, config=config), role_arn)
    return partial(aws.client, config=config)


def _assumed(aws: Any, make_client: Callable[..., Any], role_arn: str) -> Any:
    """A session with the credentials of a role."""
    import boto3
    import botocore.session

    source = aws.get_credentials()
    if source is None:
        raise NoCredentialsError
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=make_client,
        source_credentials=source,
        role_arn=role_arn,
        extra_args={"RoleSessionName": SESSION_NAME},
    )
    session: Any = botocore.session.Session()
    session._credentials = DeferredRefreshableCredentials(
        refresh_using=fetcher.fetch_credentials, method="assume-role"
    )
    return boto3.session.Session(botocore_session=session, region_name=aws.region_name)
