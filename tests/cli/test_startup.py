"""The wait for the web server: it ends with an answer, or with a reason."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import pytest

from forecast_service.cli.processes import APPLICATION, load_application
from forecast_service.cli.startup import Startup
from forecast_service.common.processes import cpu_seconds

NOWHERE = "http://127.0.0.1:1"
Pipe = tuple[Connection, Connection]
Start = Callable[[Callable[[], None]], BaseProcess]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a function in a process of its own, which ends with the test."""
    processes: list[BaseProcess] = []

    def begin(work: Callable[[], None]) -> BaseProcess:
        process = multiprocessing.get_context("spawn").Process(target=work)
        process.start()
        processes.append(process)
        return process

    yield begin
    for process in processes:
        process.kill()
        process.join()


def rest() -> None:
    time.sleep(1000)


def compute() -> None:
    while True:
        pass


def leave() -> None:
    raise SystemExit(3)


@pytest.fixture
def pipe() -> tuple[Connection, Connection]:
    """The end that reads reports, and the end that writes them."""
    return multiprocessing.Pipe(duplex=False)


def reason(startup: Startup) -> str:
    while (sentence := startup.failure()) is None:
        time.sleep(0.05)
    return sentence


def test_a_process_that_does_nothing_is_given_up(start: Start, pipe: Pipe) -> None:
    startup = Startup(start(rest), NOWHERE, pipe[0], idle_seconds=0.5)

    assert not startup.answers()
    assert reason(startup) == (
        "The web process has done nothing for 0.5 s, and http://127.0.0.1:1 does not answer."
    )


@pytest.mark.slow
def test_a_busy_process_is_waited_for(start: Start, pipe: Pipe) -> None:
    process = start(compute)
    startup = Startup(process, NOWHERE, pipe[0], idle_seconds=5)
    assert process.pid is not None

    while (cpu_seconds(process.pid) or 0) < 6:
        assert startup.failure() is None
        time.sleep(0.1)


def test_the_end_of_a_process_is_a_reason(start: Start, pipe: Pipe) -> None:
    startup = Startup(start(leave), NOWHERE, pipe[0])

    assert reason(startup) == "The web process ended with exit code 3 before it answered."


def test_a_web_process_reports_why_it_cannot_load(
    start: Start, pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECAST_HORIZN", "7")
    reports, reporter = pipe

    with pytest.raises(SystemExit):
        load_application(reporter, APPLICATION)

    sentence = reason(Startup(start(rest), NOWHERE, reports))
    assert sentence.startswith("Unknown setting FORECAST_HORIZN. Did you mean FORECAST_HORIZON?")
