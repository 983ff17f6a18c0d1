"""The cast of the importer's tests: files written from text, and imports that really load."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from forecast_service.database import Database
from forecast_service.importer import KIND, ImportReport, Imports
from forecast_service.local import jobs
from forecast_service.queue import Queue, new_id
from forecast_service.session import ForecastSession, open_session
from forecast_service.settings import Settings

WriteFile = Callable[..., Path]
ImportFiles = Callable[..., ImportReport]


@pytest.fixture
def write_file(tmp_path: Path) -> WriteFile:
    """Writes text (or bytes) as a file and gives its path."""

    def write(content: str | bytes, name: str = "sales.csv") -> Path:
        path = tmp_path / name
        if isinstance(content, str):
            content = textwrap.dedent(content).lstrip("\n").encode("utf-8")
        path.write_bytes(content)
        return path

    return write


@pytest.fixture
def session(settings: Settings, database: Database) -> ForecastSession:
    """The local Amazon Forecast of an empty installation."""
    return open_session(settings, database)


@pytest.fixture
def imports(settings: Settings, database: Database, session: ForecastSession) -> Imports:
    """The imports of an empty installation."""
    return Imports(database, settings, session)


@pytest.fixture
def drive(
    settings: Settings, database: Database, queue: Queue, imports: Imports
) -> Callable[[], None]:
    """Does all work that is due, as a worker does."""

    def run() -> None:
        while (claim := queue.claim(new_id(), [KIND, jobs.KIND])) is not None:
            if claim.kind == KIND:
                imports.perform(queue, claim)
            else:
                jobs.perform(database, settings, queue, claim)

    return run


@pytest.fixture
def import_files(imports: Imports, drive: Callable[[], None]) -> ImportFiles:
    """Imports files by role and waits for the end."""

    def run(mode: str = "FULL", options: Mapping[str, Any] | None = None, **files: Path) -> Any:
        return imports.import_now(files, mode, options, drive=drive)

    return run
