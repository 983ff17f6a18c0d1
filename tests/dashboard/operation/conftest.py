"""Fixtures for pages that change something: services of their own, with and without accounts."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.served import Served

from ..conftest import run, serving

PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def served(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service without accounts, whose sales these tests may change."""
    folder = tmp_path_factory.mktemp("operation")
    home = shutil.copytree(sample_home, folder / "home")
    with serving(home, folder / "log") as served:
        yield served


@pytest.fixture(scope="session")
def guarded(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service with an administrator, a planner of one region, and a viewer."""
    folder = tmp_path_factory.mktemp("accounts")
    home = shutil.copytree(sample_home, folder / "home")
    make_user(home, "anna", "--role", "admin")
    make_user(home, "paul", "--role", "planner", "--region", "north")
    make_user(home, "vera", "--role", "viewer")
    with serving(home, folder / "log") as served:
        yield served


def make_user(home: Path, name: str, *options: str) -> None:
    """Make a user by the command, with the password of all users here."""
    run(home, "users", "create", name, *options, "--password-stdin", text=PASSWORD)


@pytest.fixture(scope="session")
def expected_errors() -> re.Pattern[str]:
    """Errors that a page may write to its console: a browser calls a refusal an error."""
    return re.compile(r"status of (401|403|404|409|422) ")


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
