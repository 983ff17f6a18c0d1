"""The web application: ``create_app`` puts the parts together and adds no logic."""

from __future__ import annotations

from flask import Flask

from forecast_service.common.logs import configure_logging
from forecast_service.dashboard import error_pages, explorer, first_admin, frame, log_out
from forecast_service.resources import hooks, problems, routes
from forecast_service.resources.amazon import endpoint
from forecast_service.resources.gate.admission import Admission
from forecast_service.resources.gate.callers import Callers
from forecast_service.resources.gate.front import Front
from forecast_service.resources.gate.origins import OtherSites
from forecast_service.resources.gate.paths import EncodedSlashes
from forecast_service.resources.gate.proxies import TrustedProxies
from forecast_service.resources.gate.rates import Rate, wait_for_reports
from forecast_service.resources.gate.sources import caller_sources
from forecast_service.resources.metrics import RequestMetrics
from forecast_service.service import open_service
from forecast_service.settings import Settings, read_settings

__all__ = ["create_app", "create_front"]

LOCK_SECONDS = 5.0  # a request that waits for the write lock keeps a thread from the readers


def create_app(settings: Settings | None = None) -> Flask:
    """Make the service as a WSGI application; this opens and migrates the database."""
    settings = settings or read_settings()
    configure_logging(settings.log_level)
    service = open_service(settings, lock_seconds=LOCK_SECONDS)
    service.prepare()
    service.make_parts()
    service.before_close.append(wait_for_reports)
    metrics = RequestMetrics()
    metrics.watch(service.database)
    app = Flask(__name__, static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=settings.max_body_bytes, PROPAGATE_EXCEPTIONS=False)
    app.extensions["forecast_service"] = service
    app.wsgi_app = EncodedSlashes(app.wsgi_app)  # type: ignore[assignment]
    # One web process of one machine counts alone.
    shared = (
        service.database if settings.web_processes > 1 or not service.database.is_sqlite else None
    )
    admission = Admission(
        caller_sources(service),
        service.accounts_state.has_accounts,
        Rate(settings.rate_limit, shared),
        Rate(settings.rate_limit_unknown, shared),
    )
    if settings.trusted_proxies:
        app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[assignment]
    hooks.init_app(app, metrics, Callers(settings), admission, OtherSites(settings.cors_origins))
    problems.init_app(app)
    document = routes.init_app(app, service, metrics)
    frame.init_app(app)
    explorer.init_app(app, document)
    error_pages.init_app(app)
    first_admin.init_app(app, service)
    endpoint.init_app(app, service)
    log_out.init_app(app, service)
    admission.init_app(app)
    return app


def create_front(settings: Settings | None = None) -> Front:
    """Make the service as an ASGI application, as ``serve`` runs it."""
    settings = settings or read_settings()
    return Front(
        create_app(settings),
        body_seconds=settings.body_seconds,
        max_body_bytes=settings.max_body_bytes,
    )


def main() -> None:
    """Serve at the configured address, without a worker: ``python -m forecast_service.app``."""
    from forecast_service.cli.processes import run_web

    run_web(read_settings())


if __name__ == "__main__":
    main()
