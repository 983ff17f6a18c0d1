"""The Postman collection, sent by newman to a running service."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from forecast_service.settings import Settings

from .served import END_SECONDS, Served

ROOT = Path(__file__).parents[2]
COLLECTION = ROOT / "postman" / "forecast-service.postman_collection.json"
NEWMAN = ROOT / "node_modules" / ".bin" / "newman"
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
    for arguments in (["import", str(sales)], ["train"]):
        command = [sys.executable, "-m", "forecast_service", *arguments]
        subprocess.run(command, check=True, capture_output=True, env=dict(os.environ))
    served = Served(settings, tmp_path / "log")
    yield served
    served.process.terminate()
    served.process.wait(timeout=END_SECONDS)


@pytest.mark.skipif(
    not NEWMAN.exists(), reason="the Postman collection needs newman: apt-get install npm && npm ci"
)
def test_every_check_of_the_collection_passes(served: Served) -> None:
    base = f"base=http://127.0.0.1:{served.port}"

    finished = subprocess.run(
        [NEWMAN, "run", COLLECTION, "--env-var", base, "--bail", "--color", "off"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 0, finished.stdout + finished.stderr
