"""A stand-in for AWS: our own Amazon Forecast behind a socket, and S3, STS and IAM by moto.

It has its own home, database and worker. Tests import the fixture ``aws``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from simulated_aws import SimulatedAws
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from forecast_service.local.api import LocalForecast
from forecast_service.local.query import LocalForecastQuery
from forecast_service.local.wire import blueprint
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.worker import Worker

SERVICES = ("FORECAST", "FORECASTQUERY", "S3")
BUCKET = "forecast-service"


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Log no requests."""


@dataclass
class Aws:
    """A substitute for AWS: an endpoint that can go away, and a worker that does the jobs."""

    settings: Settings
    database: Database
    account: SimulatedAws
    port: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)
    server: BaseWSGIServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def files(self) -> list[str]:
        """The keys of the files in its bucket."""
        listed = self.account.s3.list_objects_v2(Bucket=BUCKET)
        return [entry["Key"] for entry in listed.get("Contents", ())]

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
    """Amazon Forecast at ``/aws``."""
    app = Flask("aws")
    app.register_blueprint(
        blueprint(LocalForecast(database, settings), LocalForecastQuery(database, settings))
    )
    return app


@pytest.fixture
def aws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, simulated_aws: SimulatedAws
) -> Iterator[Aws]:
    """AWS on this machine; boto3 finds its address in the environment."""
    place = {"LocationConstraint": "eu-west-1"}
    simulated_aws.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
    settings = Settings(home=tmp_path / "aws", processes=1)
    database = Database(settings.resolved_database_url)
    database.migrate()
    aws = Aws(settings, database, simulated_aws)
    aws.come()
    for service in ("FORECAST", "FORECASTQUERY"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", f"{aws.url}/aws")
    monkeypatch.setenv("AWS_ENDPOINT_URL_IAM", simulated_aws.url)
    thread = threading.Thread(target=aws.work)
    thread.start()
    yield aws
    aws.stopping.set()
    aws.go()
    thread.join()
    database.dispose()
