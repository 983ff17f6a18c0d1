"""The steps of an import, each under the queue's fence.

waiting ─► reading ─► loading ─► done
              └──────────┴─────► failed    the files cannot be used; nothing of them is kept
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import sqlalchemy as sa

from forecast_service.aws import translate_errors
from forecast_service.details import Details
from forecast_service.errors import Conflict, ForecastServiceError, InvalidData, LeaseLost
from forecast_service.importer.canonical_files import (
    SALES,
    canonical_tables,
    write_csv,
    write_parquet,
)
from forecast_service.importer.import_rows import (
    KIND,
    OPEN_STATES,
    end_followers,
    ended_imports,
    error_document,
    followers,
    gather,
    is_other_under_way,
    release,
    update_import,
    update_imports,
)
from forecast_service.importer.interpretation import understand_imports
from forecast_service.importer.loading import Loader, job_name, uri_of
from forecast_service.importer.plan import (
    RELATED_PART,
    TARGET_PART,
    make_plan,
    read_plan,
    with_checksums,
    write_plan,
)
from forecast_service.importer.records import no_covariates, record
from forecast_service.importer.understanding.understanding import Understanding
from forecast_service.importer.undoing.reversal import data_before, keep_changes
from forecast_service.importer.workspace import Workspace
from forecast_service.session import ForecastSession
from forecast_service.settings import Settings
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.queue import Claim, Queue
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.tables import imports
from forecast_service.storage.work import end_work, move_to_end

__all__ = ["KIND", "AfterImport", "ImportStep", "fail"]

NAMES_AT_ONCE = 1000  # in one statement
LOSSES_TOGETHER = 2  # after more, or an error, an import is loaded without others

logger = logging.getLogger(__name__)

AfterImport = Callable[[sa.Connection], object]


def fail(
    connection: sa.Connection,
    details: Details,
    import_id: str,
    error: ForecastServiceError | str,
) -> None:
    """Mark an import as failed and undo what it has loaded, with the rows of its followers.

    The caller ends its work in the same transaction. An import that has ended is not changed.
    """
    statement = sa.select(imports.c.dataset_group).where(
        imports.c.id == import_id, imports.c.state.in_(OPEN_STATES)
    )
    group = connection.execute(statement).scalar_one_or_none()
    if group is None:
        return
    _undo(connection, details, group, import_id)
    ended = {
        "state": "failed",
        "error": error_document(InvalidData(error) if isinstance(error, str) else error),
    }
    release(connection, import_id)
    end_followers(connection, import_id, **ended)
    update_import(connection, import_id, finished_at=database_now(), **ended)


class ImportStep:
    """One step of a claimed import."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        session: ForecastSession,
        queue: Queue,
        claim: Claim,
    ) -> None:
        self.database = database
        self.settings = settings
        self.session = session
        self.queue = queue
        self.claim = claim
        self.workspace = Workspace(settings.home, claim.subject)
        self.loader = Loader(session, settings, claim.subject)

    def perform(self, after_import: AfterImport | None) -> None:
        """Work until the import has ended, or give the work back while an import job runs."""
        row = self._begin()
        if row is None:
            return
        try:
            if row["state"] == "loading" or self._read(row):
                self._load(after_import)
        except Conflict as error:
            if isinstance(error, LeaseLost):
                raise
            self._give_back(self.session.polling.pause())  # another import uses the dataset
        except ForecastServiceError as error:
            if error.retryable:
                raise
            self._end_as_failed(error)

    def _begin(self) -> sa.RowMapping | None:
        """The row of the import; None if there is nothing to do now."""
        with self.queue.fenced(self.claim) as connection:
            statement = sa.select(imports).where(imports.c.id == self.claim.subject)
            row = connection.execute(statement).mappings().one_or_none()
            if row is None or row["state"] not in OPEN_STATES:
                release(connection, self.claim.subject)
                self.queue.finish(connection, self.claim)
                return None
            if row["state"] == "waiting" and is_other_under_way(connection, row):
                delay = self.session.polling.pause()
                self.queue.give_back(connection, self.claim, delay_seconds=delay)
                place = move_to_end(connection, self.claim.id)
                update_import(connection, row["id"], requested_at=place)
                return None
            if self.claim.errors or self.claim.losses > LOSSES_TOGETHER:
                release(connection, row["id"])  # one of them may be the cause
            elif row["state"] == "waiting":
                gather(connection, row)
            if row["state"] == "waiting":
                update_import(connection, row["id"], state="reading")
        return row

    def _read(self, row: sa.RowMapping) -> bool:
        """Understand the files, with those of followers; False if nothing is to be loaded."""
        with self.database.read() as connection:
            rows = [row, *followers(connection, row["id"])]
        batch = understand_imports(self.database, self.settings, rows, self.workspace.path)
        if batch.understanding is not None:
            self._write(batch.understanding)
        with self.queue.fenced(self.claim) as connection:
            before = data_before(connection, self.session.details, self.settings.dataset_group)
            loading = [
                {
                    "id": import_id,
                    "state": "loading",
                    "report": report.to_dict(),
                    "touched_stores": _touched(report.mode, batch.touched[import_id]),
                }
                for import_id, report in batch.reports.items()
            ]
            update_imports(connection, loading)
            self._refuse(connection, batch.errors)
            release(connection, row["id"])
            if batch.understanding is not None:
                update_import(connection, row["id"], before=before)
        if batch.errors:
            self._clean_up()
        return batch.understanding is not None

    def _write(self, understanding: Understanding) -> None:
        folder = self.workspace.path
        for kind, table in canonical_tables(understanding).items():
            write_parquet(table, folder / f"{kind}.parquet")
            if self.session.file_format == "csv" and kind != SALES:
                write_csv(table, folder / f"{kind}.csv")
        plan = make_plan(understanding, understanding.report.mode)
        write_plan(folder, with_checksums(plan, folder))

    def _refuse(
        self, connection: sa.Connection, errors: Mapping[str, ForecastServiceError]
    ) -> None:
        """End imports as failed; nothing of them was loaded."""
        ended = {"state": "failed", "loaded_with": None}
        rows = [
            {"id": each, "error": error_document(error), **ended} for each, error in errors.items()
        ]
        update_imports(connection, rows)
        own = sa.update(imports).where(imports.c.id.in_(list(errors)))
        connection.execute(own.values(finished_at=database_now()))
        end_work(connection, KIND, list(errors))
        for import_id, error in errors.items():
            _log_failure(import_id, error)

    def _load(self, after_import: AfterImport | None) -> None:
        folder = self.workspace.path
        plan = read_plan(folder)
        new_plan, is_loaded = self.loader.advance(plan, folder)
        if not is_loaded:
            if new_plan is not plan:
                write_plan(folder, new_plan)
            with self.queue.fenced(self.claim) as connection:
                delay = self.session.polling.pause()
                self.queue.go_on(connection, self.claim, delay_seconds=delay)
            return
        with translate_errors():
            arn = self.loader.group_arn()
        snapshots = SnapshotStore(self.database, self.settings.home)
        staged = {
            part.kind: snapshots.stage(_history_file(part.kind, folder))
            for part in plan.parts
            if part.kind in (TARGET_PART, RELATED_PART)
        }
        if plan.mode == "FULL" and RELATED_PART not in staged:
            staged[RELATED_PART] = snapshots.stage(no_covariates(plan.has_items))
        with self.queue.fenced(self.claim) as connection:
            changes = record(connection, self.settings.dataset_group, arn, plan, staged)
            keep_changes(connection, self.claim.subject, changes)
            update_import(connection, self.claim.subject, state="done", finished_at=database_now())
            end_followers(connection, self.claim.subject, state="done")
            if after_import is not None:
                after_import(connection)
            self.queue.finish(connection, self.claim)
        self._clean_up()
        logger.info(
            "import %s is done: %s, %d stores",
            self.claim.subject,
            plan.mode,
            len(plan.stores),
            extra={"event": "import_done", "import_id": self.claim.subject},
        )

    def _give_back(self, delay_seconds: float) -> None:
        with self.queue.fenced(self.claim) as connection:
            self.queue.give_back(connection, self.claim, delay_seconds=delay_seconds)

    def _end_as_failed(self, error: ForecastServiceError) -> None:
        with self.queue.fenced(self.claim) as connection:
            fail(connection, self.session.details, self.claim.subject, error)
            self.queue.finish(connection, self.claim)
        self._clean_up()
        _log_failure(self.claim.subject, error)

    def _clean_up(self) -> None:
        """Remove the files of this import, and of ended ones whose worker died."""
        names = Workspace.all(self.settings.home)
        with self.database.read() as connection:
            ended = [
                row
                for start in range(0, len(names), NAMES_AT_ONCE)
                for row in ended_imports(connection, names[start : start + NAMES_AT_ONCE])
            ]
        for import_id, loaded_with in ended:
            if loaded_with is None:  # the files of the others are in the folder of that one
                self.session.bucket.discard(uri_of(self.settings, import_id))
            Workspace(self.settings.home, import_id).remove()


