"""Two services of ours, one of them as AWS: set-up, training, restarts, AWS gone and back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from simulated_aws import SimulatedAws

from forecast_service.settings import Settings

from .served import Served, free_port, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]

PATIENCE = 600.0
DAYS = 90


class Pair:
    """The client with ``auto`` and the service that is its AWS; both can be stopped and started."""

    def __init__(self, tmp_path: Path, simulated_aws: SimulatedAws) -> None:
        self.folder = tmp_path
        self.ports = {"aws": free_port(), "client": free_port()}
        self.running: dict[str, Served] = {}
        self.environment = {
            "FORECAST_PROCESSES": "1",
            "FORECAST_ALGORITHM": "npts",
            "AWS_ENDPOINT_URL_IAM": simulated_aws.url,
        }

    def start(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.use(name, monkeypatch)
        log = self.folder / f"{name}-{len(list(self.folder.glob('*.log')))}.log"
        self.running[name] = Served(Settings(home=self.folder / name), log, port=self.ports[name])

    def use(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Give commands and services the environment of one of the two."""
        for variable, value in self.environment.items():
            monkeypatch.setenv(variable, value)
        monkeypatch.setenv("FORECAST_HOME", str(self.folder / name))
        monkeypatch.setenv("FORECAST_BACKEND", "auto" if name == "client" else "local")
        monkeypatch.setenv("FORECAST_POLL_SECONDS", "0.5")
        for service in ("FORECAST", "FORECASTQUERY"):
            url = f"http://127.0.0.1:{self.ports['aws']}/aws"
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", url)

    def kill(self, name: str) -> None:
        """Kill a service and all its processes, without any notice."""
        served = self.running.pop(name)
        for pid in (served.process.pid, *served.children()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        served.process.wait()

    def ask(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The client's answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ports['client']}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return dict(json.load(answer))

    def ladder(self) -> tuple[str, str | None]:
        """The step of the ladder that is served, and the forecast."""
        origin = self.ask("/forecast?store_number=1")["provenance"]
        return origin["ladder"]["step"], origin["stale"]

    def run(self, run_id: str) -> dict[str, Any]:
        return self.ask(f"/training/{run_id}")


@pytest.fixture
def pair(tmp_path: Path, simulated_aws: SimulatedAws) -> Iterator[Pair]:
    pair = Pair(tmp_path, simulated_aws)
    yield pair
    for name in list(pair.running):
        pair.kill(name)


def command(*arguments: str | Path) -> str:
    """The output of a command that succeeds."""
    finished = subprocess.run(
        [sys.executable, "-m", "forecast_service", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def sales(path: Path) -> Path:
    """Sales of two stores until yesterday."""
    today = datetime.now(UTC).date()
    lines = ["Store,Date,Sales"]
    for store in (1, 2):
        for day in range(DAYS, 0, -1):
            on = today - timedelta(days=day)
            lines.append(f"{store},{on},{100 * store + 10 * on.weekday()}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_amazon_goes_and_comes_back_while_a_chain_is_served(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def until(holds: Callable[[], bool]) -> None:
        wait_until(holds, PATIENCE, pair.running.get("client"))

    pair.start("aws", monkeypatch)
    pair.use("client", monkeypatch)
    command("import", sales(tmp_path / "sales.csv"))
    steps = json.loads(command("aws", "setup", "--json"))["steps"]
    assert {step["what"]: step["state"] for step in steps} == dict.fromkeys(
        ("bucket", "role", "dataset group", "import"), "made"
    )

    pair.start("client", monkeypatch)
    run = pair.ask("/training", {"store_number": 1})["run"]["id"]
    until(lambda: pair.run(run)["predictor_arn"] is not None)
    pair.kill("client")
    pair.kill("aws")
    pair.start("aws", monkeypatch)
    pair.start("client", monkeypatch)
    until(lambda: pair.run(run)["state"] in ("serving", "failed"))
    assert pair.run(run)["message"] is None
    until(lambda: pair.ladder() == ("amazon", None))

    pair.kill("aws")
    until(lambda: pair.ladder()[0] == "last_fetched")
    assert str(pair.ladder()[1]).startswith("Amazon Forecast cannot be reached since ")
    again = pair.ask("/training", {"store_number": 1, "force": True})["run"]["id"]
    until(lambda: "Our own engine takes over" in str(pair.run(again)["message"]))
    assert pair.run(again)["state"] == "waiting"

    pair.start("aws", monkeypatch)
    until(lambda: pair.run(again)["state"] == "serving")
    until(lambda: pair.ladder() == ("amazon", None))
    served = pair.ask("/forecast?store_number=1")["provenance"]
    assert served["predictor"] == pair.run(again)["predictor_arn"]
