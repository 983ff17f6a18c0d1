"""One really served Amazon Forecast for all journeys, with moto as the rest of AWS."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from simulated_aws import SimulatedAws

from forecast_service.settings import Settings
from tests.acceptance.served import END_SECONDS, Served

from .notebook import REGION, Notebook


@pytest.fixture(scope="session")
def amazon_url(tmp_path_factory: pytest.TempPathFactory, moto_url: str) -> Iterator[str]:
    """The endpoint of a service with a worker, which reads and writes S3 in moto's account."""
    home = tmp_path_factory.mktemp("journeys")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("FORECAST_", "AWS_")) and not name.startswith("FORECAST_TEST_"):
                patch.delenv(name)
        for name, value in {
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL_S3": moto_url,
            "AWS_ENDPOINT_URL_STS": moto_url,
            "AWS_ACCESS_KEY_ID": "service",
            "AWS_SECRET_ACCESS_KEY": "service",
            "AWS_DEFAULT_REGION": REGION,
            "FORECAST_ASSUME_ROLE": "true",
            "FORECAST_PROCESSES": "1",
        }.items():
            patch.setenv(name, value)
        served = Served(Settings(home=home / "home"), home / "serve.log")
    yield f"http://127.0.0.1:{served.port}/aws"
    served.process.terminate()
    served.process.wait(timeout=END_SECONDS)


@pytest.fixture
def notebook(
    amazon_url: str, simulated_aws: SimulatedAws, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Notebook]:
    """An empty notebook: endpoints, key and region come from environment variables."""
    for service in ("FORECAST", "FORECASTQUERY"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", amazon_url)
    for service in ("S3", "IAM", "STS"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", simulated_aws.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "notebook")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "notebook")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    notebook = Notebook()
    yield notebook
    notebook.tidy()
