"""Flask-RESTful, kept thin: ``Api`` and ``Resource`` with our errors and our JSON."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response
from flask_restful import Api, Resource

from forecast_service.resources.problems import problem_response
from forecast_service.service import Service

__all__ = ["JSON_TYPE", "ServiceApi", "ServiceResource", "json_response"]

JSON_TYPE = "application/json"
UTC_SECONDS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS


class ServiceApi(Api):  # type: ignore[misc]
    """Gives errors raised in a resource the same envelope as those of every other route."""

    def handle_error(self, e: Exception) -> Response:
        """The problem document; Flask-RESTful's own answer would hide it in production only."""
        return problem_response(e)


class ServiceResource(Resource):  # type: ignore[misc]
    """A resource that holds the service; one instance answers all requests."""

    init_every_request = False

    def __init__(self, service: Service) -> None:
        self.service = service


def json_response(
    document: Any, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """A JSON answer, made by the fast encoder."""
    return Response(
        orjson.dumps(document, option=UTC_SECONDS),
        status=status,
        headers=headers,
        content_type=JSON_TYPE,
    )
