"""The Postman collection, sent by newman to a running service."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from forecast_service.accounts.caller import SCOPES
from forecast_service.settings import Settings

from .served import END_SECONDS, Served

ROOT = Path(__file__).parents[2]
COLLECTION = ROOT / "postman" / "forecast-service.postman_collection.json"
NEWMAN = ROOT / "node_modules" / ".bin" / "newman"
OPEN_FOLDERS = ("Begin", "Forecasts out", "Refusals")
FIRST_DAY = datetime.date(2026, 1, 1)


@pytest.fixture
def served(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A service with the sales and a forecast of two stores."""
    sales = tmp_path / "sales.csv"
    days = [FIRST_DAY + datetime.timedelta(day) for day in range(84)]
    rows = [f"{store},{day},{100 * store + day.weekday()},1" for store in (1, 2) for day in days]
    sales.write_text("\n".join(["Store,Date,Sales,Open", *rows]) + "\n")
    monkeypatch.setenv("FORECAST_HOME", str(settings.home))
    monkeypatch.setenv("FORECAST_DATABASE_URL", settings.resolved_database_url)
    monkeypatch.setenv("FORECAST_ALGORITHM", "seasonal_naive")
    for arguments in (["import", sales], ["train"]):
        forecast_service(*arguments)
    served = Served(settings, tmp_path / "log")
    yield served
    served.process.terminate()
    served.process.wait(timeout=END_SECONDS)


@pytest.mark.slow
@pytest.mark.skipif(
    not NEWMAN.exists(), reason="the Postman collection needs newman: apt-get install npm && npm ci"
)
def test_every_check_of_the_collection_passes(served: Served) -> None:
    without_keys = send(served, *(f"--folder={name}" for name in OPEN_FOLDERS))
    keys = {
        "key": key_of("postman", *(f"--scope={scope}" for scope in SCOPES)),
        "viewer_key": key_of("viewer"),
        "limited_key": key_of("limited", "--store", "1"),
    }

    with_keys = send(served, *(f"--env-var={name}={key}" for name, key in keys.items()))

    assert without_keys.returncode == 0, without_keys.stdout + without_keys.stderr
    assert with_keys.returncode == 0, with_keys.stdout + with_keys.stderr


def send(served: Served, *options: str) -> subprocess.CompletedProcess[str]:
    """Send the requests of the collection to the service."""
    base = f"--env-var=base=http://127.0.0.1:{served.port}"
    command = [NEWMAN, "run", COLLECTION, base, "--bail", "--color", "off", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def key_of(name: str, *options: str) -> str:
    """A new key with the scope read and what the options say."""
    command = ["keys", "create", name, "--scope", "read", *options, "--json"]
    return str(json.loads(forecast_service(*command))["key"])


def forecast_service(*arguments: str | Path) -> str:
    command = [sys.executable, "-m", "forecast_service", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
