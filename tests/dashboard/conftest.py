"""Fixtures for the pages: frames without data, and a real browser at a real service."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from forecast_service.app import create_app
from forecast_service.settings import Settings
from tests.acceptance.served import Served, wait_until

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
STORES = "1,2,3,4,5,6,7,8"
WIDE = {"width": 1440, "height": 900}
PATIENCE = 60_000  # milliseconds; the machine may be busy
TRAINING_SECONDS = 600.0
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def empty_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One app without data, for all tests of the frames."""
    app = create_app(Settings(home=tmp_path_factory.mktemp("empty")))
    yield app
    app.extensions["forecast_service"].close()


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with eight stores of the sample, trained once for all processes of the tests.

    Tests copy it before they serve it.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "trained_sample"
    home, ended = folder / "home", folder / "ended"
    try:
        folder.mkdir()
    except FileExistsError:  # another process trains it, or has trained it
        wait_until(ended.exists, TRAINING_SECONDS)
    else:
        try:
            train_sample(home, folder / "files")
        finally:
            ended.touch()
    return home


def train_sample(home: Path, files: Path) -> None:
    """Import the sales of some stores, and train."""
    run(home, "sample", files)
    table = ["--stores", files / "store.csv", "--only", STORES]
    run(home, "import", files / "train.csv", files / "future.csv", *table)
    run(home, "train", "--store", "1")


def run(home: Path, *arguments: str | Path, text: str | None = None) -> None:
    """Run a command with this text as its input."""
    command = [sys.executable, "-m", "forecast_service", *map(str, arguments)]
    environment = {**os.environ, "FORECAST_HOME": str(home), "FORECAST_PROCESSES": "1"}
    subprocess.run(command, env=environment, input=text, text=True, check=True, capture_output=True)


@contextlib.contextmanager
def serving(home: Path, log: Path, *options: str) -> Iterator[Served]:
    """The service as ``serve`` runs it, until the end of the block."""
    served = Served(Settings(home=home), log, *options)
    try:
        yield served
    finally:
        served.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            served.process.wait(timeout=60)
        served.process.kill()


@pytest.fixture(scope="session")
def served(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service without accounts, with its worker; nothing changes its sales."""
    folder = tmp_path_factory.mktemp("served")
    home = shutil.copytree(sample_home, folder / "home")
    with serving(home, folder / "log") as served:
        yield served


@pytest.fixture  # of no wider scope: it would be kept for tests with another service
def address(served: Served) -> str:
    """The address of the service."""
    return f"http://127.0.0.1:{served.port}"


Api = Callable[[str], Any]


@pytest.fixture
def api(address: str) -> Api:
    """Reads JSON from the API, without the browser."""

    def read(path: str) -> Any:
        with urllib.request.urlopen(address + path, timeout=60) as answer:
            return json.load(answer)

    return read


def post(address: str, body: dict[str, Any]) -> Any:
    """Send JSON, as another program would, and return the answer."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def wait_for_work(api: Api, seconds: float = 120) -> None:
    """Wait for imports and runs, and for the forecast that follows an import by itself."""
    ended = ("done", "failed", "undone", "serving", "cancelled")

    def is_quiet() -> bool:
        work = api("/training")["runs"] + api("/imports")["imports"]
        return all(each["state"] in ended for each in work)

    wait_until(is_quiet, seconds)


@pytest.fixture(scope="package")  # its event loop runs on, and other tests run loops of their own
def chromium() -> Iterator[Browser]:
    """A headless Chromium."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if found is None:
        pytest.skip("chromium is absent (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


OpenContext = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def expected_errors() -> re.Pattern[str]:
    """Errors that a page may write to its console: none."""
    return re.compile("(?!)")


@pytest.fixture
def open_context(
    chromium: Browser, address: str, expected_errors: re.Pattern[str]
) -> Iterator[OpenContext]:
    """Opens a window; the test fails if a page wrote an unexpected error to its console."""
    errors: list[str] = []
    contexts = []

    def open_one(**options: Any) -> BrowserContext:
        context = chromium.new_context(
            **{"base_url": address, "viewport": WIDE, "locale": "en-GB", **options}
        )
        context.set_default_timeout(PATIENCE)
        context.on("console", lambda line: line.type == "error" and errors.append(line.text))
        context.on("weberror", lambda error: errors.append(str(error.error)))
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()
    assert [line for line in errors if not expected_errors.search(line)] == []


@pytest.fixture
def page(open_context: OpenContext) -> Page:
    """A page of a wide window in English."""
    return open_context().new_page()


@pytest.fixture(scope="session")
def violations() -> Callable[[Page], list[str]]:
    """What axe-core finds on a page."""
    if not AXE.exists():
        pytest.skip("axe-core is absent (npm ci)")
    script = AXE.read_text(encoding="utf-8")

    def found(page: Page) -> list[str]:
        page.evaluate(script)
        answer = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
            for violation in answer["violations"]
            for node in violation["nodes"]
        ]

    return found
