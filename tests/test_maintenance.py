"""Maintenance: what is old goes, what is in use stays, and a backup comes back whole."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from support import group_row, import_small_chain, naive, runs_of, work

from forecast_service import forecast_store, maintenance
from forecast_service.database import Database
from forecast_service.errors import Conflict, InvalidData
from forecast_service.queue import Queue, new_id
from forecast_service.runs import TrainingRuns
from forecast_service.session import open_session
from forecast_service.settings import Settings
from forecast_service.tables import forecasts, training_runs
from forecast_service.tables import work as work_table

SECONDS_PER_DAY = 86400.0


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return naive(settings, keep_days=30)


@pytest.fixture
def runs(settings: Settings, database: Database) -> TrainingRuns:
    """Two trainings of a small chain; the second one's forecast is served."""
    import_small_chain(open_session(settings, database), settings, database)
    runs = runs_of(settings, database)
    for _ in range(2):
        runs.request(1, force=True)
        work(settings)
    return runs


def let_days_pass(database: Database, days: float) -> None:
    seconds = days * SECONDS_PER_DAY
    with database.write() as connection:
        for column in (
            forecasts.c.created_at,
            training_runs.c.finished_at,
            work_table.c.finished_at,
        ):
            connection.execute(sa.update(column.table).values({column: column - seconds}))


def kept(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(forecasts)).scalar_one()


def test_young_forecasts_are_kept(
    runs: TrainingRuns, settings: Settings, database: Database
) -> None:
    let_days_pass(database, 29)

    assert maintenance.prune(settings, database).forecasts == 0
    assert kept(database) == 2


def test_old_forecasts_go_but_never_the_current_one(
    runs: TrainingRuns, settings: Settings, database: Database
) -> None:
    old = runs.list()[1].forecast_arn
    let_days_pass(database, 31)
    pruned = maintenance.prune(settings, database)

    current = group_row(database)["current_forecast_arn"]
    with database.read() as connection:
        assert len(forecast_store.keys(connection, current)) == 3
        assert forecast_store.keys(connection, str(old)) == set()
    assert (pruned.forecasts, pruned.predictors) == (1, 1)


def test_after_pruning_nothing_has_to_be_trained(
    runs: TrainingRuns, settings: Settings, database: Database
) -> None:
    let_days_pass(database, 31)
    maintenance.prune(settings, database)

    assert runs.request(1).rule == "within_tolerance"


def test_finished_work_is_forgotten(
    runs: TrainingRuns, settings: Settings, database: Database
) -> None:
    let_days_pass(database, 31)

    assert maintenance.prune(settings, database).rows > 0


def test_maintenance_is_scheduled_once_a_day(database: Database) -> None:
    assert maintenance.schedule(database) is True
    assert maintenance.schedule(database) is False


def test_scheduled_maintenance_is_performed(
    settings: Settings, database: Database, queue: Queue
) -> None:
    with database.write() as connection:
        queue.put(connection, maintenance.KIND, "daily")
    claim = queue.claim(new_id(), [maintenance.KIND])
    assert claim is not None
    maintenance.perform(settings, database, open_session(settings, database), queue, claim)

    assert not queue.has_open([maintenance.KIND])


def test_a_backup_comes_back_whole(tmp_path: Path) -> None:
    settings = naive(Settings(home=tmp_path / "old", processes=1))
    database = Database(settings.resolved_database_url)
    database.migrate()
    import_small_chain(open_session(settings, database), settings, database)
    runs_of(settings, database).request(1)
    work(settings)
    maintenance.backup(settings, database, tmp_path / "backup.tar.gz")
    restored = settings.model_copy(update={"home": tmp_path / "new"})
    maintenance.restore(restored, tmp_path / "backup.tar.gz")

    again = Database(restored.resolved_database_url)
    assert group_row(again) == group_row(database)
    runs_of(restored, again).request(1, force=True)
    work(restored)
    assert [run.state for run in runs_of(restored, again).list()] == ["serving"] * 2
    again.dispose()
    database.dispose()


def test_a_backup_of_postgresql_holds_the_files(
    runs: TrainingRuns, settings: Settings, database: Database, tmp_path: Path
) -> None:
    target = tmp_path / "backup.tar.gz"
    names = maintenance.backup(settings, database, target)

    assert {"models", "snapshots"} <= set(names)
    assert ("forecast.db" in names) == database.is_sqlite


def test_a_backup_replaces_no_file(settings: Settings, database: Database, tmp_path: Path) -> None:
    target = tmp_path / "backup.tar.gz"
    target.write_text("mine")

    with pytest.raises(Conflict, match="exists already"):
        maintenance.backup(settings, database, target)
    assert target.read_text() == "mine"


def test_a_backup_is_restored_into_an_empty_folder_only(settings: Settings, tmp_path: Path) -> None:
    settings.home.mkdir(exist_ok=True)
    (settings.home / "forecast.db").touch()

    with pytest.raises(Conflict, match="is not empty"):
        maintenance.restore(settings, tmp_path / "backup.tar.gz")


@pytest.mark.parametrize("content", [b"", b"no archive at all"])
def test_what_is_no_archive_is_refused(settings: Settings, tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "backup.tar.gz"
    source.write_bytes(content)
    empty = settings.model_copy(update={"home": tmp_path / "new"})

    with pytest.raises(InvalidData, match="could not be restored"):
        maintenance.restore(empty, source)


def test_another_archive_is_refused(settings: Settings, tmp_path: Path) -> None:
    source = tmp_path / "other.tar.gz"
    with tarfile.open(source, "w:gz") as archive:
        archive.add(__file__, "anything.py")
    empty = settings.model_copy(update={"home": tmp_path / "new"})

    with pytest.raises(InvalidData, match=re.escape(f"'{source}' is no backup")):
        maintenance.restore(empty, source)
    assert not any(empty.home.iterdir())
