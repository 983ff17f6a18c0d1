"""The child processes of `serve`: the web server and the worker. They end with their parent."""

from __future__ import annotations

import atexit
import importlib
import logging
import os
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from forecast_service.common.processes import end_with_parent
from forecast_service.errors import ForecastServiceError
from forecast_service.settings import Settings

__all__ = ["run_web", "run_worker"]

APPLICATION = "forecast_service.app:create_front"
CONNECTIONS = 2048  # at once per web process; an open connection needs no thread
HEADER_SECONDS = 15  # time for the headers of a request, and for an idle connection
WORKER_KILL_SECONDS = 10  # time for open requests to finish when the server stops


def run_web(settings: Settings, reports: Connection | None = None) -> None:
    """Serve HTTP until TERM or INT; the web processes read FORECAST_* variables themselves.

    A sentence is sent to ``reports`` when a web process cannot start.
    """
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    end_with_parent()
    server = Granian(
        APPLICATION,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        workers=settings.web_processes,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        factory=True,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=WORKER_KILL_SECONDS,
    )
    try:
        server.serve(target_loader=partial(load_application, reports))
    except Exception as error:
        _report(reports, f"The web server cannot listen at port {settings.port}: {error}")
        raise


def load_application(reports: Connection | None, target: str) -> Callable[..., Any]:
    """Load the application. Granian calls this in every web process."""
    end_with_parent()
    module, factory = target.split(":")
    try:
        application: Callable[..., Any] = getattr(importlib.import_module(module), factory)()
    except ForecastServiceError as error:
        _report(reports, error.detail)
        raise SystemExit(1) from None
    except Exception as error:
        _report(reports, f"The web process failed: {type(error).__name__}: {error}")
        raise
    atexit.register(_end_at_once)
    return application


def _end_at_once() -> None:
    """End a web process before Python takes itself apart.

    Threads of the server still call Python then, and each such call would abort the process.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _report(reports: Connection | None, sentence: str) -> None:
    if reports is None:
        print(f"Error: {sentence}", file=sys.stderr, flush=True)  # noqa: T201
    else:
        reports.send(sentence)


def run_worker(settings: Settings, _reports: Connection | None = None) -> None:
    """Do the waiting work, until TERM or INT."""
    from forecast_service.common.logs import configure_logging
    from forecast_service.worker import Worker

    end_with_parent()
    configure_logging(settings.log_level)
    Worker(settings).run()
