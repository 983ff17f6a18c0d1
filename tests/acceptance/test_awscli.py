"""The AWS command line walks through Amazon Forecast, from an address that is not loopback."""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from forecast_service.settings import Settings
from forecast_service.storage.bucket import LocalBucket
from tests.resources.amazon.callers import Access, Endpoint, Signed

from .served import Served

ROOT = Path(__file__).parents[2]
ACCOUNT = "123456789012"
ARN = f"arn:aws:forecast:us-east-1:{ACCOUNT}:"
SCHEMA = {
    "Attributes": [
        {"AttributeName": "item_id", "AttributeType": "string"},
        {"AttributeName": "timestamp", "AttributeType": "timestamp"},
        {"AttributeName": "demand", "AttributeType": "float"},
    ]
}
SALES = "s3://bucket/sales.csv"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/forecast"
JOB_SECONDS = 300.0

pytestmark = pytest.mark.slow


def address_of_this_machine() -> str:
    """An address at which other machines could call this one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # nothing is sent
        address = str(probe.getsockname()[0])
    assert not address.startswith("127."), "this machine has only a loopback address"
    return address


@dataclass(frozen=True)
class Aws:
    """The command ``aws`` with the credentials of one caller."""

    command: Path
    environment: Mapping[str, str]

    def run(self, *arguments: str, **credentials: str) -> subprocess.CompletedProcess[str]:
        environment = {**self.environment, **credentials}
        command = [self.command, *arguments, "--output", "json"]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    def __call__(self, *arguments: str) -> Any:
        """The answer of a command that succeeds."""
        result = self.run(*arguments)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout or "null")

    def wait(self, *describe: str) -> None:
        """Describe a resource until it is ACTIVE."""
        deadline = time.monotonic() + JOB_SECONDS
        while (found := self("forecast", *describe))["Status"] != "ACTIVE":
            assert "FAILED" not in found["Status"], found
            assert time.monotonic() < deadline, found
            time.sleep(0.5)


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The AWS command line in an environment of its own."""
    folder = tmp_path_factory.mktemp("awscli")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    locked = ROOT / "requirements-awscli.txt"
    install = [folder / "bin" / "pip", "install", "-q", "--require-hashes", "-r", locked]
    subprocess.run(install, check=True)
    return folder / "bin" / "aws"


@pytest.fixture
def served(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Served, str]]:
    """The service at an address that is not loopback."""
    address = address_of_this_machine()
    monkeypatch.setenv("FORECAST_HOST", address)
    monkeypatch.setenv("FORECAST_PROCESSES", "1")
    served = Served(settings, tmp_path / "serve.log")
    yield served, f"{address}:{served.port}"
    served.process.terminate()
    served.process.wait(timeout=60)


@pytest.fixture
def access(forecast_service: Any) -> Access:
    """A key of another account that may read, import and train."""
    scopes = ["--scope", "read", "--scope", "import", "--scope", "train"]
    made = forecast_service("keys", "create", "pipeline", *scopes, "--aws", "--account", ACCOUNT)
    _, access_key_id, secret = made.stdout.splitlines()
    return Access(access_key_id.partition("=")[2], secret.partition("=")[2])


@pytest.fixture
def aws(command: Path, served: tuple[Served, str], access: Access, tmp_path: Path) -> Aws:
    """The command with credentials in variables, as a user sets them."""
    url = f"http://{served[1]}/aws"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_FORECAST": url,
        "AWS_ENDPOINT_URL_FORECASTQUERY": url,
        "AWS_ACCESS_KEY_ID": access.key_id,
        "AWS_SECRET_ACCESS_KEY": access.secret,
        "AWS_MAX_ATTEMPTS": "1",
    }
    return Aws(command, environment)


