"""Read a request into a checked value. A refusal points to every wrong field."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar, get_args

import orjson
from flask import Request
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, LengthRequired, UnsupportedMediaType

from forecast_service.common.sentences import sentence
from forecast_service.errors import FieldError, InvalidRequest, UnknownField
from forecast_service.resources.contract.requests import NAME_LENGTH

__all__ = [
    "BODY_BYTES",
    "TRUE_WORDS",
    "WITHOUT_LENGTH",
    "as_number",
    "checked_name",
    "json_body",
    "query_values",
    "read_model",
    "read_query",
    "require_length",
    "text_values",
]

Model = TypeVar("Model", bound=BaseModel)

SHOWN_ERRORS = 20
INTEGER_DIGITS = 18
BODY_BYTES = 8 * 1024 * 1024  # longest JSON body
WITHOUT_LENGTH = "forecast_service.without_length"
"""Key in the WSGI environment: the server received neither a length nor chunks."""
TRUE_WORDS = {"true": True, "1": True, "false": False, "0": False}


def json_body(request: Request, model: type[Model]) -> Model:
    """Read the JSON body as this model.

    Raises
    ------
    UnsupportedMediaType, BadRequest, LengthRequired, RequestEntityTooLarge
        The body is not JSON, or it is too long or has no length.
    InvalidRequest
        The body is JSON, but the model does not allow it.
    """
    if request.mimetype != "application/json":
        kind = f"'{request.mimetype[:100]}'" if request.mimetype else "missing"
        raise UnsupportedMediaType(
            f"The Content-Type of the body is {kind}. Send 'application/json'."
        )
    if WITHOUT_LENGTH in request.environ:  # otherwise an empty body is just no JSON
        require_length(request)
    limit = request.max_content_length
    request.max_content_length = BODY_BYTES if limit is None else min(limit, BODY_BYTES)
    sent = request.get_data(cache=False)
    if not sent.strip():
        raise BadRequest("The body is empty. Send one JSON object.")
    try:
        body = orjson.loads(sent)
    except orjson.JSONDecodeError as error:
        raise BadRequest(
            f"The body is not valid JSON (line {error.lineno}, column {error.colno}). Send one "
            "JSON object."
        ) from error
    return read_model(model, body)


def require_length(request: Request) -> None:
    """Refuse a request whose body has no stated end.

    Raises
    ------
    LengthRequired
        There is neither a Content-Length nor a body in chunks.
    """
    if request.content_length is None and "Transfer-Encoding" not in request.headers:
        raise LengthRequired("The length of the body is missing. Send Content-Length, or chunks.")


def read_query(request: Request, model: type[Model]) -> Model:
    """Read the query string as this model. Texts become numbers where the field is a number.

    Raises
    ------
    InvalidRequest
        A name is unknown or sent twice, or its value is not allowed.
    """
    return read_model(model, query_values(request, model), "?")


def query_values(
    request: Request, model: type[BaseModel], *, repeated: Collection[str] = ()
) -> dict[str, Any]:
    """The parameters of a query string as JSON values; lists for the names in ``repeated``.

    Raises
    ------
    InvalidRequest
        A name that is not in ``repeated`` is sent twice.
    """
    return text_values(request.args, model, repeated=repeated)


def text_values(
    sent: MultiDict[str, str], model: type[BaseModel], *, repeated: Collection[str] = ()
) -> dict[str, Any]:
    """Parameters of a query string or a form by name; see ``query_values``."""
    values: dict[str, Any] = {}
    for name, texts in sent.lists():
        if name in repeated:
            values[name] = texts
            continue
        if len(texts) > 1:
            raise InvalidRequest(f"'{name[:100]}' is sent {len(texts)} times. Send it once.")
        field = model.model_fields.get(name)
        values[name] = _typed(texts[0], None if field is None else field.annotation)
    return values


def as_number(text: str) -> int | str:
    """A whole number in the form of JSON becomes an int; ``007`` and ``S1`` stay text."""
    if text.isascii() and text.isdigit() and len(text) <= INTEGER_DIGITS and str(int(text)) == text:
        return int(text)
    return text


def checked_name(text: str, field: str) -> str:
    """Check a name from the path of an address, and return it.

    Raises
    ------
    InvalidRequest
        The name is too long, or has control characters.
    """
    if len(text) > NAME_LENGTH or any(character < " " for character in text):
        raise InvalidRequest(
            f"'{field}' in the address is not a name. A name has at most {NAME_LENGTH} characters "
            "and no control characters."
        )
    return text.strip()


def _typed(text: str, annotation: Any) -> Any:
    kinds = _kinds(annotation)
    if bool in kinds:
        return TRUE_WORDS.get(text.lower(), text)
    if int in kinds and str not in kinds:
        number = as_number(text.removeprefix("-"))
        return -number if isinstance(number, int) and text.startswith("-") else as_number(text)
    return text


def _kinds(annotation: Any) -> set[Any]:
    """The plain types in an annotation: ``Annotated[int, ...] | None`` is int and NoneType."""
    if isinstance(annotation, type):
        return {annotation}
    return set().union(*(_kinds(part) for part in get_args(annotation)))


def read_model(model: type[Model], value: Any, prefix: str = "") -> Model:
    """Check ``value`` as this model. ``prefix`` is ``?`` for a query string.

    Raises
    ------
    InvalidRequest
        There is one finding per wrong field.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _refusal(error, model, prefix) from error


def _refusal(error: ValidationError, model: type[BaseModel], prefix: str) -> InvalidRequest:
    grouped: dict[str, list[Any]] = {}
    for finding in error.errors(include_url=False):
        grouped.setdefault(_pointer(finding["loc"], prefix), []).append(finding)
    errors = [
        FieldError(pointer, sentence(findings, _names_around(model, findings[0]["loc"])))
        for pointer, findings in grouped.items()
    ]
    types = {finding["type"] for findings in grouped.values() for finding in findings}
    kind = UnknownField if types == {"extra_forbidden"} else InvalidRequest
    return kind(_sentence(errors, prefix), errors=tuple(errors[:SHOWN_ERRORS]))


def _sentence(errors: list[FieldError], prefix: str) -> str:
    where = "query" if prefix else "body"
    name = errors[0].pointer.removeprefix("?")
    subject = f"'{name}' in the {where}" if name else f"The {where}"
    more = f" ({len(errors) - 1} more under 'errors')" if len(errors) > 1 else ""
    return f"{subject} {errors[0].detail}{more}."


def _names_around(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Names of the fields that are allowed at this place."""
    for part in location[:-1]:
        field = model.model_fields.get(str(part))
        kinds = _kinds(None if field is None else field.annotation)
        model = next((kind for kind in kinds if issubclass(kind, BaseModel)), model)
    return [field.alias or name for name, field in model.model_fields.items()]


def _pointer(location: tuple[int | str, ...], prefix: str) -> str:
    # For a union, pydantic adds the name of the alternative, which the request does not contain.
    parts = [part for part in location if not _is_alternative(part)]
    if prefix and parts:
        return prefix + ".".join(str(part)[:100] for part in parts)
    return "".join(f"/{_escaped(part)}" for part in parts)


def _is_alternative(part: int | str) -> bool:
    return isinstance(part, str) and (
        part in {"int", "str", "float"}
        or part.startswith(("constrained-", "function-after[", "list["))
    )


def _escaped(part: int | str) -> str:
    return str(part)[:100].replace("~", "~0").replace("/", "~1")
