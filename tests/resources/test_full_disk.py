"""A full disk: requests are refused with 507 and leave nothing; accepted work waits and goes on."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from full_disk import FullDisk, small_disk
from support import FIRST_DAY, import_small_chain, naive, runs_of, work, write_sales

from forecast_service.app import create_app
from forecast_service.errors import NotWritable
from forecast_service.session import open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.tables import work as work_table
from forecast_service.worker import Worker

NEW_DAY = str(FIRST_DAY + timedelta(days=120))
ROW = {"store_number": 1, "date": NEW_DAY, "sales": 9, "covariates": {"Open": 1}}


@pytest.fixture(params=["together", "elsewhere"])
def place(request: pytest.FixtureRequest) -> str:
    """Whether the database is on the same disk."""
    return str(request.param)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FullDisk]:
    with small_disk(tmp_path / "disk", monkeypatch) as disk:
        yield disk


@pytest.fixture
def settings(disk: FullDisk, settings: Settings, place: str) -> Settings:
    """An installation on the small disk; ``settings`` has a database of its own elsewhere."""
    elsewhere = settings.resolved_database_url if place == "elsewhere" else None
    return naive(Settings(home=disk.folder / "home", database_url=elsewhere, processes=1))


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    settings.home.mkdir(exist_ok=True)
    database = Database(settings.resolved_database_url)
    database.migrate()
    yield database
    database.dispose()


@pytest.fixture
def client(settings: Settings, database: Database) -> Iterator[FlaskClient]:
    """A client of a chain with a forecast."""
    import_small_chain(open_session(settings, database), settings, database)
    runs_of(settings, database).request(None)
    work(settings)
    app = create_app(settings)
    yield app.test_client()
    app.extensions["forecast_service"].close()


def left_behind(settings: Settings) -> list[str]:
    """Names below the folders of uploads and imports."""
    folders = [settings.home / "uploads", settings.home / "imports"]
    return [path.name for folder in folders for path in folder.glob("*")]


def try_to_work(settings: Settings) -> None:
    """Try what is due, until all of it waits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("forecast_service.worker.endings.RETRY_SECONDS", 1e6)
        with contextlib.suppress(NotWritable):
            Worker(settings).run_until_idle(0.8)


def let_all_begin(database: Database) -> None:
    with database.write() as connection:
        connection.execute(sa.update(work_table).values(not_before=0.0, lease_until=0.0))


def test_a_request_on_a_full_disk_is_refused_and_leaves_nothing(
    client: FlaskClient, settings: Settings, disk: FullDisk, tmp_path: Path
) -> None:
    body = write_sales(tmp_path / "sales.csv", range(1, 4), range(121)).read_bytes()
    disk.fill()

    answers = [
        client.post("/sales", json={"sales": [ROW]}),
        client.post("/imports", data=body, content_type="text/csv"),
    ]

    for answer in answers:
        problem = answer.get_json(force=True)
        assert (answer.status_code, problem["type"]) == (507, "urn:forecast-service:not-writable")
        assert "is full. Free some space" in problem["detail"]
        assert answer.headers["Retry-After"]
    assert client.get("/forecast?store_number=1").status_code == 200
    disk.free()
    assert left_behind(settings) == []
    assert client.post("/sales", json={"sales": [ROW]}).status_code == 202


@pytest.mark.quick(1)
def test_accepted_work_waits_and_goes_on(
    client: FlaskClient,
    settings: Settings,
    database: Database,
    disk: FullDisk,
    caplog: pytest.LogCaptureFixture,
) -> None:
    accepted = client.post("/sales", json={"sales": [ROW]}).headers["Location"]
    asked = client.post("/training", json={"store_number": 1, "force": True}).headers["Location"]
    disk.fill()
    for _ in range(4):  # one more than the errors after which work fails
        try_to_work(settings)
    assert client.get(accepted).get_json()["state"] in ("waiting", "reading", "loading")
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]

    disk.free()
    let_all_begin(database)
    work(settings)

    assert client.get(accepted).get_json()["state"] == "done"
    assert client.get(asked).get_json()["state"] == "serving"
    assert client.get("/stores/1/history").get_json()["days"][-1]["date"] == NEW_DAY
    assert not list(settings.home.rglob("*.part"))
