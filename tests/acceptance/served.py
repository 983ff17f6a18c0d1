"""A running `forecast-service serve`, for tests that use it as a user does."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from forecast_service.settings import Settings

__all__ = ["END_SECONDS", "START_SECONDS", "Served", "wait_until"]

START_SECONDS = 600.0
END_SECONDS = 300.0


class Served:
    """One running `serve` with its log."""

    def __init__(
        self, settings: Settings, log: Path, *options: str, port: int | None = None
    ) -> None:
        self.port = port or free_port()
        self.log = log
        environment = {
            **os.environ,
            "FORECAST_HOME": str(settings.home),
            "FORECAST_DATABASE_URL": settings.resolved_database_url,
        }
        command = [sys.executable, "-m", "forecast_service", "serve", "--port", str(self.port)]
        with log.open("w") as file:
            self.process = subprocess.Popen(
                [*command, *options], env=environment, stdout=file, stderr=file
            )
        wait_until(lambda: self.says("Serving at") or self.has_ended, START_SECONDS, self)
        if self.has_ended:
            pytest.fail(f"it ended:\n{log.read_text()}")

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def says(self, text: str, times: int = 1) -> bool:
        return self.log.read_text().count(text) >= times

    def get(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            return int(answer.status)

    def children(self) -> set[int]:
        """All descendants of this process."""
        return descendants(self.process.pid)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(holds: Callable[[], bool], seconds: float, served: Served | None = None) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds} s:\n{served.log.read_text() if served else ''}")
        time.sleep(0.05)


def descendants(process: int) -> set[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True)
    parents = {int(pid): int(ppid) for pid, ppid in map(str.split, listed.stdout.splitlines())}
    found = {process}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {process}
