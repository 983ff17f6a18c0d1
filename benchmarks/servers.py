"""Starts a granian server for a benchmark and measures its CPU time."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from forecast_service.common.processes import cpu_seconds

START_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """A running server: its address and its first process."""

    url: str
    pid: int

    def cpu_seconds(self) -> float:
        """User and system time of all its processes so far."""
        return cpu_seconds(self.pid) or 0.0


@contextlib.contextmanager
def serving(target: str, environment: Mapping[str, str], log: Path) -> Iterator[Server]:
    """Run an app factory in granian, with one worker, as ``serve`` does."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asginl", "--factory"]
    command += ["--workers", "1", "--http", "1", "--no-ws", "--port", str(port), target]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=output, stderr=output
        )
    try:
        server = Server(f"http://127.0.0.1:{port}", process.pid)
        _wait_for(server, process, log)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=START_SECONDS)


def _wait_for(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{server.url}/healthz", timeout=5).close()
        except urllib.error.HTTPError:
            return  # it answers; the bare app has only one route
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"The server did not start:\n{log.read_text()[-2000:]}")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port
