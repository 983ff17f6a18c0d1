"""Thin subclasses of Flask-RESTful's ``Api`` and ``Resource``, with our errors and our JSON."""

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
    """An ``Api`` that answers errors of its resources with problem documents."""

    def handle_error(self, e: Exception) -> Response:
        """Return the problem document. In production, Flask-RESTful's answer would replace it."""
        return problem_response(e)


class ServiceResource(Resource):  # type: ignore[misc]
    """A resource with access to the service. One instance answers all requests."""

    init_every_request = False

    def __init__(self, service: Service) -> None:
        self.service = service


def json_response(
    document: Any, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """A JSON answer, encoded by orjson."""
    return Response(
        orjson.dumps(document, option=UTC_SECONDS),
        status=status,
        headers=headers,
        content_type=JSON_TYPE,
    )
