"""The local Amazon Forecast over HTTP (AWS JSON 1.1), for any AWS SDK."""

from __future__ import annotations

import hmac
import json
import logging
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from forecast_service.common.hosts import is_from_this_machine
from forecast_service.errors import BackendUnavailable
from forecast_service.local import shapes
from forecast_service.local.client import LocalClient

__all__ = ["ENDPOINTS", "blueprint"]

logger = logging.getLogger(__name__)

ENDPOINTS = ("aws.endpoint", "aws.endpoint_with_slash")
CONTENT_TYPE = "application/x-amz-json-1.1"


class _Fault(Exception):
    """An error answer."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def blueprint(
    forecast: LocalClient,
    query: LocalClient,
    *,
    key: str | None = None,
    is_open: Callable[[], bool] = lambda: True,
) -> Blueprint:
    """Routes ``/aws`` and ``/aws/``; the prefix of ``X-Amz-Target`` chooses the plane.

    Signatures are not verified. With a ``key``, it must be the access key ID of every caller.
    Without one, programs on this machine get answers while ``is_open``, and nobody else.
    """
    clients = {
        shapes.service_model(client.service).metadata["targetPrefix"]: client
        for client in (forecast, query)
    }
    routes = Blueprint("aws", __name__)

    def answer() -> Response:
        request_id = str(uuid.uuid4())
        try:
            _require_permission(key, is_open)
            body = _perform(clients)
        except _Fault as fault:
            return _response(_error(fault.code, fault.message), request_id, fault.status)
        except Exception:
            logger.exception("AWS request failed", extra={"request_id": request_id})
            message = (
                f"The request failed inside the service. Its log has the cause under {request_id}."
            )
            return _response(_error("InternalFailure", message), request_id, 500)
        return _response(body, request_id, 200)

    routes.add_url_rule("/aws", "endpoint", answer, methods=["POST"], strict_slashes=False)
    routes.add_url_rule("/aws/", "endpoint_with_slash", answer, methods=["POST"])
    return routes


def _perform(clients: Mapping[str, LocalClient]) -> bytes:
    client, operation = _target(clients)
    shape = shapes.input_shape(client.service, operation)
    params = shapes.known_members(_body(), shape)
    try:
        answer = client.invoke(operation, params)
    except shapes.ParamValidationError as error:
        raise _Fault("ValidationException", str(error)) from error
    except shapes.ClientError as error:
        refusal = error.response["Error"]
        raise _Fault(refusal["Code"], refusal["Message"]) from error
    except BackendUnavailable as error:
        raise _Fault("ServiceUnavailable", error.detail, 503) from error
    if shapes.output_shape(client.service, operation) is None:
        return b""
    answer.pop("ResponseMetadata")
    return _encode(answer)


def _require_permission(key: str | None, is_open: Callable[[], bool]) -> None:
    """Refuse requests without the key. If no key is set, refuse requests from other machines, and
    all if accounts are needed."""
    if key is not None:
        if not hmac.compare_digest(_access_key().encode(), key.encode()):
            raise _Fault(
                "UnrecognizedClientException",
                "The access key ID is not the one of this service. Set AWS_ACCESS_KEY_ID to the "
                "value of FORECAST_AWS_KEY.",
                403,
            )
    elif not (is_open() and is_from_this_machine(request.environ)):
        raise _Fault(
            "AccessDeniedException",
            "This endpoint answers only programs on the same machine while the service has no "
            "accounts, because it does not verify signatures yet. Call it at 127.0.0.1 without a "
            "proxy, or set FORECAST_AWS_KEY.",
            403,
        )


def _access_key() -> str:
    """The access key ID in the signature of an AWS SDK; empty without one."""
    found = re.search(r"Credential=([^/,\s]+)/", request.headers.get("Authorization", ""))
    return found[1] if found else ""


def _target(clients: Mapping[str, LocalClient]) -> tuple[LocalClient, str]:
    target = request.headers.get("X-Amz-Target", "")
    prefix, _, operation = target.partition(".")
    client = clients.get(prefix)
    if client is None or operation not in shapes.operations(client.service):
        raise _Fault(
            "UnknownOperationException",
            f"X-Amz-Target '{target[:200]}' names no operation of Amazon Forecast. "
            "Use an AWS SDK, or a target like 'AmazonForecast.ListPredictors'.",
        )
    return client, operation


def _body() -> dict[str, Any]:
    if request.mimetype != CONTENT_TYPE:
        # A web page cannot send this type to another site without a preflight request.
        raise _Fault("SerializationException", f"The content type must be {CONTENT_TYPE}.")
    try:
        body = json.loads(request.get_data() or b"{}")
    except HTTPException as error:  # too large, or the client went away
        raise _Fault("SerializationException", str(error.description), error.code or 400) from error
    except (ValueError, RecursionError) as error:
        raise _Fault("SerializationException", "The body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise _Fault("SerializationException", "The body is not a JSON object.")
    return body


def _encode(answer: Mapping[str, Any]) -> bytes:
    return json.dumps(answer, default=_epoch, ensure_ascii=False, allow_nan=False).encode()


def _epoch(value: Any) -> float:
    """A time as epoch seconds with milliseconds."""
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    raise TypeError(f"{type(value).__name__} cannot be sent")


def _error(code: str, message: str) -> bytes:
    return json.dumps({"__type": code, "Message": message}, ensure_ascii=False).encode()


def _response(body: bytes, request_id: str, status: int) -> Response:
    headers = {"x-amzn-requestid": request_id}
    return Response(body, status, headers, content_type=CONTENT_TYPE)
