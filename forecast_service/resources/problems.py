"""Problem documents (RFC 9457): the JSON of every error."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from forecast_service.common.disks import not_writable
from forecast_service.common.logs import request_id
from forecast_service.common.wording.coded import sentences_in
from forecast_service.errors import ForecastServiceError, Unauthenticated
from forecast_service.resources.remedies import REMEDY_ROUTES, remedy_document

__all__ = ["PROBLEM_TYPE", "init_app", "problem_response"]

logger = logging.getLogger(__name__)

PROBLEM_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
CHALLENGE = 'Bearer realm="forecast-service"'
SERVER_ERROR = 500

SENTENCES = {
    404: "This address does not exist. GET /docs shows every route.",
    413: "The body is too long. The limit is 8 MiB for JSON and FORECAST_MAX_BODY_BYTES for files.",
}


def init_app(app: Flask) -> None:
    """Answer every error of the app with a problem document, also Flask's and unknown ones."""
    app.register_error_handler(Exception, problem_response)


def problem_response(error: Exception) -> Response:
    """The problem document of an error. An unknown error is logged; its answer has only an id."""
    if isinstance(error, HTTPException) and error.response is not None:
        return error.response  # type: ignore[return-value]
    error = not_writable(error) or error
    if isinstance(error, ForecastServiceError):
        response = _from_service(error)
    elif isinstance(error, HTTPException):
        response = _from_http(error)
    else:
        response = _unknown(error)
    return response


def _from_service(error: ForecastServiceError) -> Response:
    members: dict[str, Any] = {
        "type": f"urn:forecast-service:{error.type}",
        "detail": error.sentence(REMEDY_ROUTES),
    }
    if error.remedy is not None:
        members["remedy"] = remedy_document(error)
    sentences = sentences_in([error.detail, *(finding.detail for finding in error.errors)])
    if sentences:
        members["sentences"] = sentences
    if error.errors:
        members["errors"] = [{"pointer": e.pointer, "detail": e.detail} for e in error.errors]
    if error.status == SERVER_ERROR:
        logger.error("%s", error.detail, exc_info=error, extra={"event": "request_failed"})
    response = _document(error.status, members)
    if isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = CHALLENGE
    if error.retryable:
        response.headers["Retry-After"] = str(error.retry_after or RETRY_AFTER_SECONDS)
    return response


def _from_http(error: HTTPException) -> Response:
    status = error.code or SERVER_ERROR
    is_ours = error.description != type(error).description
    usual = None if is_ours else SENTENCES.get(status)
    detail = _method_sentence(error) or usual or error.description
    response = _document(status, {"type": "about:blank", "detail": detail})
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _method_sentence(error: HTTPException) -> str | None:
    if not isinstance(error, MethodNotAllowed):
        return None
    allowed = ", ".join(sorted(error.valid_methods or ()))
    return f"'{request.method}' is not allowed at '{request.path[:100]}'. Allowed are {allowed}."


def _unknown(error: Exception) -> Response:
    logger.error("Unexpected error", exc_info=error, extra={"event": "request_failed"})
    detail = "Something went wrong in the service. The log has the reason, under this request_id."
    return _document(SERVER_ERROR, {"type": "about:blank", "detail": detail})


def _document(status: int, members: dict[str, Any]) -> Response:
    document = {
        "type": members.pop("type"),
        "title": HTTPStatus(status).phrase,
        "status": status,
        **members,
        "request_id": request_id.get(),
    }
    return Response(orjson.dumps(document), status=status, content_type=PROBLEM_TYPE)
