"""/system: queue, workers, disk, database and forecast in one answer."""

from __future__ import annotations

import os
import threading
import time

import pytest
from flask.testing import FlaskClient
from support import PATIENCE

from forecast_service import __version__
from forecast_service.resources.contract.operation_answers import System
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.upkeep.presence import give_sign, workers
from forecast_service.worker import Worker


def test_an_empty_installation_waits_for_its_first_file(client: FlaskClient) -> None:
    answer = client.get("/system").get_json()

    System.model_validate(answer)
    assert (answer["status"], answer["problems"]) == ("ready", [])
    assert answer["version"] == __version__
    assert answer["forecast"] is None
    assert answer["workers"] == {"alive": 0, "seen_at": None}
    assert 0 < answer["disk"]["free_bytes"] < answer["disk"]["total_bytes"]


@pytest.mark.usefixtures("three_stores")
def test_the_served_forecast_is_described(client: FlaskClient) -> None:
    forecast = client.get("/system").get_json()["forecast"]

    assert (forecast["data_until"], forecast["algorithm"]) == ("2015-06-13", "auto")
    assert "days" in forecast["stale"]


def test_work_that_nobody_does_is_counted(client: FlaskClient) -> None:
    client.post("/imports", data="store,date,sales\n1,2015-05-01,1\n", content_type="text/csv")

    queue = client.get("/system").get_json()["queue"]

    assert (queue["waiting"], queue["under_way"]) == (1, 0)
    assert queue["oldest_due_at"] is not None


def test_a_worker_is_seen_while_it_runs(client: FlaskClient, settings: Settings) -> None:
    worker = Worker(settings)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        deadline = time.monotonic() + PATIENCE
        while client.get("/system").get_json()["workers"]["alive"] == 0:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        worker.stop()
        thread.join()

    assert client.get("/system").get_json()["workers"]["alive"] == 0


def test_a_silent_worker_is_not_alive_and_is_forgotten_after_a_day(settings: Settings) -> None:
    give_sign(settings.home)
    now = time.time()

    assert workers(settings.home, now).alive == 1
    assert workers(settings.home, now + 120).alive == 0
    assert workers(settings.home, now + 120).seen_at == pytest.approx(now, abs=5)
    workers(settings.home, now + 100_000)
    assert not os.listdir(settings.home / "workers")


@pytest.mark.usefixtures("own_database")
def test_a_disk_that_cannot_be_written_does_not_stop_a_worker(settings: Settings) -> None:
    (settings.home / "workers").write_text("a file where the folder should be")

    give_sign(settings.home)

    assert workers(settings.home).alive == 0


def test_the_database_is_described(client: FlaskClient, own_database: Database) -> None:
    database = client.get("/system").get_json()["database"]

    assert database["revision"] == own_database.revision()
    assert (database["bytes"] is not None) == own_database.is_sqlite
