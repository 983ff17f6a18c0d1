"""``/openapi.json``: the description of every route, generated from the resources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response

from forecast_service.accounts.caller import PUBLIC
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.document.addresses import (
    GROUPS,
    PARAMETER,
    group_of,
    path_parameters,
)
from forecast_service.resources.contract.document.headers import HEADERS
from forecast_service.resources.contract.document.operations import operation_document
from forecast_service.resources.contract.document.schemas import Schemas
from forecast_service.resources.contract.document.security import SCHEMES
from forecast_service.resources.contract.documentation import documented
from forecast_service.service import Service

__all__ = ["OpenApiResource", "description"]

METHODS = ("get", "post", "put", "patch", "delete")
ABOUT = """What will a store sell in the coming days?

**Who may call.** While there is no account, programs on this machine need nothing. Otherwise send \
an API key as `Authorization: Bearer <key>` or as `X-API-Key: <key>`. A browser that logged in \
sends its cookie, and `X-CSRF-Token` with every change. 401 means that nobody is known to call; \
403 that the caller may not do this.

**Errors** are problem documents (RFC 9457). The `type` names the kind of error, `detail` says \
what helps. A browser (`Accept: text/html`) gets the same as a page.

**Every answer** has the header `X-Request-ID`; the log has the request under this identifier. \
Times are UTC, days are ISO 8601. The unit of a number is in `x-unit`.
"""

Routes = Sequence[tuple[str, type[ServiceResource]]]


class OpenApiResource(ServiceResource):
    """The description of the interface."""

    def __init__(self, service: Service, document: dict[str, Any]) -> None:
        super().__init__(service)
        self.document = document

    @documented(
        "This description (OpenAPI 3.1)",
        scope=PUBLIC,
        answers={200: None},
        other_types=("application/json",),
    )
    def get(self) -> Response:
        """The OpenAPI document; it stays the same while the process runs."""
        return json_response(self.document)


def description(routes: Routes, version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these routes; every route also exists under ``/v1``."""
    schemas = Schemas()
    paths = {PARAMETER.sub(r"{\1}", path): _path(path, kind, schemas) for path, kind in routes}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Retail demand forecasts", "version": version, "description": ABOUT},
        "servers": [{"url": "/"}, {"url": "/v1"}],
        "tags": [{"name": name} for name in dict.fromkeys((*GROUPS.values(), "Service"))],
        "paths": paths,
        "components": {
            "headers": HEADERS,
            "schemas": dict(sorted(schemas.by_name.items())),
            "responses": dict(sorted(schemas.refusals.items())),
            "securitySchemes": SCHEMES,
        },
    }


def _path(path: str, resource: type[ServiceResource], schemas: Schemas) -> dict[str, Any]:
    parameters = path_parameters(path)
    item: dict[str, Any] = {"parameters": parameters} if parameters else {}
    for method in METHODS:
        function = getattr(resource, method, None)
        if function is not None:
            name = f"{method}{resource.__name__}".removesuffix("Resource")
            document = operation_document(method, function, schemas)
            item[method] = {"operationId": name, "tags": [group_of(path)], **document}
    return item
