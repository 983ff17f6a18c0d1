"""The identity provider (OpenID Connect), spoken to by Authlib: authorization code with PKCE.

Imported only where FORECAST_OIDC_ISSUER is set.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.base_client.sync_app import BaseApp, OAuth2Mixin
from authlib.integrations.base_client.sync_openid import OpenIDMixin
from authlib.integrations.requests_client import OAuth2Session
from joserfc.errors import JoseError

from forecast_service.accounts.oidc.attempt import Attempt
from forecast_service.accounts.oidc.identity import Identity
from forecast_service.errors import BackendUnavailable, ConfigurationError, WrongCredentials
from forecast_service.settings import Settings

__all__ = ["IdentityProvider"]

DISCOVERY = "/.well-known/openid-configuration"
TIMEOUT_SECONDS = 10.0
LEEWAY_SECONDS = 60  # clocks of two machines differ
# With a shared secret as key, or none, everybody who knows the client could sign.
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
NAME_CLAIMS = ("preferred_username", "email", "sub")


class _Application(OAuth2Mixin, OpenIDMixin, BaseApp):  # type: ignore[misc]
    """Authlib's client without a web framework; ours keeps what belongs to an attempt."""

    client_cls = OAuth2Session

    def load_server_metadata(self) -> dict[str, Any]:
        found: dict[str, Any] = super().load_server_metadata()
        offered = found.get("id_token_signing_alg_values_supported") or ["RS256"]
        usable = [name for name in offered if name in SIGNATURES]
        found["id_token_signing_alg_values_supported"] = usable
        return found


class IdentityProvider:
    """The configured provider.

    Raises
    ------
    ConfigurationError
        FORECAST_OIDC_CLIENT_ID is missing.
    """

    def __init__(self, settings: Settings) -> None:
        secret = settings.oidc_client_secret
        if not settings.oidc_client_id:
            raise ConfigurationError(
                "FORECAST_OIDC_ISSUER is set, but FORECAST_OIDC_CLIENT_ID is not. Set both, or "
                "none of them."
            )
        self.issuer = (settings.oidc_issuer or "").rstrip("/")
        self.client_id = settings.oidc_client_id
        self.role_claim = settings.oidc_role_claim
        self.application = _Application(
            None,
            client_id=self.client_id,
            client_secret=None if secret is None else secret.get_secret_value(),
            server_metadata_url=f"{self.issuer}{DISCOVERY}",
            client_kwargs={
                "scope": settings.oidc_scopes,
                "code_challenge_method": "S256",
                "default_timeout": TIMEOUT_SECONDS,
                **({} if secret else {"token_endpoint_auth_method": "none"}),
            },
        )

    def begin(self, redirect_uri: str, wanted: str) -> tuple[str, Attempt]:
        """The address at the provider to which the browser goes, and the attempt to remember.

        Raises
        ------
        BackendUnavailable
            The provider did not answer.
        """
        with _translated():
            self._refuse_other_issuer()
            made = self.application.create_authorization_url(redirect_uri)
        attempt = Attempt(made["state"], made["nonce"], made["code_verifier"], wanted)
        return made["url"], attempt

    def identity(self, attempt: Attempt, redirect_uri: str, code: str) -> Identity:
        """Exchange the code with which the browser came back for the person's identity.

        Raises
        ------
        WrongCredentials
            The code or the provider's token is not valid for this attempt.
        BackendUnavailable
            The provider did not answer.
        """
        with _translated():
            token = self.application.fetch_access_token(
                redirect_uri, code=code, code_verifier=attempt.code_verifier
            )
            claims = self._claims(token, attempt.nonce)
            if self.role_claim not in claims:
                claims = {**self._user_info(token, claims["sub"]), **claims}
        return Identity(
            subject=_plain(f"{self.issuer} {claims['sub']}"),
            name=_plain(next(str(claims[name]) for name in NAME_CLAIMS if claims.get(name))),
            groups=_groups(claims.get(self.role_claim)),
        )

    def _claims(self, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        options = {
            "iss": {"essential": True, "value": self._issuer_of_tokens()},
            "aud": {"essential": True, "value": self.client_id},
            "exp": {"essential": True},
            "sub": {"essential": True},
        }
        claims = self.application.parse_id_token(
            token, nonce=nonce, claims_options=options, leeway=LEEWAY_SECONDS
        )
        if claims is None:
            raise WrongCredentials("The identity provider sent no identity. Log in again.")
        return dict(claims)

    def _user_info(self, token: Mapping[str, Any], subject: str) -> dict[str, Any]:
        """More claims; some providers have the groups only there."""
        if not self.application.load_server_metadata().get("userinfo_endpoint"):
            return {}
        found = dict(self.application.userinfo(token=token))
        if found.get("sub") != subject:
            raise WrongCredentials("The identity provider sent two identities. Log in again.")
        return found

    def _issuer_of_tokens(self) -> str:
        return str(self.application.load_server_metadata().get("issuer", ""))

    def _refuse_other_issuer(self) -> None:
        found = self._issuer_of_tokens()
        if found.rstrip("/") != self.issuer:
            raise BackendUnavailable(
                f"The identity provider calls itself '{found[:200]}', but FORECAST_OIDC_ISSUER is "
                f"'{self.issuer}'. Set it to the same address."
            )


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Raise errors of the libraries as ours."""
    try:
        yield
    except requests.RequestException as error:
        raise BackendUnavailable(
            "The identity provider did not answer as it should. Try again in a moment, or log in "
            "with a password."
        ) from error
    except (AuthlibBaseError, JoseError, ValueError, KeyError) as error:
        raise WrongCredentials(
            f"The answer of the identity provider is not valid ({_reason(error)}). Log in again."
        ) from error


def _reason(error: BaseException) -> str:
    if isinstance(error, AuthlibBaseError | JoseError):
        return str(error.description or error.error)[:200]
    return type(error).__name__


def _groups(value: Any) -> tuple[str, ...]:
    """The groups in a claim: a list, or one text."""
    values = value if isinstance(value, list) else [value]
    return tuple(each for each in values if isinstance(each, str))


def _plain(text: str) -> str:
    """A text that any database stores and any log shows."""
    return "".join(character if character.isprintable() else "?" for character in text)
