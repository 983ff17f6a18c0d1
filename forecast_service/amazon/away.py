"""Away: why Amazon Forecast cannot be used, read from the error of a call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from forecast_service.aws import CREDENTIAL_ERRORS, error_code
from forecast_service.errors import ForecastServiceError

__all__ = ["Away", "why_away"]

THROTTLED = ("Throttl", "LimitExceeded", "TooManyRequests", "RequestLimit", "SlowDown")
CLOSED_CODES = ("SubscriptionRequired", "OptInRequired", "OperationNotAllowed")
CLOSED_WORDS = re.compile(r"new customer|no longer (available|open|accept)|not subscribed", re.I)
DENIED = (
    *("AccessDenied", "UnrecognizedClient", "InvalidSignature", "IncompleteSignature"),
    *("InvalidClientTokenId", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"),
)
SERVER_ERROR = 500


@dataclass(frozen=True)
class Away:
    """Amazon Forecast cannot be used now."""

    reason: str
    """no_credentials, access_denied, closed, throttled or unreachable."""
    detail: str
    """The sentence of the error."""
    passes: bool
    """Whether waiting may help."""


def why_away(error: ForecastServiceError) -> Away | None:
    """Why Amazon cannot be used; None if the error is about the request, or not of Amazon."""
    for cause in _causes(error):
        if isinstance(cause, ClientError):
            reason = _reason_of(cause)
            return None if reason is None else _away(reason, error)
        if type(cause).__name__ in CREDENTIAL_ERRORS:
            return _away("no_credentials", error)
        if isinstance(cause, BotoCoreError) and error.retryable:
            return _away("unreachable", error)
    return None


def _away(reason: str, error: ForecastServiceError) -> Away:
    return Away(reason, error.detail, passes=reason in ("throttled", "unreachable"))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The errors behind an error; boto3's upload errors hide Amazon's own as their context."""
    cause = error.__cause__ or error.__context__
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _reason_of(error: ClientError) -> str | None:
    code = error_code(error)
    message = error.response.get("Error", {}).get("Message", "")
    if code.startswith(CLOSED_CODES) or (
        code.startswith(DENIED) and CLOSED_WORDS.search(message) is not None
    ):
        return "closed"
    if code.startswith(DENIED):
        return "access_denied"
    if code.startswith(THROTTLED):
        return "throttled"
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return "unreachable" if status >= SERVER_ERROR else None
