"""The local Amazon Forecast over HTTP (AWS JSON 1.1), for any AWS SDK."""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Request, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from forecast_service.common.disks import not_writable
from forecast_service.common.hosts import is_from_this_machine
from forecast_service.errors import (
    BackendUnavailable,
    ForecastServiceError,
    NotAllowed,
    Remedy,
    TooManyRequests,
    Unauthenticated,
)
from forecast_service.local import shapes
from forecast_service.local.client import LocalClient
from forecast_service.local.errors import Fault, WrongSignature

__all__ = ["ENDPOINTS", "Admit", "Asked", "blueprint", "limit_body"]

logger = logging.getLogger(__name__)

PATHS = ("/aws", "/aws/")
ENDPOINTS = ("aws.endpoint", "aws.endpoint_with_slash")
BODY_BYTES = 10 * 1024 * 1024  # of one request
CONTENT_TYPE = "application/x-amz-json-1.1"
SCOPE = re.compile(r"[\s,]Credential=[^/,\s]+/\d{8}/([a-z]{2,3}(?:-[a-z]+)+-\d{1,2})/")

OWN_KEY = "Make an AWS access key on the server with 'forecast-service keys create NAME --aws'."
WORDS = dict.fromkeys(Remedy, OWN_KEY)
"""What helps callers who are refused before their operation begins."""


@dataclass(frozen=True)
class Asked:
    """One request for an operation."""

    operation: str
    params: Mapping[str, Any]
    region: str


Admit = Callable[[Asked], str | None]
"""Refuses a request whose caller may not make it; else the caller's account, None: the usual."""


def this_machine_only(asked: Asked) -> None:
    """Refuse requests from other machines.

    Raises
    ------
    Fault
        A proxy or another machine sent the request.
    """
    if not is_from_this_machine(request.environ):
        raise Fault(
            "AccessDeniedException",
            "Without accounts, only programs on the same machine get answers. Call 127.0.0.1 "
            "without a proxy.",
        )


def blueprint(
    forecast: LocalClient, query: LocalClient, *, admit: Admit = this_machine_only
) -> Blueprint:
    """Routes ``/aws`` and ``/aws/``; the prefix of ``X-Amz-Target`` chooses the plane.

    A request is about the resources of the region that it is signed for, and of the account that
    ``admit`` names.
    """
    clients = {
        shapes.service_model(client.service).metadata["targetPrefix"]: client
        for client in (forecast, query)
    }
    routes = Blueprint("aws", __name__)

    def answer() -> Response:
        return _response(_perform(clients, admit), 200)

    routes.register_error_handler(Exception, _refusal)
    for path, name in zip(PATHS, ("endpoint", "endpoint_with_slash"), strict=True):
        routes.add_url_rule(path, name, answer, methods=["POST"], strict_slashes=False)
    return routes


def _perform(clients: Mapping[str, LocalClient], admit: Admit) -> bytes:
    client, operation = _target(clients)
    params = shapes.known_members(_body(), shapes.input_shape(client.service, operation))
    region = _region() or client.settings.region
    account_id = admit(Asked(operation, params, region)) or client.settings.account_id
    try:
        answer = client.at(region, account_id).invoke(operation, params)
    except shapes.ParamValidationError as error:
        raise Fault("ValidationException", str(error)) from error
    except shapes.ClientError as error:
        refusal = error.response["Error"]
        raise Fault(refusal["Code"], refusal["Message"]) from error
    if shapes.output_shape(client.service, operation) is None:
        return b""
    answer.pop("ResponseMetadata")
    return _encode(answer)


def _region() -> str | None:
    """The region in the signature of an AWS SDK; None without one."""
    found = SCOPE.search(request.headers.get("Authorization", ""))
    return found[1] if found else None


def _target(clients: Mapping[str, LocalClient]) -> tuple[LocalClient, str]:
    target = request.headers.get("X-Amz-Target", "")
    prefix, _, operation = target.partition(".")
    client = clients.get(prefix)
    if client is None or operation not in shapes.operations(client.service):
        raise Fault(
            "UnknownOperationException",
            f"X-Amz-Target '{target[:200]}' names no operation of Amazon Forecast. "
            "Use an AWS SDK, or a target like 'AmazonForecast.ListPredictors'.",
        )
    return client, operation


def _body() -> dict[str, Any]:
    if request.mimetype != CONTENT_TYPE:
        # A web page cannot send this type to another site without a preflight request.
        raise Fault("SerializationException", f"The content type must be {CONTENT_TYPE}.")
    limit_body(request)
    try:
        body = json.loads(request.get_data() or b"{}")
    except (ValueError, RecursionError) as error:
        raise Fault("SerializationException", "The body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise Fault("SerializationException", "The body is not a JSON object.")
    return body


def limit_body(request: Request) -> None:
    """Refuse bodies that are too long, when the body is read."""
    request.max_content_length = min(BODY_BYTES, request.max_content_length or BODY_BYTES)


def _encode(answer: Mapping[str, Any]) -> bytes:
    return json.dumps(answer, default=_epoch, ensure_ascii=False, allow_nan=False).encode()


def _epoch(value: Any) -> float:
    """A time as epoch seconds with milliseconds."""
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    raise TypeError(f"{type(value).__name__} cannot be sent")


def _refusal(error: Exception) -> Response:
    """The answer to an error, also to one before the request came here."""
    identifier = str(uuid.uuid4())
    fault = _fault_of(error)
    if fault is None:
        extra = {"request_id": identifier}
        logger.error("AWS request failed", exc_info=error, extra=extra)
        message = (
            f"The request failed inside the service. Its log has the cause under {identifier}."
        )
        fault = Fault("InternalFailure", message, 500)
    document = {"__type": fault.code, "Message": fault.message}
    body = json.dumps(document, ensure_ascii=False).encode()
    return _response(body, fault.status, identifier)


def _fault_of(error: Exception) -> Fault | None:
    """The answer to an error; None to one that nobody expected."""
    error = not_writable(error) or error
    if isinstance(error, Fault):
        return error
    if isinstance(error, ForecastServiceError):
        return _of_service(error)
    if isinstance(error, RequestEntityTooLarge):
        size = f"{BODY_BYTES // 1024**2} MiB"
        return Fault("RequestEntityTooLargeException", f"The body is longer than {size}.", 413)
    if isinstance(error, HTTPException):
        code = "AccessDeniedException" if error.code == 403 else "SerializationException"
        return Fault(code, str(error.description), error.code or 400)
    return None


def _of_service(error: ForecastServiceError) -> Fault | None:
    if isinstance(error, WrongSignature):
        return Fault(error.code, error.detail)
    if isinstance(error, Unauthenticated | NotAllowed):
        return Fault("AccessDeniedException", error.sentence(WORDS))
    if isinstance(error, TooManyRequests):
        return Fault("ThrottlingException", f"Rate exceeded. {error.detail}")
    if isinstance(error, BackendUnavailable):
        return Fault("ServiceUnavailable", error.detail, 503)
    return None


def _response(body: bytes, status: int, identifier: str | None = None) -> Response:
    headers = {"x-amzn-requestid": identifier or str(uuid.uuid4())}
    return Response(body, status, headers, content_type=CONTENT_TYPE)
