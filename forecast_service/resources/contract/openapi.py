"""``/openapi.json``: the description of every route, generated from the resources."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import Response
from pydantic import BaseModel

from forecast_service.accounts.caller import KNOWN, PUBLIC
from forecast_service.importer.options import ROLES
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.answers import ANSWERS, Problem
from forecast_service.resources.contract.documentation import Operation, documented
from forecast_service.resources.contract.import_requests import ImportQuery
from forecast_service.resources.contract.requests import schema_of
from forecast_service.resources.problems import PROBLEM_TYPE
from forecast_service.service import Service

__all__ = ["OpenApiResource", "description"]

METHODS = ("get", "post", "patch", "delete")
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
ALWAYS_POSSIBLE = (403, 405, 500)
WITH_A_BODY = (400, 408, 411, 413)
SECURITY_SCHEMES = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "keyHeader": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}

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
    schemas: dict[str, Any] = {}
    paths = {PARAMETER.sub(r"{\1}", path): _path(path, kind, schemas) for path, kind in routes}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Retail demand forecasts",
            "version": version,
            "description": "What will a store sell in the coming days? Every error is a "
            "problem document (RFC 9457). Every answer has the header X-Request-ID.",
        },
        "servers": [{"url": "/"}, {"url": "/v1"}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _path(path: str, resource: type[ServiceResource], schemas: dict[str, Any]) -> dict[str, Any]:
    item: dict[str, Any] = {}
    names = PARAMETER.findall(path)
    if names:
        item["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in names
        ]
    for method in METHODS:
        function = getattr(resource, method, None)
        if function is not None:
            item[method] = _operation(f"{method}{resource.__name__}", function.operation, schemas)
    return item


def _operation(identifier: str, operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "operationId": identifier.removesuffix("Resource"),
        "summary": operation.summary,
        "responses": _responses(operation, schemas),
    }
    if operation.scope != PUBLIC:
        document["security"] = [{name: []} for name in SECURITY_SCHEMES]
    if operation.scope not in (PUBLIC, KNOWN):
        document["description"] = f"Needs the scope `{operation.scope}`."
    if operation.query is not None:
        document["parameters"] = _query(operation.query, schemas)
    body = _body(operation, schemas)
    if body is not None:
        document["requestBody"] = {"required": True, "content": body}
    return document


def _query(model: type[BaseModel], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    schema = schema_of(model)
    schemas.update(schema.pop("$defs", {}))
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": property_schema,
            **({"style": "form", "explode": False} if name == "store_numbers" else {}),
        }
        for name, property_schema in schema["properties"].items()
    ]


def _body(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any] | None:
    if operation.body is not None:
        return {"application/json": {"schema": _reference(operation.body, schemas)}}
    return {kind: {"schema": _file(kind)} for kind in operation.body_types} or None


def _file(media_type: str) -> dict[str, Any]:
    if not media_type.startswith("multipart/"):
        return {"type": "string", "format": "binary"}
    options = schema_of(ImportQuery)["properties"]
    return {
        "type": "object",
        "properties": {**{n: {"type": "string", "format": "binary"} for n in ROLES}, **options},
    }


def _responses(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, name in operation.answers.items():
        answer: dict[str, Any] = {"description": HTTPStatus(status).phrase}
        if name is not None:
            answer["content"] = {"application/json": {"schema": _reference(ANSWERS[name], schemas)}}
            answer["content"].update({kind: {} for kind in operation.other_types})
        elif operation.other_types:
            answer["content"] = {kind: {} for kind in operation.other_types}
        responses[str(status)] = answer
    problem = {"schema": _reference(Problem, schemas)}
    of_body = WITH_A_BODY if operation.body or operation.body_types else ()
    of_caller = () if operation.scope == PUBLIC else (401, 429)
    for status in sorted({*operation.errors, *ALWAYS_POSSIBLE, *of_body, *of_caller}):
        phrase = HTTPStatus(status).phrase
        responses[str(status)] = {"description": phrase, "content": {PROBLEM_TYPE: problem}}
    return responses


def _reference(model: type[BaseModel], schemas: dict[str, Any]) -> dict[str, str]:
    if model.__name__ not in schemas:
        schema = schema_of(model)
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    return {"$ref": f"#/components/schemas/{model.__name__}"}