def test_a_walk_through_all_steps_and_back(aws: Aws, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=day) for day in range(60)]
    file.write_text("".join(f"1,{day},{10 + day.weekday()}\n" for day in days))
    LocalBucket(settings.home).put(file, SALES)

    names = ["--dataset-name", "store_demand", "--domain", "RETAIL", "--data-frequency", "D"]
    kind = ["--dataset-type", "TARGET_TIME_SERIES", "--schema", json.dumps(SCHEMA)]
    assert aws("forecast", "create-dataset", *names, *kind) == {
        "DatasetArn": f"{ARN}dataset/store_demand"
    }
    group = ["--dataset-group-name", "store_demand_group", "--domain", "RETAIL"]
    arns = ["--dataset-arns", f"{ARN}dataset/store_demand"]
    assert aws("forecast", "create-dataset-group", *group, *arns) == {
        "DatasetGroupArn": f"{ARN}dataset-group/store_demand_group"
    }
    where = json.dumps({"S3Config": {"Path": SALES, "RoleArn": ROLE}})
    job = ["--dataset-import-job-name", "first", "--dataset-arn", f"{ARN}dataset/store_demand"]
    read = ["--data-source", where, "--timestamp-format", "yyyy-MM-dd"]
    aws("forecast", "create-dataset-import-job", *job, *read)
    job_arn = f"{ARN}dataset-import-job/store_demand/first"
    aws.wait("describe-dataset-import-job", "--dataset-import-job-arn", job_arn)

    algorithm = ["--algorithm-arn", "arn:aws:forecast:::algorithm/NPTS", "--forecast-horizon", "7"]
    data = f"DatasetGroupArn={ARN}dataset-group/store_demand_group"
    config = ["--input-data-config", data, "--featurization-config", "ForecastFrequency=D"]
    aws("forecast", "create-predictor", "--predictor-name", "npts", *algorithm, *config)
    predictor = ["--predictor-arn", f"{ARN}predictor/npts"]
    aws.wait("describe-predictor", *predictor)
    results = aws("forecast", "get-accuracy-metrics", *predictor)["PredictorEvaluationResults"]
    assert results[0]["TestWindows"][0]["EvaluationType"] == "SUMMARY"

    aws("forecast", "create-forecast", "--forecast-name", "march", *predictor)
    forecast = ["--forecast-arn", f"{ARN}forecast/march"]
    aws.wait("describe-forecast", *forecast)
    answer = aws("forecastquery", "query-forecast", *forecast, "--filters", "item_id=1")
    points = answer["Forecast"]["Predictions"]["p50"]
    assert [len(points), points[0]["Timestamp"]] == [7, "2026-03-02T00:00:00"]

    aws("forecast", "delete-forecast", *forecast)
    aws("forecast", "delete-predictor", *predictor)
    aws("forecast", "delete-dataset-import-job", "--dataset-import-job-arn", job_arn)
    aws("forecast", "delete-dataset", "--dataset-arn", f"{ARN}dataset/store_demand")
    whole = ["--resource-arn", f"{ARN}dataset-group/store_demand_group"]
    aws("forecast", "delete-resource-tree", *whole)
    assert aws("forecast", "list-dataset-groups") == {"DatasetGroups": []}
    assert aws("forecast", "list-datasets") == {"Datasets": []}


def test_what_is_wrong_is_said_and_nothing_is_half_made(
    aws: Aws, served: tuple[Served, str], access: Access
) -> None:
    create = ["create-dataset-group", "--dataset-group-name", "chain", "--domain", "RETAIL"]
    wrong_key = aws.run("forecast", *create, AWS_ACCESS_KEY_ID="FSKAAAAAAAAAAAAAAAAA")
    wrong_secret = aws.run("forecast", *create, AWS_SECRET_ACCESS_KEY="fska_wrong")
    describe = ["describe-predictor", "--predictor-arn", f"{ARN}dataset-group/chain"]
    wrong_type = aws.run("forecast", *describe)

    assert "(UnrecognizedClientException)" in wrong_key.stderr
    assert "(InvalidSignatureException)" in wrong_secret.stderr
    assert "(ResourceNotFoundException)" in wrong_type.stderr
    for parts, code in (
        ({"at": dt.datetime.now(dt.UTC) - dt.timedelta(minutes=20)}, "InvalidSignatureException"),
        ({"target": "AmazonForecast.Train"}, "UnknownOperationException"),
        ({"body": b" " * (10 * 1024**2 + 1)}, "RequestEntityTooLargeException"),
    ):
        signed = Signed(access, served[1], region="us-east-1", **parts)
        endpoint = Endpoint(f"http://{served[1]}/aws", {}, None)  # type: ignore[arg-type]
        assert endpoint.send(signed.headers(), signed.body).code == code
    assert aws("forecast", "list-dataset-groups") == {"DatasetGroups": []}
