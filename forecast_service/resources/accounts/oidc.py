"""``/session/oidc``: log in at the identity provider, and come back from it."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING

import orjson
from flask import Request, Response, request

from forecast_service.accounts.caller import PUBLIC
from forecast_service.accounts.oidc.attempt import Attempt
from forecast_service.errors import NotFound, WrongCredentials
from forecast_service.resources.accounts.session import (
    address_of,
    redirect_after_log_in,
    see_other,
)
from forecast_service.resources.api import ServiceResource
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.user_requests import CallbackQuery, OidcQuery
from forecast_service.resources.gate.cookies import clear_cookie, read_cookie, set_cookie
from forecast_service.resources.gate.redirects import local_path
from forecast_service.resources.parsing import read_query
from forecast_service.service import Service

if TYPE_CHECKING:
    from forecast_service.accounts.oidc.provider import IdentityProvider

__all__ = ["OidcCallbackResource", "OidcResource"]

COOKIE = "forecast_oidc"
ATTEMPT_SECONDS = 600
ERROR_LENGTH = 100


class OidcResource(ServiceResource):
    """The way to the identity provider."""

    @documented(
        "Log in at the identity provider",
        scope=PUBLIC,
        query=OidcQuery,
        answers={303: None},
        errors=(401, 404, 422, 503),
    )
    def get(self) -> Response:
        """Send the browser there. 404 if no provider is configured."""
        wanted = local_path(read_query(request, OidcQuery).next)
        provider = required_provider(self.service)
        address, attempt = provider.begin(return_address(request), wanted)
        response = see_other(address)
        set_cookie(request, response, _packed(attempt), COOKIE, ATTEMPT_SECONDS)
        return response


class OidcCallbackResource(ServiceResource):
    """The way back from the identity provider."""

    @documented(
        "Come back from the identity provider",
        scope=PUBLIC,
        query=CallbackQuery,
        answers={303: None},
        errors=(401, 403, 404, 503),
    )
    def get(self) -> Response:
        """Log the user in, and send the browser to the page that it wanted."""
        provider = required_provider(self.service)
        attempt = _attempt_of(request)
        identity = provider.identity(attempt, return_address(request), _code_of(request, attempt))
        entered = self.service.identity_log_in.enter(identity, address_of(request))
        self.service.accounts_state.forget()
        response = redirect_after_log_in(request, entered, attempt.next)
        clear_cookie(request, response, COOKIE)
        return response


def required_provider(service: Service) -> IdentityProvider:
    """The identity provider.

    Raises
    ------
    NotFound
        None is configured.
    """
    if service.identity_provider is None:
        raise NotFound("No identity provider is configured. Log in with a password.")
    return service.identity_provider


def return_address(sent: Request) -> str:
    """Where the provider sends the browser back to: the host that it calls us by."""
    return f"{sent.host_url}session/oidc/callback"


def _code_of(sent: Request, attempt: Attempt) -> str:
    state = sent.args.get("state", "")
    if not hmac.compare_digest(state.encode(), attempt.state.encode()):
        raise WrongCredentials("The identity provider answered another log-in. Log in again.")
    error = sent.args.get("error")
    if error:
        raise WrongCredentials(
            f"The identity provider refused the log-in ('{error[:ERROR_LENGTH]}'). Log in again."
        )
    return sent.args.get("code", "")


def _packed(attempt: Attempt) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(attempt.to_dict())).decode()


def _attempt_of(sent: Request) -> Attempt:
    """The attempt that this browser began.

    Raises
    ------
    WrongCredentials
        There is none, or the cookie is not one of ours.
    """
    try:
        packed = read_cookie(sent, COOKIE) or ""
        return Attempt(**orjson.loads(base64.urlsafe_b64decode(packed)))
    except (binascii.Error, orjson.JSONDecodeError, TypeError, ValueError):
        raise WrongCredentials(
            "This browser began no log-in in the last ten minutes. Log in again."
        ) from None
