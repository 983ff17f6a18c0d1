"""The app to compare with: same framework, server and hooks, one resource, constant bytes."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask, Response
from flask_restful import Api, Resource

from forecast_service.accounts.caller import OPEN_CALLER
from forecast_service.common.logs import configure_logging
from forecast_service.resources import hooks, problems
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.gate.admission import Admission
from forecast_service.resources.gate.callers import Callers
from forecast_service.resources.gate.front import Front
from forecast_service.resources.gate.origins import OtherSites
from forecast_service.resources.metrics import RequestMetrics
from forecast_service.settings import Settings

BODY_FILE = "BENCHMARK_BODY_FILE"


class BareResource(Resource):  # type: ignore[misc]
    """Answers every request with the same bytes."""

    body = b""

    @documented("The same bytes", scope="read")
    def get(self) -> Response:
        return Response(self.body, content_type="application/json")


def create_front() -> Front:
    """An app with one route; it answers with the content of the file in BENCHMARK_BODY_FILE."""
    configure_logging("INFO")
    BareResource.body = Path(os.environ[BODY_FILE]).read_bytes()
    app = Flask(__name__, static_folder=None)
    app.config.update(PROPAGATE_EXCEPTIONS=False)
    admission = Admission((lambda _: OPEN_CALLER,), lambda: False)
    hooks.init_app(app, RequestMetrics(), Callers(Settings()), admission, OtherSites(()))
    problems.init_app(app)
    Api(app).add_resource(BareResource, "/forecast")
    admission.init_app(app)
    return Front(app, body_seconds=30, max_body_bytes=1024)
