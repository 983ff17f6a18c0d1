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
from forecast_service.importer.canonical_files import (
    SALES,
    canonical_tables,
    write_csv,
    write_parquet,
)
from forecast_service.importer.history import SALES_COLUMNS, covariates_key, read_rows, sales_key
from forecast_service.importer.loading import Loader, job_name, uri_of
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.plan import RELATED, TARGET, make_plan, read_plan, write_plan
from forecast_service.importer.records import record
from forecast_service.importer.understanding.earlier_imports import known_group, no_rows
from forecast_service.importer.understanding.understanding import Understood, understand
from forecast_service.importer.workspace import Workspace
from forecast_service.session import ForecastSession
from forecast_service.settings import Settings
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.queue import Claim, Queue
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.tables import imports

__all__ = ["KIND", "AfterImport", "ImportStep", "fail", "look"]

KIND = "import"
UNDER_WAY = ("reading", "loading")
OPEN_STATES = ("waiting", *UNDER_WAY)
FIRST_IS_FULL = "Mode INCREMENTAL became FULL: there was no earlier import to add to."

logger = logging.getLogger(__name__)

AfterImport = Callable[[sa.Connection], object]


def look(
    database: Database,
    settings: Settings,
    files: Mapping[str, Path],
    mode: str,
    options: ImportOptions,
) -> Understood:
    """Read and check files beside what earlier imports left; nothing is written.

    Raises
    ------
    InvalidData
        The files cannot be used.
    """
    group = settings.dataset_group
    with database.read() as connection:
        known = known_group(connection, group)
    if known is None:
        understood = understand(files, "FULL", options, settings, None)
        if mode != "FULL":
            notes = (FIRST_IS_FULL, *understood.report.notes)
            understood = replace(understood, report=replace(understood.report, notes=notes))
        return understood
    if mode == "INCREMENTAL":
        store = SnapshotStore(database, settings.home)
        covariates = known.group.covariates
        columns = {name: name for name in covariates}
        sales = read_rows(store, sales_key(group), SALES_COLUMNS)
        related = read_rows(store, covariates_key(group), columns) if columns else None
        known = replace(known, sales=sales or known.sales, related=related or no_rows(*covariates))
    return understand(files, mode, options, settings, known)


