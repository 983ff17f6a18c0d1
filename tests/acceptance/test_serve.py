"""`forecast-service serve`: answers, restarts dead processes, leaves no process behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest

from forecast_service.settings import Settings

from .served import END_SECONDS, START_SECONDS, Served, descendants, free_port, wait_until


@pytest.fixture
def served(settings: Settings, tmp_path: Path) -> Iterator[Served]:
    """A service with its worker, on an empty installation."""
    served = Served(settings, tmp_path / "log")
    yield served
    assert not served.says("no such table")  # the worker waits until the database is migrated
    for process in (served.process.pid, *served.children()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    served.process.wait()
    assert not served.says("panicked")  # the server's own threads, while Python ends


def is_running(process: int) -> bool:
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    )
    return state.stdout.strip() not in ("", "Z")


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_a_stop_signal_ends_every_process_and_is_no_failure(
    served: Served, number: signal.Signals
) -> None:
    children = served.children()
    served.get("/healthz")

    served.process.send_signal(number)

    assert served.process.wait(timeout=END_SECONDS) == 0
    assert served.log.read_text().endswith("Stopped.\n")
    wait_until(lambda: not any(map(is_running, children)), END_SECONDS)


def test_a_killed_supervisor_leaves_no_process_behind(served: Served) -> None:
    children = served.children()

    served.process.kill()
    served.process.wait()

    assert len(children) >= 3
    wait_until(lambda: not any(map(is_running, children)), END_SECONDS)


def test_processes_that_die_are_started_again(served: Served) -> None:
    wait_until(lambda: served.says("worker started"), START_SECONDS, served)

    for child in served.children():
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)

    wait_until(lambda: served.says("worker started", 2), START_SECONDS, served)
    wait_until(lambda: answers(served), START_SECONDS, served)


def answers(served: Served) -> bool:
    with contextlib.suppress(OSError):
        return served.get("/healthz") == 200
    return False


def test_a_port_in_use_is_refused_in_one_sentence(settings: Settings, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        finished = subprocess.run(
            [sys.executable, "-m", "forecast_service", "serve", "--port", port],
            env={**os.environ, "FORECAST_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert finished.returncode == 1
    assert finished.stderr == (
        f"Error: Port {port} is already in use. Stop the program that uses it, or choose another "
        "port with --port.\n"
    )


def test_the_first_request_after_the_announcement_is_answered(served: Served) -> None:
    assert served.get("/healthz") == 200


def test_a_start_that_fails_says_why(settings: Settings, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "forecast_service", "serve", "--port", str(free_port())],
            env={**os.environ, "FORECAST_HOME": str(settings.home)},
            stdout=file,
            stderr=file,
        )

    while process.poll() is None:  # no child lives long enough to answer
        for child in descendants(process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    assert process.returncode == 1
    assert log.read_text().endswith(
        "Error: The web server did not start. The web process was ended by signal 9 before it "
        "answered.\n"
    )


def test_without_a_worker_only_the_web_is_served(settings: Settings, tmp_path: Path) -> None:
    served = Served(settings, tmp_path / "log", "--no-worker")

    served.process.terminate()

    assert served.process.wait(timeout=END_SECONDS) == 0
    assert not served.says("worker started")


def test_a_slash_in_a_name_reaches_the_service(settings: Settings, tmp_path: Path) -> None:
    served = Served(settings, tmp_path / "log", "--no-worker")

    paths = ("/stores/A%2FB", "/v1/stores/A%2fB%20/history")
    problems = {path: refused(served, path) for path in paths}
    served.process.terminate()

    assert all("Store 'A/B' is unknown" in detail for detail in problems.values()), problems
    assert served.process.wait(timeout=END_SECONDS) == 0


def refused(served: Served, path: str) -> str:
    """The sentence of a refusal."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        served.get(path)
    return str(json.loads(caught.value.read())["detail"])
