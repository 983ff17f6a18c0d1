"""Helpers for tests of several parts: a small chain of stores with really imported sales."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from forecast_service.importer.imports import Imports
from forecast_service.runs import TrainingRuns, steps
from forecast_service.session import ForecastSession, open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.groups import DatasetGroup, read_group
from forecast_service.storage.queue import Queue, new_id
from forecast_service.storage.tables import resources
from forecast_service.storage.tables import work as work_rows
from forecast_service.worker import Worker

FIRST_DAY = date(2024, 1, 1)  # a Monday
PATIENCE = 600.0  # seconds for a state to come, however busy the machine is
HORIZON = 14


def naive(settings: Settings, **changes: Any) -> Settings:
    """The settings with the fastest algorithm and other changes."""
    return settings.model_copy(update={"algorithm": "seasonal_naive", **changes})


def in_days(number: int) -> str:
    """ISO date of a day, counted from today in UTC."""
    return (datetime.now(UTC).date() + timedelta(days=number)).isoformat()


def runs_of(settings: Settings, database: Database) -> TrainingRuns:
    """Training runs in this process."""
    return TrainingRuns(database, settings, open_session(settings, database))


def work(settings: Settings, seconds: float = PATIENCE) -> None:
    """Do all queued work in this process."""
    assert Worker(settings).run_until_idle(seconds), "work is left"


def step_run(settings: Settings, session: ForecastSession, database: Database) -> None:
    """Do the next step of the open run at once, even if its pause has not passed."""
    queue = Queue(database, lease_seconds=3600)
    with database.write() as connection:
        connection.execute(
            sa.update(work_rows).where(work_rows.c.state != "done").values(not_before=0)
        )
    claim = queue.claim(new_id(), ["run"])
    assert claim is not None
    steps.RunStep(session, settings, queue, claim).go()


def sold(store: int, day: int) -> int:
    """Sales of a store: a weekly shape, closed on Sundays."""
    weekday = (FIRST_DAY + timedelta(days=day)).weekday()
    return 0 if weekday == 6 else 100 * store + 10 * weekday


def write_sales(path: Path, stores: range, days: range) -> Path:
    """A CSV file of the sales of these stores on these days, counted from ``FIRST_DAY``."""
    lines = ["Store,Date,Sales,Open"]
    for store in stores:
        for day in days:
            on = FIRST_DAY + timedelta(days=day)
            lines.append(f"{store},{on},{sold(store, day)},{int(on.weekday() != 6)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def import_sales(
    session: ForecastSession,
    settings: Settings,
    database: Database,
    *,
    stores: range,
    days: range,
    mode: str = "INCREMENTAL",
) -> None:
    """Import sales and wait for the end; a refresh may be queued afterwards."""
    imports = Imports(
        database, settings, session, TrainingRuns(database, settings, session).refresh
    )
    path = settings.home / f"sales-{stores.start}-{days.start}-{days.stop}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_sales(path, stores, days)
    import_id = imports.request({"sales": path}, mode)
    path.unlink()
    Worker(settings).run_until_idle(PATIENCE, kinds=("import", "resource"))
    document = imports.get(import_id)
    assert document["state"] == "done", document["error"]


def import_small_chain(
    session: ForecastSession,
    settings: Settings,
    database: Database,
    stores: int = 3,
    days: int = 120,
) -> None:
    """Import ``stores`` stores named 1, 2, … with ``days`` days of sales each."""
    import_sales(
        session,
        settings,
        database,
        stores=range(1, stores + 1),
        days=range(days),
        mode="FULL",
    )


def age_predictors(database: Database, days: float) -> None:
    """Make every predictor ``days`` older."""
    with database.write() as connection:
        connection.execute(
            sa.update(resources)
            .where(resources.c.type == "predictor")
            .values(created_at=resources.c.created_at - days * 86400.0)
        )


def group_of(settings: Settings, database: Database) -> DatasetGroup:
    """The imported dataset group."""
    with database.read() as connection:
        group = read_group(connection, settings.dataset_group)
    assert group is not None
    return group


def ask(settings: Settings, count: int) -> list[tuple[str, bool, bool]]:
    """Send ``count`` requests in parallel; for each: id of the run, started, joined."""
    database = Database(settings.resolved_database_url)
    runs = runs_of(settings, database)
    with ThreadPoolExecutor(count) as threads:
        decisions = list(threads.map(lambda _: runs.request(1), range(count)))
    database.dispose()
    return [(d.run.id if d.run else "", d.started, d.joined) for d in decisions]


WORKER = (
    "from forecast_service.common.logs import configure_logging\n"
    "from forecast_service.settings import read_settings\n"
    "from forecast_service.worker import Worker\n"
    "settings = read_settings()\n"
    "configure_logging(settings.log_level)\n"
    "Worker(settings).run()\n"
)


def start_worker(settings: Settings, log: Path) -> subprocess.Popen[bytes]:
    """Start a worker process as ``forecast-service worker`` does."""
    environment = {
        "FORECAST_HOME": str(settings.home),
        "FORECAST_DATABASE_URL": settings.resolved_database_url,
        "FORECAST_ALGORITHM": settings.algorithm,
        "FORECAST_LEASE_SECONDS": str(settings.lease_seconds),
        "FORECAST_PROCESSES": "1",
    }
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-c", WORKER], env={**os.environ, **environment}, stderr=output
        )


def until(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Wait until ``condition`` is true; return its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return value
