"""SignedRequests: the caller of a request to ``/aws``, by its signature."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Request

from forecast_service.accounts.caller import Caller
from forecast_service.accounts.known_keys import KnownKey, KnownKeys
from forecast_service.local.errors import WrongSignature
from forecast_service.local.wire import ENDPOINTS, limit_body
from forecast_service.resources.gate.signatures import ALGORITHM, read_signature

__all__ = ["SignedRequests", "names_its_host"]


class SignedRequests:
    """An AWS access key. From the first account on, ``/aws`` takes nothing else."""

    def __init__(self, keys: KnownKeys, has_accounts: Callable[[], bool]) -> None:
        self.keys = keys
        self.has_accounts = has_accounts

    def __call__(self, request: Request) -> Caller | None:
        """The caller whose AWS access key signed a request; None at other routes.

        Raises
        ------
        WrongSignature
            The signature is missing or wrong, or its key is.
        """
        if request.endpoint not in ENDPOINTS or not self.has_accounts():
            return None
        limit_body(request)
        signature = read_signature(request, datetime.now(UTC))
        key, secret = self._key(signature.access_key_id)
        if "X-Amz-Security-Token" in request.headers:  # it is of a temporary key: we make none
            raise _unknown()
        signature.check(request, secret)
        self.keys.note_use(key)
        return key.caller

    def _key(self, access_key_id: str) -> tuple[KnownKey, str]:
        key = self.keys.aws_key(access_key_id)
        if key is None or key.aws_secret is None:
            raise _unknown()
        if key.has_ended():
            raise WrongSignature(
                "ExpiredTokenException", "The security token included in the request is expired"
            )
        return key, key.aws_secret


def _unknown() -> WrongSignature:
    return WrongSignature(
        "UnrecognizedClientException", "The security token included in the request is invalid."
    )


def names_its_host(request: Request) -> bool:
    """Whether a signature covers the host that a request names, so that no page invented it.

    Without accounts it is not checked, but then only this machine is answered, by its own names.
    """
    header: str = request.environ.get("HTTP_AUTHORIZATION", "")
    return request.endpoint in ENDPOINTS and header.startswith(ALGORITHM)