def _touched(mode: str, stores: Sequence[str]) -> Sequence[str] | None:
    """What is kept of the stores of an import; a full import is about all of them."""
    return None if mode == "FULL" else list(stores)


def _undo(connection: sa.Connection, details: Details, group: str, import_id: str) -> None:
    """Undo what an import has loaded; a failure to undo is logged and ignored."""
    name = job_name(import_id)
    statement = sa.select(imports.c.before).where(imports.c.id == import_id)
    try:
        with connection.begin_nested():
            details.undo_import(connection, group, name)
            before = connection.execute(statement).scalar_one()
            if before is not None and before["backend"]["datasets"]:
                details.restore_data(connection, group, before["backend"])
    except sa.exc.OperationalError:  # the database is away: the step is tried again
        raise
    except Exception:
        logger.exception("import job %s was not undone", name, extra={"event": "undo_failed"})


def _history_file(kind: str, folder: Path) -> Path:
    """The file of a part that goes into our own history."""
    sales = folder / f"{SALES}.parquet"
    return sales if kind == TARGET_PART and sales.exists() else folder / f"{kind}.parquet"


def _log_failure(import_id: str, error: ForecastServiceError) -> None:
    extra = {"event": "import_failed", "import_id": import_id}
    logger.warning("import %s failed: %s", import_id, error.detail, extra=extra)
