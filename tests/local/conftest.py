"""Fixtures of the local Amazon Forecast, in process and over a socket."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
import sqlalchemy as sa
from botocore.config import Config
from flask import Flask, request
from werkzeug.serving import WSGIRequestHandler, make_server

from forecast_service.local.api import LocalForecast
from forecast_service.local.jobs import lifecycle
from forecast_service.local.query import LocalForecastQuery
from forecast_service.local.wire import Asked, blueprint
from forecast_service.resources.gate.signatures import read_signature
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.queue import Queue, new_id
from forecast_service.storage.tables import metadata

from .amazon import Amazon, Checked
from .support import TARGET, TARGET_FIELDS, World

SECRET = "of the caller"  # every request is signed with it, and every signature is checked
SERVER_URL = os.environ.get("FORECAST_TEST_DATABASE_URL")


@pytest.fixture(scope="session")
def shared_database_url() -> Iterator[str | None]:
    """A database on the PostgreSQL server for all tests of this folder; None on SQLite.

    Creating a database takes half a second there, and the contract suite has hundreds of tests.
    """
    if SERVER_URL is None:
        yield None
        return
    url = sa.make_url(SERVER_URL).set(drivername="postgresql+psycopg")
    server = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    name = f"test_{uuid.uuid4().hex}"
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield url.set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def database_url(tmp_path: Path, shared_database_url: str | None) -> str:
    """URL of an empty database: a new SQLite file, or the shared database without its rows."""
    if shared_database_url is None:
        return f"sqlite:///{tmp_path / 'home' / 'forecast.db'}"
    engine = sa.create_engine(shared_database_url)
    with engine.begin() as connection:
        if sa.inspect(connection).has_table(metadata.sorted_tables[0].name):
            for table in metadata.sorted_tables:
                connection.execute(sa.delete(table))
    engine.dispose()
    return shared_database_url


def _check_signature(_asked: Asked) -> None:
    read_signature(request, datetime.now(UTC)).check(request, SECRET)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Requests are not logged in tests."""


class Endpoint:
    """One server for all tests; each test gives it an application."""

    def __init__(self) -> None:
        self.application: Any = None
        self.server = make_server(
            "127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet
        )
        self.url = f"http://127.0.0.1:{self.server.server_port}/aws"

    def _answer(self, environ: Any, start_response: Any) -> Any:
        return self.application(environ, start_response)

    def client(self, service: str) -> Any:
        return boto3.client(  # type: ignore[call-overload]
            service,
            region_name="eu-west-1",
            endpoint_url=self.url,
            aws_access_key_id="nobody",
            aws_secret_access_key=SECRET,
            config=Config(retries={"total_max_attempts": 1}),
        )


@pytest.fixture(scope="session")
def endpoint() -> Iterator[Endpoint]:
    """A real server on a free port of the loopback interface."""
    endpoint = Endpoint()
    thread = threading.Thread(target=endpoint.server.serve_forever, daemon=True)
    thread.start()
    yield endpoint
    endpoint.server.shutdown()
    thread.join()
    endpoint.server.server_close()


@pytest.fixture(scope="session")
def boto3_clients(endpoint: Endpoint) -> Iterator[tuple[Any, Any]]:
    """Real boto3 clients of both planes that call the endpoint."""
    clients = endpoint.client("forecast"), endpoint.client("forecastquery")
    yield clients
    for client in clients:
        client.close()


@pytest.fixture
def local_clients(
    database: Database, settings: Settings
) -> tuple[LocalForecast, LocalForecastQuery]:
    """Both planes in process."""
    return LocalForecast(database, settings), LocalForecastQuery(database, settings)


@pytest.fixture
def served(
    endpoint: Endpoint, local_clients: tuple[LocalForecast, LocalForecastQuery]
) -> Iterator[Endpoint]:
    """The endpoint with the Amazon Forecast of this test and production settings."""
    application = Flask("amazon")
    application.register_blueprint(blueprint(*local_clients, admit=_check_signature))
    endpoint.application = application
    yield endpoint
    endpoint.application = None


@pytest.fixture(params=["in_process", "wire"])
def amazon(
    request: pytest.FixtureRequest,
    local_clients: tuple[LocalForecast, LocalForecastQuery],
    database: Database,
    settings: Settings,
) -> Amazon:
    """An empty Amazon Forecast; every test that uses it runs in process and through boto3."""
    planes: tuple[Any, Any] = local_clients
    if request.param == "wire":
        request.getfixturevalue("served")
        planes = request.getfixturevalue("boto3_clients")
    return Amazon(
        Checked(planes[0], "forecast"), Checked(planes[1], "forecastquery"), database, settings
    )


@pytest.fixture
def finish_jobs(database: Database, settings: Settings, queue: Queue) -> Callable[[], None]:
    """Does all waiting work, as a worker would."""

    def finish() -> None:
        while claim := queue.claim(new_id(), ["resource"]):
            lifecycle.perform(database, settings, queue, claim)

    return finish


@pytest.fixture
def world(database: Database, settings: Settings, queue: Queue) -> World:
    """A dataset group without datasets, and the means to run jobs on it."""
    return World(database, settings, queue)


@pytest.fixture
def target(world: World) -> str:
    """The group's dataset of target series, still empty."""
    return world.dataset("demand", TARGET, TARGET_FIELDS)
