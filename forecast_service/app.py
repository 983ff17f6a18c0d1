"""The web application: ``create_app`` puts the parts together and adds no logic."""

from __future__ import annotations

from flask import Flask
from granian import Granian
from granian.constants import Interfaces

from forecast_service.common.logs import configure_logging
from forecast_service.local import wire
from forecast_service.resources import hooks, problems, routes
from forecast_service.resources.metrics import RequestMetrics
from forecast_service.service import open_service
from forecast_service.settings import Settings, read_settings

__all__ = ["create_app"]


def create_app(settings: Settings | None = None) -> Flask:
    """Make the service as a WSGI application; this opens and migrates the database."""
    settings = settings or read_settings()
    configure_logging(settings.log_level)
    service = open_service(settings)
    service.database.migrate()
    service.make_parts()
    metrics = RequestMetrics()
    metrics.watch(service.database)
    app = Flask(__name__, static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=settings.max_body_bytes, PROPAGATE_EXCEPTIONS=False)
    app.extensions["forecast_service"] = service
    hooks.init_app(app, metrics)
    problems.init_app(app)
    routes.init_app(app, service, metrics)
    session = service.session
    if session.is_endpoint:
        app.register_blueprint(wire.blueprint(session.forecast, session.forecastquery))
    return app


def main() -> None:
    """Serve at the configured address: ``python -m forecast_service.app``."""
    settings = read_settings()
    Granian(
        "forecast_service.app:create_app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.web_processes,
        factory=True,
    ).serve()


if __name__ == "__main__":
    main()
