"""Maintenance: old things are deleted, things in use stay, a backup is restored completely."""

from __future__ import annotations

import re
import tarfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from support import group_of, import_sales, import_small_chain, naive, runs_of, work

from forecast_service.errors import Conflict, InvalidData
from forecast_service.runs import TrainingRuns, run_rows
from forecast_service.session import ForecastSession, open_session
from forecast_service.settings import Settings
from forecast_service.storage import forecast_store, manifest
from forecast_service.storage.database import Database
from forecast_service.storage.queue import Queue, new_id
from forecast_service.storage.snapshots import COMPACT_AFTER, SnapshotStore
from forecast_service.storage.tables import forecasts, resources, training_runs
from forecast_service.storage.tables import work as work_table
from forecast_service.storage.work import add_work
from forecast_service.upkeep import maintenance

SECONDS_PER_DAY = 86400.0


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return naive(settings, keep_days=30)


@pytest.fixture
def runs(settings: Settings, database: Database) -> TrainingRuns:
    """Two trainings of a small chain; the second forecast is served."""
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
        connection.execute(
            sa.update(resources)
            .where(resources.c.type == "dataset-import-job")
            .values(created_at=resources.c.created_at - seconds)
        )


def kept(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(forecasts)).scalar_one()


def test_young_forecasts_are_kept(
    runs: TrainingRuns, settings: Settings, database: Database
) -> None:
    let_days_pass(database, 29)

    assert maintenance.prune(settings, database).forecasts == 0
    assert kept(database) == 2


def test_old_forecasts_are_deleted_but_never_the_current_one(
    runs: TrainingRuns, settings: Settings, database: Database
) -> None:
    old = runs.list()[1].forecast_arn
    let_days_pass(database, 31)
    pruned = maintenance.prune(settings, database)

    current = group_of(settings, database).current_forecast_arn
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


def test_old_runs_are_deleted_after_their_predictor_and_forecast(
    runs: TrainingRuns, settings: Settings, database: Database
) -> None:
    serving = runs.list()[0]
    let_days_pass(database, 31)

    assert maintenance.prune(settings, database).runs == 1
    assert [run.id for run in runs.list()] == [serving.id]


def test_a_run_whose_predictor_is_in_use_is_kept(
    runs: TrainingRuns, settings: Settings, database: Database
) -> None:
    training = runs.list()[0]
    import_sales(
        runs.session, settings, database, stores=range(1, 4), days=range(120, 121)
    )  # and a run that only makes a forecast, by the same predictor
    work(settings)
    let_days_pass(database, 31)
    maintenance.prune(settings, database)

    kept_ids = [run.id for run in runs.list()]
    assert training.id in kept_ids
    assert len(kept_ids) == 2


def test_a_cancelled_run_that_is_not_stopped_yet_is_kept(
    runs: TrainingRuns, settings: Settings, database: Database
) -> None:
    cancelled = runs.request(1, force=True).run
    assert cancelled is not None
    with database.write() as connection:
        run_rows.end(connection, cancelled, "cancelled")
    later = runs.request(1, force=True).run
    assert later is not None
    runs.cancel(later.id)  # so that the other one is not the last that ended
    let_days_pass(database, 31)

    maintenance.prune(settings, database)
    assert cancelled.id in [run.id for run in runs.list()]
    work(settings)
    let_days_pass(database, 31)
    maintenance.prune(settings, database)
    assert cancelled.id not in [run.id for run in runs.list()]


def test_our_superseded_import_jobs_are_deleted_and_the_data_stay(
    runs: TrainingRuns, settings: Settings, database: Database
) -> None:
    session = runs.session
    [dataset] = {job["DatasetImportJobArn"].rsplit("/", 1)[0] for job in jobs_of(session)[:1]}
    for day in (120, 121):
        import_sales(session, settings, database, stores=range(1, 4), days=range(day, day + 1))
        work(settings)
    by_dataset = Counter(job["DatasetImportJobArn"].rsplit("/", 1)[0] for job in jobs_of(session))
    let_days_pass(database, 31)
    pruned = maintenance.prune(settings, database)

    assert by_dataset[dataset] == 3
    # The first import's jobs are what the predictor was trained on; the newest hold the rows.
    assert pruned.import_jobs == len(by_dataset)
    import_sales(session, settings, database, stores=range(1, 4), days=range(122, 123))
    work(settings)
    assert group_of(settings, database).last_sale_on == "2024-05-02"


def test_only_our_old_import_jobs_without_rows_are_deleted(
    settings: Settings, database: Database
) -> None:
    session = open_session(settings, database)
    import_small_chain(session, settings, database, stores=1)
    import_sales(session, settings, database, stores=range(1, 2), days=range(120, 121))
    [by_hand] = [job for job in jobs_of(session) if job["ImportMode"] == "FULL"][:1]

    assert maintenance.prune(settings, database).import_jobs == 0  # they are young
    let_days_pass(database, 31)
    # There the rows are those of every job since the last FULL one.
    as_at_aws = replace(session, rows_need_jobs=True)
    assert maintenance.prune(settings, database, as_at_aws).import_jobs == 0
    with database.write() as connection:
        is_his = resources.c.arn == by_hand["DatasetImportJobArn"]
        connection.execute(sa.update(resources).where(is_his).values(name="by_hand"))
    assert maintenance.prune(settings, database).import_jobs == 1
    assert by_hand["DatasetImportJobArn"] in [j["DatasetImportJobArn"] for j in jobs_of(session)]


def jobs_of(session: ForecastSession) -> list[dict[str, Any]]:
    return list(session.forecast.list_dataset_import_jobs()["DatasetImportJobs"])


def test_finished_work_is_deleted(
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
        add_work(connection, maintenance.KIND, "daily")
    claim = queue.claim(new_id(), [maintenance.KIND])
    assert claim is not None
    maintenance.perform(settings, database, open_session(settings, database), queue, claim)

    assert not queue.has_open([maintenance.KIND])


def test_a_backup_is_restored_completely(tmp_path: Path) -> None:
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
    assert group_of(settings, again) == group_of(settings, database)
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


def test_a_backup_does_not_replace_a_file(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
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
def test_a_file_that_is_not_an_archive_is_refused(
    settings: Settings, tmp_path: Path, content: bytes
) -> None:
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

    with pytest.raises(InvalidData, match=re.escape(f"'{source}' is not a backup")):
        maintenance.restore(empty, source)
    assert not any(empty.home.iterdir())


def test_a_damaged_dataset_stays_as_it_is(settings: Settings, database: Database) -> None:
    store = SnapshotStore(database, settings.home)
    for kind in ("base", *["delta"] * COMPACT_AFTER):
        staged = store.stage(pa.table({"day": [1]}))
        with database.write() as connection:
            manifest.add(connection, "sales:chain", kind, staged, key=("day",))
    (settings.home / staged.path).unlink()

    assert maintenance.prune(settings, database).compacted == 0
