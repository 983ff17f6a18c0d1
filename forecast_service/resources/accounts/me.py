"""``/me``: who makes the request, and what they may do."""

from __future__ import annotations

from typing import Any

from flask import Response, g

from forecast_service.accounts.caller import KNOWN, SCOPES, Caller
from forecast_service.common.names import natural_order
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.gate.access import caller
from forecast_service.storage.limits import Limits

__all__ = ["MeResource", "caller_document", "limits_document"]


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


def caller_document(found: Caller) -> dict[str, Any]:
    """The JSON of a caller. The gate notes the token and the language of a user's session in ``g``
    as ``csrf_token`` and ``language``."""
    return {
        "kind": found.kind,
        "name": found.name,
        "role": found.role,
        "scopes": [scope for scope in SCOPES if found.may(scope)],
        "limits": limits_document(found.limits),
        "csrf_token": g.get("csrf_token"),
        "language": g.get("language"),
    }


def limits_document(limits: Limits) -> dict[str, list[str] | None]:
    """The JSON of limits; null twice: every store."""
    return {"stores": _sorted(limits.stores), "regions": _sorted(limits.regions)}


def _sorted(names: frozenset[str] | None) -> list[str] | None:
    return None if names is None else sorted(names, key=natural_order)
