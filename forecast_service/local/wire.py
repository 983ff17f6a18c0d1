"""The local Amazon Forecast over HTTP: AWS JSON 1.1, for any AWS SDK or CLI on this machine."""

from __future__ import annotations

import ipaddress
import json
import logging
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from forecast_service.errors import BackendUnavailable
from forecast_service.local import shapes
from forecast_service.local.client import LocalClient

__all__ = ["blueprint"]

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/x-amz-json-1.1"


class _Fault(Exception):
    """An answer other than the operation's own."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def blueprint(forecast: LocalClient, query: LocalClient) -> Blueprint:
    """Routes ``/aws`` and ``/aws/`` that serve both planes by the prefix of ``X-Amz-Target``.

    Signatures are not verified, so only this machine itself is answered.
    """
    clients = {
        shapes.service_model(client.service).metadata["targetPrefix"]: client
        for client in (forecast, query)
    }
    routes = Blueprint("aws", __name__)

    def answer() -> Response:
        request_id = str(uuid.uuid4())
        try:
            body = _perform(clients)
        except _Fault as fault:
            return _response(_error(fault.code, fault.message), request_id, fault.status)
        except Exception:
            logger.exception("AWS request failed", extra={"request_id": request_id})
            message = f"The request failed in here. The log names it {request_id}."
            return _response(_error("InternalFailure", message), request_id, 500)
        return _response(body, request_id, 200)

    routes.add_url_rule("/aws", "endpoint", answer, methods=["POST"], strict_slashes=False)
    routes.add_url_rule("/aws/", "endpoint_with_slash", answer, methods=["POST"])
    return routes


def _perform(clients: Mapping[str, LocalClient]) -> bytes:
    _refuse_strangers()
    client, operation = _target(clients)
    shape = shapes.input_shape(client.service, operation)
    params = shapes.known_members(_body(), shape)
    try:
        answer = client.invoke(operation, params)
    except shapes.ParamValidationError as error:
        raise _Fault("ValidationException", str(error)) from error
    except shapes.ClientError as error:
        found = error.response["Error"]
        raise _Fault(found["Code"], found["Message"]) from error
    except BackendUnavailable as error:
        raise _Fault("ServiceUnavailable", error.detail, 503) from error
    if shapes.output_shape(client.service, operation) is None:
        return b""
    answer.pop("ResponseMetadata")
    return _encoded(answer)


def _refuse_strangers() -> None:
    """A proxy on this machine may speak for others: what it forwards is refused as well.

    So is what a page in a browser sends under a name that it made point to this machine.
    """
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    name = urlsplit(f"//{request.host}").hostname or ""
    called_here = name == "localhost" or _is_loopback(name)
    if forwarded or not called_here or not _is_loopback(request.remote_addr or ""):
        raise _Fault(
            "AccessDeniedException",
            "This endpoint answers on the machine itself only, as it verifies no signatures yet. "
            "Call it by 127.0.0.1.",
            403,
        )


def _is_loopback(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or (mapped is not None and mapped.is_loopback)


def _target(clients: Mapping[str, LocalClient]) -> tuple[LocalClient, str]:
    target = request.headers.get("X-Amz-Target", "")
    prefix, _, operation = target.partition(".")
    client = clients.get(prefix)
    if client is None or operation not in shapes.operations(client.service):
        raise _Fault(
            "UnknownOperationException",
            f"X-Amz-Target '{target[:200]}' names no operation of Amazon Forecast. "
            "Use an AWS SDK, or 'AmazonForecast.ListPredictors' and the like.",
        )
    return client, operation


def _body() -> dict[str, Any]:
    if request.mimetype != CONTENT_TYPE:
        # A page in a browser cannot send this type to another site without asking first.
        raise _Fault("SerializationException", f"The content type must be {CONTENT_TYPE}.")
    try:
        body = json.loads(request.get_data() or b"{}")
    except HTTPException as error:  # too large, or the client went away
        raise _Fault("SerializationException", str(error.description), error.code or 400) from error
    except (ValueError, RecursionError) as error:
        raise _Fault("SerializationException", "The body is not JSON.") from error
    if not isinstance(body, dict):
        raise _Fault("SerializationException", "The body is not a JSON object.")
    return body


def _encoded(answer: Mapping[str, Any]) -> bytes:
    return json.dumps(answer, default=_epoch, ensure_ascii=False, allow_nan=False).encode()


def _epoch(value: Any) -> float:
    """Times go as epoch seconds with milliseconds."""
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    raise TypeError(f"{type(value).__name__} cannot be sent")


def _error(code: str, message: str) -> bytes:
    return json.dumps({"__type": code, "Message": message}, ensure_ascii=False).encode()


def _response(body: bytes, request_id: str, status: int) -> Response:
    headers = {"x-amzn-requestid": request_id}
    return Response(body, status, headers, content_type=CONTENT_TYPE)
