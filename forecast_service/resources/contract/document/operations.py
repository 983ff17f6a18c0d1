"""One operation of ``/openapi.json``: parameters, body, answers, errors, and who may call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from inspect import getdoc
from typing import Any

from pydantic import BaseModel

from forecast_service.accounts.caller import PUBLIC, SCOPES
from forecast_service.importer.options import ROLES
from forecast_service.resources.contract.answers import ANSWERS
from forecast_service.resources.contract.document.headers import answer_headers
from forecast_service.resources.contract.document.schemas import Schema, Schemas
from forecast_service.resources.contract.document.security import security_of
from forecast_service.resources.contract.documentation import Operation, Refusal
from forecast_service.resources.contract.problem import kinds_of

__all__ = ["operation_document"]

JSON_TYPE = "application/json"
ALWAYS_POSSIBLE: tuple[Refusal, ...] = (403, 405, 413, 500, 503)
WITH_A_BODY: tuple[Refusal, ...] = (400, 408, 411)
CSV_EXAMPLE = "store,date,sales,promo,open\n1,2026-08-30,121,0,1\n2,2026-08-30,96,0,1\n"
BINARY = {"type": "string", "format": "binary"}


def operation_document(
    method: str, function: Callable[..., Any], schemas: Schemas
) -> dict[str, Any]:
    """The description of a method that ``documented`` describes."""
    operation: Operation = function.operation  # type: ignore[attr-defined]
    document: dict[str, Any] = {
        "summary": operation.summary,
        "description": _description(function, operation),
        "responses": {**_answers(operation, schemas), **_errors(operation, schemas)},
    }
    if operation.query is not None:
        document["parameters"] = _query(operation, operation.query, schemas)
    body = _body(operation, schemas)
    if body is not None:
        document["requestBody"] = {"required": True, "content": body}
    if operation.scope != PUBLIC:
        document["security"] = security_of(method, operation.scope)
    return document


def _description(function: Callable[..., Any], operation: Operation) -> str:
    text = getdoc(function) or ""
    scope = f"Needs the scope `{operation.scope}`." if operation.scope in SCOPES else ""
    return "\n\n".join(part for part in (text.replace("``", "`"), scope) if part)


def _query(operation: Operation, model: type[BaseModel], schemas: Schemas) -> list[Schema]:
    schema = schemas.of(model)
    required = schema.get("required", [])
    filled_in = {} if operation.body else next(iter(operation.examples.values()), {})
    parameters = []
    for name, field in schema["properties"].items():
        parameter = {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": field.pop("description", ""),
            "schema": _without_null(field),
        }
        if name in filled_in:
            parameter["example"] = filled_in[name]
        if name == "store_numbers":
            parameter |= {"style": "form", "explode": False}
        parameters.append(parameter)
    return parameters


def _without_null(field: Schema) -> Schema:
    """The schema of a parameter that may be left out: a text in an address is never null."""
    choices = [each for each in field.pop("anyOf", ()) if each != {"type": "null"}]
    if field.get("default", 0) is None:
        del field["default"]
    if "enum" in field:
        field["enum"] = [value for value in field["enum"] if value is not None]
    if len(choices) == 1:
        return {**choices[0], **field}
    return {**field, "anyOf": choices} if choices else field


def _body(operation: Operation, schemas: Schemas) -> dict[str, Any] | None:
    if operation.body is None:
        return {kind: _file(kind) for kind in operation.body_types} or None
    content: dict[str, Any] = {"schema": schemas.reference(operation.body)}
    if operation.examples:
        examples = {words: {"value": value} for words, value in operation.examples.items()}
        content["examples"] = examples
    return {JSON_TYPE: content}


def _file(media_type: str) -> dict[str, Any]:
    """A file as the body, or files by their roles as parts of a form."""
    if media_type == "text/csv":
        return {"schema": {"contentMediaType": media_type}, "example": CSV_EXAMPLE}
    if not media_type.startswith("multipart/"):
        return {"schema": BINARY}
    return {
        "schema": {
            "type": "object",
            "description": "Files by role. The parameters may also be text fields of the form.",
            "properties": {
                name: {**BINARY, "description": f"File of {words}."} for name, words in FILES
            },
        }
    }


FILES = [(name, "coming days" if name == "future" else name) for name in ROLES]


def _answers(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for status, name in operation.answers.items():
        answer: dict[str, Any] = {
            "description": HTTPStatus(status).phrase,
            "headers": answer_headers(operation, status),
        }
        content: dict[str, Any] = {}
        if name is not None:
            schema = schemas.reference(ANSWERS[name])
            example = schemas.example(schema)
            special = operation.answer_examples.get(status)
            content[JSON_TYPE] = {
                "schema": schema,
                "example": example if special is None else {**example, **special},
            }
        if name is not None or status < HTTPStatus.MULTIPLE_CHOICES:
            content.update({kind: {} for kind in operation.other_types})
        answers[str(status)] = {**answer, "content": content} if content else answer
    return answers


def _errors(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    kinds = kinds_of(_refusals(operation))
    return {str(status): schemas.refusal(status, names) for status, names in kinds.items()}


def _refusals(operation: Operation) -> Iterable[Refusal]:
    yield from ALWAYS_POSSIBLE
    if operation.body or operation.body_types:
        yield from WITH_A_BODY
    if operation.scope != PUBLIC:
        yield from (401, 429)
    yield from operation.errors
