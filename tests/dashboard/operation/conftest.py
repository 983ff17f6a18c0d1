"""Fixtures for pages that change something: services of their own, with and without accounts."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from forecast_service.settings import Settings
from tests.acceptance.served import Served

from ..conftest import WIDE, OpenContext

DATABASE = "forecast.db"
expect.set_options(timeout=60_000)  # milliseconds; the machine may be busy
PASSWORD = "correct horse battery"
REFUSED = re.compile(r"status of (401|403|404|409|422) ")  # the browser calls a refusal an error


def copy_of(home: Path, target: Path) -> Path:
    """A copy of a home that may be in use."""
    shutil.copytree(home, target, ignore=shutil.ignore_patterns(f"{DATABASE}*", "workers"))
    with (
        contextlib.closing(sqlite3.connect(home / DATABASE)) as source,
        contextlib.closing(sqlite3.connect(target / DATABASE)) as copy,
    ):
        source.backup(copy)
    return target


@contextlib.contextmanager
def running(home: Path, log: Path) -> Iterator[Served]:
    """The service with its worker, until the end of the block."""
    served = Served(Settings(home=home), log)
    try:
        yield served
    finally:
        served.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            served.process.wait(timeout=60)
        served.process.kill()


@pytest.fixture(scope="session")
def served(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service without accounts, whose sales these tests may change."""
    folder = tmp_path_factory.mktemp("operation")
    with running(copy_of(sample_home, folder / "home"), folder / "log") as served:
        yield served


@pytest.fixture(scope="session")
def guarded(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service with an administrator, a planner of one region, and a viewer."""
    folder = tmp_path_factory.mktemp("accounts")
    home = copy_of(sample_home, folder / "home")
    make_user(home, "anna", "--role", "admin")
    make_user(home, "paul", "--role", "planner", "--region", "north")
    make_user(home, "vera", "--role", "viewer")
    with running(home, folder / "log") as served:
        yield served


def make_user(home: Path, name: str, *options: str) -> None:
    """Make a user by the command, with the password of all users here."""
    command = [sys.executable, "-m", "forecast_service", "users", "create", name, *options]
    environment = {**os.environ, "FORECAST_HOME": str(home)}
    subprocess.run(
        [*command, "--password-stdin"],
        env=environment,
        input=PASSWORD,
        text=True,
        check=True,
        capture_output=True,
    )


@pytest.fixture
def open_context(chromium: Browser, address: str) -> Iterator[OpenContext]:
    """Opens a window; the test fails if a page wrote an error, other than a refusal."""
    errors: list[str] = []
    contexts = []

    def open_one(**options: Any) -> Any:
        context = chromium.new_context(
            **{"base_url": address, "viewport": WIDE, "locale": "en-GB", **options}
        )
        context.set_default_timeout(60_000)  # milliseconds; the machine may be busy
        context.on("console", lambda line: line.type == "error" and errors.append(line.text))
        context.on("weberror", lambda error: errors.append(str(error.error)))
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()
    assert [line for line in errors if not REFUSED.search(line)] == []


def log_in(page: Page, name: str, password: str = PASSWORD, *, wanted: str = "/activity") -> Page:
    """Log in by the form, on the way to a page."""
    page.goto(wanted)
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    return page


def logged_in(page: Page, name: str, password: str = PASSWORD, *, wanted: str) -> Page:
    """Log in, and wait until the page knows who is there."""
    log_in(page, name, password, wanted=wanted)
    expect(page.locator("#account summary")).to_have_text(name)
    return page
