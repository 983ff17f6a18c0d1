"""A stand-in for AWS: our own Amazon Forecast behind a socket, and the part of S3 that it needs.

It has its own home, database and worker. Tests import the fixture ``aws``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from forecast_service.local.api import LocalForecast
from forecast_service.local.query import LocalForecastQuery
from forecast_service.local.wire import blueprint
from forecast_service.settings import Settings
from forecast_service.storage.bucket import LocalBucket
from forecast_service.storage.database import Database
from forecast_service.worker import Worker

SERVICES = ("FORECAST", "FORECASTQUERY", "S3")


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Log no requests."""


@dataclass
class Aws:
    """A substitute for AWS: an endpoint that can go away, and a worker that does the jobs."""

    settings: Settings
    database: Database
    port: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)
    server: BaseWSGIServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def files(self) -> list[str]:
        """The files in its S3, by their keys."""
        root = self.settings.home / "s3"
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())

    def come(self) -> None:
        """Answer at the port, always the same one."""
        self.server = make_server(
            "127.0.0.1",
            self.port,
            application(self.settings, self.database),
            threaded=True,
            request_handler=Quiet,
        )
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def go(self) -> None:
        """Answer no more."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def work(self) -> None:
        """Do jobs until the test stops them."""
        worker = Worker(self.settings)
        while not self.stopping.wait(0.05):
            worker.run_until_idle(600, kinds=("resource",))


def application(settings: Settings, database: Database) -> Flask:
    """Amazon Forecast at ``/aws``, and the part of S3 that uploads need."""
    app = Flask("aws")
    app.register_blueprint(
        blueprint(LocalForecast(database, settings), LocalForecastQuery(database, settings))
    )
    bucket = LocalBucket(settings.home)

    @app.put("/s3/<path:key>")
    def put(key: str) -> Response:
        path = bucket.path_of(f"s3://{key}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(request.get_data())
        return Response(headers={"ETag": '"1"'})

    @app.get("/s3/<name>")
    def listing(name: str) -> Response:
        root = bucket.path_of(f"s3://{name}")
        keys = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
        found = [key for key in sorted(keys) if key.startswith(request.args["prefix"])]
        contents = "".join(f"<Contents><Key>{key}</Key></Contents>" for key in found)
        return Response(
            f"<ListBucketResult><Name>{name}</Name>{contents}</ListBucketResult>",
            mimetype="application/xml",
        )

    @app.delete("/s3/<path:key>")
    def delete(key: str) -> Response:
        bucket.path_of(f"s3://{key}").unlink(missing_ok=True)
        return Response(status=204)

    return app


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """AWS on this machine; boto3 finds its address in the environment."""
    settings = Settings(home=tmp_path / "aws", processes=1)
    database = Database(settings.resolved_database_url)
    database.migrate()
    aws = Aws(settings, database)
    aws.come()
    for service in SERVICES:
        path = "s3" if service == "S3" else "aws"
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", f"{aws.url}/{path}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
    thread = threading.Thread(target=aws.work)
    thread.start()
    yield aws
    aws.stopping.set()
    aws.go()
    thread.join()
    database.dispose()
