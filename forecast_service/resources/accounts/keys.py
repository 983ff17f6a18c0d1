"""``/keys``: API keys, for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, request

from forecast_service.accounts.caller import SCOPES
from forecast_service.accounts.keys import Key, Keys
from forecast_service.common.instants import utc_text
from forecast_service.errors import (
    UnknownRegion,
    UnknownStore,
)
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.accounts.account_requests import KeyBody
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.refusals import (
    OF_BODIES,
    OF_NAMES,
    OF_STATES,
    OF_WRITING,
)
from forecast_service.resources.gate.access import caller
from forecast_service.resources.parsing import checked_name, json_body
from forecast_service.storage.limits import Limits

__all__ = ["KeyResource", "KeysResource", "key_document", "new_key_document"]

NEVER_STORED = {"Cache-Control": "private, no-store"}


class KeysResource(ServiceResource):
    """All API keys."""

    @documented("The API keys, newest first", scope="admin", answers={200: "ApiKeys"})
    def get(self) -> Response:
        """The keys without their secrets, also revoked ones."""
        documents = [key_document(key) for key in self.service.keys.list()]
        return json_response({"keys": documents}, headers=NEVER_STORED)

    @documented(
        "Make an API key",
        scope="admin",
        body=KeyBody,
        answers={201: "NewApiKey"},
        errors=(*OF_BODIES, UnknownStore, UnknownRegion, *OF_STATES, *OF_WRITING),
        examples={
            "For a dashboard": {"name": "dashboards", "scopes": ["read"]},
            "For an AWS SDK": {"name": "pipeline", "scopes": ["read", "train"], "aws": True},
        },
    )
    def post(self) -> Response:
        """201 with the key, which is shown this once. From the first one on, all need a key."""
        body = json_body(request, KeyBody)
        ends = body.expires_at
        key, text = self.service.keys.create(
            body.name,
            body.scopes,
            limits=Limits(_names(body.stores), _names(body.regions)),
            expires_at=None if ends is None else datetime.fromisoformat(ends).timestamp(),
            aws=body.aws,
            account_id=body.account_id,
            created_by=caller().name,
        )
        self.service.accounts_state.forget()
        document = new_key_document(self.service.keys, key, text)
        return json_response(document, 201, {**NEVER_STORED, "Location": f"/keys/{key.id}"})


class KeyResource(ServiceResource):
    """One API key."""

    @documented(
        "Revoke an API key",
        scope="admin",
        answers={200: "ApiKey"},
        errors=(*OF_NAMES, *OF_WRITING),
    )
    def delete(self, key_id: str) -> Response:
        """The key, useless from now on; within a second in every process."""
        key = self.service.keys.revoke(checked_name(key_id, "key_id"))
        self.service.accounts_state.forget()
        return json_response(key_document(key), headers=NEVER_STORED)


def key_document(key: Key) -> dict[str, Any]:
    """The JSON of a key, without its secret; times in UTC."""
    return {
        "id": key.id,
        "name": key.name,
        "start": key.start,
        "scopes": [scope for scope in SCOPES if scope in key.scopes],
        "limits": key.limits.document(),
        "created_by": key.created_by,
        "created_at": utc_text(key.created_at),
        "expires_at": utc_text(key.expires_at),
        "revoked_at": utc_text(key.revoked_at),
        "last_used_at": utc_text(key.last_used_at),
        "aws_access_key_id": key.aws_access_key_id,
        "account_id": key.account_id,
    }


def new_key_document(keys: Keys, key: Key, text: str) -> dict[str, Any]:
    """The JSON of a key that was just made, with its secrets."""
    return {**key_document(key), "key": text, "aws_secret_access_key": keys.aws_secret(key)}


def _names(names: list[Any] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(str(name) for name in names)