def fail(
    connection: sa.Connection,
    details: Details,
    import_id: str,
    error: ForecastServiceError | str,
) -> None:
    """Mark an import as failed for good, and undo what it had loaded.

    The caller ends its work in the same transaction. One that has ended already stays as it is.
    """
    of_open = sa.select(imports.c.dataset_group).where(
        imports.c.id == import_id, imports.c.state.in_(OPEN_STATES)
    )
    group = connection.execute(of_open).scalar_one_or_none()
    if group is None:
        return
    _undo(connection, details, group, job_name(import_id))
    _update(
        connection,
        import_id,
        state="failed",
        error=_document(InvalidData(error) if isinstance(error, str) else error),
        finished_at=database_now(),
    )


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
        """Go on until the work has ended or waits for an import job; then it is given back."""
        row = self._begin()
        if row is None:
            return
        try:
            if row["state"] != "loading":
                self._read(row)
            self._load(after_import)
        except Conflict as error:
            if isinstance(error, LeaseLost):
                raise
            self._give_back(self.session.polling.pause())  # another import into the dataset goes on
        except ForecastServiceError as error:
            if error.retryable:
                raise
            self._end_as_failed(error)

    def _begin(self) -> sa.RowMapping | None:
        """The import's row; None when nothing is to be done now."""
        with self.queue.fenced(self.claim) as connection:
            statement = sa.select(imports).where(imports.c.id == self.claim.subject)
            row = connection.execute(statement).mappings().one_or_none()
            if row is None or row["state"] not in OPEN_STATES:
                self.queue.finish(connection, self.claim)
                return None
            if row["state"] == "waiting" and _has_earlier(connection, row):
                delay = self.session.polling.pause()
                self.queue.give_back(connection, self.claim, delay_seconds=delay)
                return None
            if row["state"] == "waiting":
                _update(connection, row["id"], state="reading")
        return row

    def _read(self, row: sa.RowMapping) -> None:
        files = {role: self.settings.home / path for role, path in row["files"].items()}
        options = ImportOptions.from_dict(row["options"])
        understood = look(self.database, self.settings, files, row["mode"], options)
        mode = understood.report.mode
        for kind, table in canonical_tables(understood).items():
            write_parquet(table, self.workspace.path / f"{kind}.parquet")
            if self.session.file_format == "csv" and kind != SALES:
                write_csv(table, self.workspace.path / f"{kind}.csv")
        write_plan(self.workspace.path, make_plan(understood, mode))
        with self.queue.fenced(self.claim) as connection:
            report = understood.report.to_dict()
            _update(connection, row["id"], state="loading", report=report)

    def _load(self, after_import: AfterImport | None) -> None:
        folder = self.workspace.path
        plan = read_plan(folder)
        moved, is_loaded = self.loader.advance(plan, folder)
        if not is_loaded:
            if moved is not plan:
                write_plan(folder, moved)
            with self.queue.fenced(self.claim) as connection:
                delay = self.session.polling.pause()
                self.queue.go_on(connection, self.claim, delay_seconds=delay)
            return
        with translate_errors():
            arn = self.loader.group_arn()
        snapshots = SnapshotStore(self.database, self.settings.home)
        staged = {
            part.kind: snapshots.stage(_record_of(part.kind, folder))
            for part in plan.parts
            if part.kind in (TARGET, RELATED)
        }
        with self.queue.fenced(self.claim) as connection:
            record(connection, self.settings.dataset_group, arn, plan, staged)
            _update(connection, self.claim.subject, state="done", finished_at=database_now())
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
        logger.warning(
            "import %s failed: %s",
            self.claim.subject,
            error.detail,
            extra={"event": "import_failed", "import_id": self.claim.subject},
        )

    def _clean_up(self) -> None:
        """Remove the files of this import, and of those that a dead worker left behind."""
        names = Workspace.all(self.settings.home)
        ended = sa.select(imports.c.id).where(
            imports.c.id.in_(names), imports.c.state.not_in(OPEN_STATES)
        )
        with self.database.read() as connection:
            found = connection.execute(ended).scalars().all()
        for import_id in found:
            self.session.bucket.discard(uri_of(self.settings, import_id))
            Workspace(self.settings.home, import_id).remove()


def _document(error: ForecastServiceError) -> dict[str, Any]:
    """What is kept of an error; ``imports.stored_error`` makes it an error again."""
    found = [{"pointer": each.pointer, "detail": each.detail} for each in error.errors]
    remedy = {} if error.remedy is None else {"remedy": error.remedy.value}
    return {"detail": error.detail, "errors": found, **remedy}


def _undo(connection: sa.Connection, details: Details, group: str, name: str) -> None:
    """Take out what an import had loaded; what cannot be undone is logged and left."""
    try:
        with connection.begin_nested():
            details.undo_import(connection, group, name)
    except sa.exc.OperationalError:  # the database is away: all of it is tried again
        raise
    except Exception:
        logger.exception("import job %s was not undone", name, extra={"event": "undo_failed"})


def _record_of(kind: str, folder: Path) -> Path:
    """The file that our own history keeps of a part."""
    sales = folder / f"{SALES}.parquet"
    return sales if kind == TARGET and sales.exists() else folder / f"{kind}.parquet"


def _has_earlier(connection: sa.Connection, row: sa.RowMapping) -> bool:
    """Whether an import of the dataset group is under way or an older one waits.

    They are done in order, one at a time. On PostgreSQL an older one may show up late: its time
    is taken before it is committed.
    """
    older = sa.or_(
        imports.c.requested_at < row["requested_at"],
        sa.and_(imports.c.requested_at == row["requested_at"], imports.c.id < row["id"]),
    )
    statement = (
        sa.select(imports.c.id)
        .where(imports.c.dataset_group == row["dataset_group"])
        .where(imports.c.id != row["id"])
        .where(sa.or_(imports.c.state.in_(UNDER_WAY), imports.c.state.in_(OPEN_STATES) & older))
        .limit(1)
    )
    return connection.execute(statement).first() is not None


def _update(connection: sa.Connection, import_id: str, **values: Any) -> None:
    connection.execute(sa.update(imports).where(imports.c.id == import_id).values(**values))
