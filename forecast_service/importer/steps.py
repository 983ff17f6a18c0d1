"""The steps of an import, each under the queue's fence.

waiting ─► reading ─► loading ─► done
              └──────────┴─────► failed    the files cannot be used; nothing of them is kept
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from forecast_service.aws import translate_errors
from forecast_service.details import Details
from forecast_service.errors import Conflict, ForecastServiceError, InvalidData, LeaseLost
from forecast_service.importer.batch_reading import Batch, read_batch
from forecast_service.importer.batches import (
    KIND,
    end_followers,
    followers,
    gather,
    release,
    update_imports,
)
from forecast_service.importer.canonical_files import (
    SALES,
    canonical_tables,
    write_csv,
    write_parquet,
)
from forecast_service.importer.history import with_rows
from forecast_service.importer.loading import Loader, job_name, uri_of
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.plan import (
    RELATED_PART,
    TARGET_PART,
    make_plan,
    read_plan,
    write_plan,
)
from forecast_service.importer.records import record
from forecast_service.importer.understanding.earlier_imports import read_earlier_imports
from forecast_service.importer.understanding.understanding import Understanding, understand
from forecast_service.importer.workspace import Workspace
from forecast_service.session import ForecastSession
from forecast_service.settings import Settings
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.queue import Claim, Queue
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.tables import imports

__all__ = ["KIND", "AfterImport", "ImportStep", "fail", "understand_files"]

UNDER_WAY = ("reading", "loading")
OPEN_STATES = ("waiting", *UNDER_WAY)
LOSSES_TOGETHER = 2  # after so many, or an error, an import is loaded without others
FIRST_IS_FULL = "Mode INCREMENTAL became FULL: there was no earlier import to add to."

logger = logging.getLogger(__name__)

AfterImport = Callable[[sa.Connection], object]


def understand_files(
    database: Database,
    settings: Settings,
    files: Mapping[str, Path],
    mode: str,
    options: ImportOptions,
) -> Understanding:
    """Read and check files, given the state after earlier imports; nothing is written.

    Raises
    ------
    InvalidData
        The files cannot be used.
    """
    group = settings.dataset_group
    with database.read() as connection:
        earlier = read_earlier_imports(connection, group)
    if earlier is None:
        understanding = understand(files, "FULL", options, settings, None)
        if mode != "FULL":
            notes = (FIRST_IS_FULL, *understanding.report.notes)
            understanding = replace(
                understanding, report=replace(understanding.report, notes=notes)
            )
        return understanding
    if mode == "INCREMENTAL":
        earlier = with_rows(SnapshotStore(database, settings.home), earlier)
    return understand(files, mode, options, settings, earlier)


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
    _undo(connection, details, group, job_name(import_id))
    document = _document(InvalidData(error) if isinstance(error, str) else error)
    release(connection, import_id)
    end_followers(connection, import_id, state="failed", error=document)
    _update(connection, import_id, state="failed", error=document, finished_at=database_now())


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
                self.queue.finish(connection, self.claim)
                return None
            if row["state"] == "waiting" and _has_other_under_way(connection, row):
                delay = self.session.polling.pause()
                place = self.queue.let_pass(connection, self.claim, delay_seconds=delay)
                _update(connection, row["id"], requested_at=place)
                return None
            if self.claim.errors or self.claim.losses > LOSSES_TOGETHER:
                release(connection, row["id"])  # one of them may be the cause
            elif row["state"] == "waiting":
                gather(connection, row)
            if row["state"] == "waiting":
                _update(connection, row["id"], state="reading")
        return row

    def _read(self, row: sa.RowMapping) -> bool:
        """Understand the files; False if no import of the batch can be loaded."""
        batch = self._understand(row)
        if batch.understanding is not None:
            self._write(batch.understanding)
        with self.queue.fenced(self.claim) as connection:
            reports = {import_id: report.to_dict() for import_id, report in batch.reports.items()}
            loading = [
                {"id": import_id, "state": "loading", "report": report}
                for import_id, report in reports.items()
            ]
            update_imports(connection, loading)
            refused = {import_id: _document(error) for import_id, error in batch.errors.items()}
            self._refuse(connection, refused)
            release(connection, row["id"])
        if row["id"] in refused:
            self._clean_up()
        return batch.understanding is not None

    def _understand(self, row: sa.RowMapping) -> Batch:
        """What the files of the import mean, with those of its followers."""
        with self.database.read() as connection:
            others = followers(connection, row["id"])
            earlier = read_earlier_imports(connection, self.settings.dataset_group)
        if others and earlier is not None:
            earlier = with_rows(SnapshotStore(self.database, self.settings.home), earlier)
            return read_batch([row, *others], earlier, self.settings, self.workspace.path)
        files = {role: self.settings.home / path for role, path in row["files"].items()}
        options = ImportOptions.from_dict(row["options"])
        try:
            found = understand_files(self.database, self.settings, files, row["mode"], options)
        except ForecastServiceError as error:
            if error.retryable:
                raise
            return Batch(None, {}, {row["id"]: error})
        return Batch(found, {row["id"]: found.report}, {})

    def _write(self, understanding: Understanding) -> None:
        folder = self.workspace.path
        for kind, table in canonical_tables(understanding).items():
            write_parquet(table, folder / f"{kind}.parquet")
            if self.session.file_format == "csv" and kind != SALES:
                write_csv(table, folder / f"{kind}.csv")
        write_plan(folder, make_plan(understanding, understanding.report.mode))

    def _refuse(self, connection: sa.Connection, errors: Mapping[str, dict[str, Any]]) -> None:
        """End imports as failed; nothing of them was loaded."""
        rows = [
            {"id": import_id, "state": "failed", "error": error, "loaded_with": None}
            for import_id, error in errors.items()
        ]
        update_imports(connection, rows)
        ended = sa.update(imports).where(imports.c.id.in_(list(errors)))
        connection.execute(ended.values(finished_at=database_now()))
        Queue.end(connection, KIND, list(errors))
        for import_id, error in errors.items():
            _log_failure(import_id, error["detail"])

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
        with self.queue.fenced(self.claim) as connection:
            record(connection, self.settings.dataset_group, arn, plan, staged)
            _update(connection, self.claim.subject, state="done", finished_at=database_now())
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
        _log_failure(self.claim.subject, error.detail)

    def _clean_up(self) -> None:
        """Remove the files of this import, and of ended ones whose worker died."""
        names = Workspace.all(self.settings.home)
        ended = sa.select(imports.c.id).where(
            imports.c.id.in_(names), imports.c.state.not_in(OPEN_STATES)
        )
        with self.database.read() as connection:
            import_ids = connection.execute(ended).scalars().all()
        for import_id in import_ids:
            self.session.bucket.discard(uri_of(self.settings, import_id))
            Workspace(self.settings.home, import_id).remove()


def _document(error: ForecastServiceError) -> dict[str, Any]:
    """An error as JSON values; ``imports.stored_error`` is the inverse."""
    errors = [{"pointer": field.pointer, "detail": field.detail} for field in error.errors]
    remedy = {} if error.remedy is None else {"remedy": error.remedy.value}
    return {"detail": error.detail, "errors": errors, **remedy}


def _undo(connection: sa.Connection, details: Details, group: str, name: str) -> None:
    """Undo what an import has loaded; a failure to undo is logged and ignored."""
    try:
        with connection.begin_nested():
            details.undo_import(connection, group, name)
    except sa.exc.OperationalError:  # the database is away: the step is tried again
        raise
    except Exception:
        logger.exception("import job %s was not undone", name, extra={"event": "undo_failed"})


def _history_file(kind: str, folder: Path) -> Path:
    """The file of a part that goes into our own history."""
    sales = folder / f"{SALES}.parquet"
    return sales if kind == TARGET_PART and sales.exists() else folder / f"{kind}.parquet"


def _has_other_under_way(connection: sa.Connection, row: sa.RowMapping) -> bool:
    """Whether another import of the dataset group is under way.

    The queue keeps them in order. But on PostgreSQL an older one may appear late, because its time
    is taken before its commit: it then lets the others pass.
    """
    statement = (
        sa.select(imports.c.id)
        .where(imports.c.dataset_group == row["dataset_group"])
        .where(imports.c.id != row["id"], imports.c.state.in_(UNDER_WAY))
        .limit(1)
    )
    return connection.execute(statement).first() is not None


def _log_failure(import_id: str, reason: str) -> None:
    extra = {"event": "import_failed", "import_id": import_id}
    logger.warning("import %s failed: %s", import_id, reason, extra=extra)


def _update(connection: sa.Connection, import_id: str, **values: Any) -> None:
    connection.execute(sa.update(imports).where(imports.c.id == import_id).values(**values))
