"""``/me``: who makes the request, and what they may do."""

from __future__ import annotations

from typing import Any

from flask import Response, g, request

from forecast_service.accounts.caller import KNOWN, SCOPES, Caller
from forecast_service.errors import Conflict
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.accounts.user_requests import MeBody
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.refusals import (
    OF_BODIES,
    OF_STATES,
)
from forecast_service.resources.gate.access import caller
from forecast_service.resources.parsing import json_body

__all__ = ["MeResource", "caller_document"]


class MeResource(ServiceResource):
    """The caller of the request."""

    @documented(
        "Who I am, and what I may do", scope=KNOWN, answers={200: "CallerAnswer"}, errors=(401,)
    )
    def get(self) -> Response:
        """The caller of this request."""
        return json_response(
            caller_document(caller()), headers={"Cache-Control": "private, no-store"}
        )

    @documented(
        "Choose the language of the pages",
        scope=KNOWN,
        body=MeBody,
        answers={200: "CallerAnswer"},
        errors=(*OF_BODIES, *OF_STATES),
        examples={"German": {"language": "de"}},
    )
    def patch(self) -> Response:
        """The user with the new language; keys have none."""
        body = json_body(request, MeBody)
        user = caller()
        if user.kind != "user":
            raise Conflict(f"'{user.name}' is not a user, so it has no language.")
        self.service.users.change(user.name, {"language": body.language})
        g.language = body.language
        return self.get()


def caller_document(found: Caller) -> dict[str, Any]:
    """The JSON of a caller. The gate notes the token and the language of a user's session in ``g``
    as ``csrf_token`` and ``language``."""
    return {
        "kind": found.kind,
        "name": found.name,
        "role": found.role,
        "scopes": [scope for scope in SCOPES if found.may(scope)],
        "limits": found.limits.document(),
        "csrf_token": g.get("csrf_token"),
        "language": g.get("language"),
    }
