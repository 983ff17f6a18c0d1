"""Fixtures of the importer's tests: files written from text, and complete imports."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from forecast_service.errors import InvalidData
from forecast_service.importer import KIND, ImportReport, Imports
from forecast_service.local.jobs import lifecycle
from forecast_service.session import ForecastSession, open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.groups import DatasetGroup, read_group
from forecast_service.storage.queue import Queue, new_id

from .rows import HEADER, cells, daily

WriteFile = Callable[..., Path]
ImportFiles = Callable[..., ImportReport]


@pytest.fixture
def write_file(tmp_path: Path) -> WriteFile:
    """Writes text or bytes to a file and returns its path."""

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
    """Does all due work, as a worker does."""

    def run() -> None:
        while (claim := queue.claim(new_id(), [KIND, lifecycle.KIND])) is not None:
            if claim.kind == KIND:
                imports.perform(queue, claim)
            else:
                lifecycle.perform(database, settings, queue, claim)

    return run


@pytest.fixture
def import_files(imports: Imports, drive: Callable[[], None]) -> ImportFiles:
    """Imports files by role and waits until they are loaded."""

    def run(mode: str = "FULL", options: Mapping[str, Any] | None = None, **files: Path) -> Any:
        return imports.import_now(files, mode, options, drive=drive)

    return run


@pytest.fixture
def shop(write_file, import_files) -> None:
    """An installation with 56 days of two stores, 14 known future days, and a store table."""
    future = daily(
        ["1", "2"],
        14,
        first=56,
        header="Store,Date,Open,Promo,StateHoliday",
        cells=lambda store, index: (int(index % 7 != 6), 1, "0"),
    )
    import_files(
        sales=write_file(daily(["1", "2"], 56, header=HEADER, cells=cells)),
        future=write_file(future, "future.csv"),
        stores=write_file("Store,Region,Type\n1,north,a\n2,south,b\n", "stores.csv"),
    )


@pytest.fixture
def one(database):
    """Reads the only row of a table that has these values."""

    def read(table: sa.Table, **where: Any) -> Any:
        statement = sa.select(table).filter_by(**where)
        with database.read() as connection:
            return connection.execute(statement).one()

    return read


@pytest.fixture
def group(database, settings):
    """Reads the dataset group; None before the first import."""

    def read() -> DatasetGroup | None:
        with database.read() as connection:
            return read_group(connection, settings.dataset_group)

    return read


@pytest.fixture
def refusal(imports: Imports) -> Callable[..., InvalidData]:
    """The error with which files are refused."""

    def refuse(sales: Path, options: dict[str, object] | None = None, **files: Path) -> InvalidData:
        with pytest.raises(InvalidData) as caught:
            imports.dry_run({"sales": sales, **files}, options=options)
        return caught.value

    return refuse


@pytest.fixture
def report(imports: Imports) -> Callable[..., ImportReport]:
    """The report of an import of these files; nothing is kept."""

    def read(options: Mapping[str, Any] | None = None, **files: Path) -> ImportReport:
        return imports.dry_run(files, options=options)

    return read
