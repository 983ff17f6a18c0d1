"""Imports: the durable record of every import, from the request to the end."""

from __future__ import annotations

import builtins
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from forecast_service.accounts.audit import Action, record
from forecast_service.accounts.caller import Caller
from forecast_service.errors import NotFound, Remedy, UnknownStore
from forecast_service.importer.history import history
from forecast_service.importer.import_rows import (
    KIND,
    has_open_import,
    import_record,
    lane_of,
    stored_error,
)
from forecast_service.importer.interpretation import understand_files
from forecast_service.importer.options import ImportOptions, check_request
from forecast_service.importer.steps import AfterImport, ImportStep
from forecast_service.importer.understanding.report import ImportReport
from forecast_service.importer.undoing.reversal import clear, take_back
from forecast_service.importer.undoing.undo_preview import undo_preview
from forecast_service.importer.visibility import sight_of, visible_ids
from forecast_service.importer.workspace import Workspace
from forecast_service.session import ForecastSession
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.groups import lock_group, read_group
from forecast_service.storage.limits import UNLIMITED
from forecast_service.storage.queue import Claim, Queue, new_id
from forecast_service.storage.stores import existing_stores
from forecast_service.storage.tables import imports
from forecast_service.storage.work import add_work, place_of_work

__all__ = ["Imports"]

logger = logging.getLogger(__name__)

WAIT_SECONDS = 0.05  # between two checks of an import that another process may work on
# Rows that were sent one by one, by what an empty cell of them does.
OF_ROWS: Mapping[str | None, Action] = {"forget": "sales_added", "remove": "sales_removed"}

Files = Mapping[str, Path]
Options = ImportOptions | Mapping[str, Any] | None


class Imports:
    """Request imports, perform them and read their state.

    ``after_import`` is called inside the transaction that completes an import.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        session: ForecastSession,
        after_import: AfterImport | None = None,
    ) -> None:
        self.database = database
        self.settings = settings
        self.session = session
        self.after_import = after_import

    def request(
        self,
        files: Files,
        mode: str = "FULL",
        options: Options = None,
        *,
        requested_by: str | None = None,
    ) -> str:
        """Copy the files, queue their import and return its id.

        Parameters
        ----------
        files: role (``sales``, ``future``, ``stores``) -> file.
        mode: FULL replaces all sales; INCREMENTAL adds days and corrects those that exist.
        requested_by: name of the caller.

        Raises
        ------
        InvalidRequest
            A mode, role or option does not exist, or they do not fit together.
        InvalidData
            A file cannot be read.
        NotWritable
            The disk is full or read-only; nothing was kept.
        """
        chosen = _parse_options(options)
        check_request(files, mode)
        import_id = new_id()
        workspace = Workspace(self.settings.home, import_id)
        row = {
            "id": import_id,
            "mode": mode,
            "options": chosen.to_dict(),
            "requested_by": requested_by,
        }
        try:
            self._insert({**row, "files": workspace.keep(files)})
        except BaseException:
            workspace.remove()
            raise
        return import_id

    def _insert(self, row: Mapping[str, Any]) -> None:
        group = self.settings.dataset_group
        with self.database.write() as connection:
            work_id = add_work(connection, KIND, row["id"], lane=lane_of(group))
            at = place_of_work(connection, work_id)
            values = {**row, "dataset_group": group, "state": "waiting", "requested_at": at}
            connection.execute(sa.insert(imports).values(**values))
            action = OF_ROWS.get(row["options"].get("empty_sales"), "imported")
            files = [Path(path).name for path in row["files"].values()]
            record(connection, action, row["id"], mode=row["mode"], files=files)

    def refuse_unknown_stores(self, names: Sequence[int | str], options: ImportOptions) -> None:
        """Refuse stores that were never imported; their names may be mistyped.

        ``options`` are those of the import. Before the first import, and while an import may add
        stores, nothing is refused here: the option ``known_stores`` makes the import itself look
        again.

        Raises
        ------
        UnknownStore
            The sentence has the nearest names.
        """
        group = self.settings.dataset_group
        with self.database.read() as connection:
            if read_group(connection, group) is None or has_open_import(connection, group):
                return
            try:
                existing_stores(connection, group, names, options.limits or UNLIMITED)
            except UnknownStore as error:
                raise UnknownStore(error.detail, remedy=options.remedy_of_stores) from error

    def perform(self, queue: Queue, claim: Claim) -> None:
        """Do one step of a claimed import; then give it back, unless it has ended.

        Raises
        ------
        LeaseLost
            Another worker has the claim now; nothing was written.
        """
        step = ImportStep(self.database, self.settings, self.session, queue, claim)
        step.perform(self.after_import)

    def get(self, import_id: str, caller: Caller | None = None) -> dict[str, Any]:
        """State, report and error of an import, as JSON values.

        Raises
        ------
        NotFound
            No import that ``caller`` may see has this id; None sees every import.
        """
        with self.database.read() as connection:
            statement = sa.select(imports).where(imports.c.id == import_id)
            row = connection.execute(statement).mappings().one_or_none()
            may_see = sight_of(connection, self.settings.dataset_group, caller)
        if row is None or not may_see(row):
            raise NotFound(f"Import '{import_id}' does not exist.", remedy=Remedy.LIST_IMPORTS)
        return import_record(row)

    def undo(
        self,
        import_id: str | None = None,
        *,
        together: bool = False,
        caller: Caller | None = None,
    ) -> dict[str, Any]:
        """Take back a finished import, by default the newest, and return its document.

        See ``reversal.take_back`` for ``together`` and for the errors; a ``caller`` takes back only
        imports that they may see.
        """
        with self.database.write() as connection:
            lock_group(connection, self.settings.dataset_group)
            details, group = self.session.details, self.settings.dataset_group
            may_see = sight_of(connection, group, caller)
            undone = take_back(
                connection, details, group, import_id, together=together, may_see=may_see
            )
            record(connection, "undid", undone, together=together)
            if self.after_import is not None:
                self.after_import(connection)
        logger.info(
            "import %s is undone", undone, extra={"event": "import_undone", "import_id": undone}
        )
        return self.get(undone)

    def undo_preview(self, import_id: str, *, caller: Caller | None = None) -> dict[str, Any]:
        """What an undo of this import would bring back; see ``undo_preview`` for the errors."""
        group = self.settings.dataset_group
        limits = UNLIMITED if caller is None else caller.limits
        with self.database.read() as connection:
            may_see = sight_of(connection, group, caller)
            details = self.session.details
            return undo_preview(
                connection, details, group, import_id, may_see=may_see, limits=limits
            )

    def clear(self) -> None:
        """Take back all imports at once; see ``reversal.clear`` for the errors."""
        with self.database.write() as connection:
            lock_group(connection, self.settings.dataset_group)
            clear(connection, self.session.details, self.settings.dataset_group)
            record(connection, "undid", "all imports")
        logger.info("all imports are undone", extra={"event": "imports_cleared"})

    def list(self, limit: int = 50, caller: Caller | None = None) -> builtins.list[dict[str, Any]]:
        """The newest imports that ``caller`` may see, newest first; None sees every import."""
        group = self.settings.dataset_group
        with self.database.read() as connection:
            may_see = sight_of(connection, group, caller)
            ids = visible_ids(connection, group, may_see, limit)
            statement = (
                sa.select(imports)
                .where(imports.c.id.in_(ids))
                .order_by(imports.c.requested_at.desc(), imports.c.id)
            )
            rows = connection.execute(statement).mappings().all()
        return [import_record(row) for row in rows]

    def dry_run(self, files: Files, mode: str = "FULL", options: Options = None) -> ImportReport:
        """The report of an import of these files; nothing is kept.

        Raises
        ------
        InvalidRequest, InvalidData
            The import would be refused.
        """
        check_request(files, mode)
        chosen = _parse_options(options)
        return understand_files(self.database, self.settings, files, mode, chosen).report

    def import_now(
        self,
        files: Files,
        mode: str = "FULL",
        options: Options = None,
        *,
        drive: Callable[[], object],
        progress: Callable[[str], object] | None = None,
        requested_by: str | None = None,
    ) -> ImportReport:
        """Import files and wait for the end.

        Parameters
        ----------
        drive: does work of the queue; called until the import has ended.
        progress: called with every new state.

        Raises
        ------
        InvalidRequest, InvalidData
            The files were refused; nothing of them was kept.
        """
        import_id = self.request(files, mode, options, requested_by=requested_by)
        state = ""
        while True:
            document = self.get(import_id)
            if progress is not None and document["state"] != state:
                progress(document["state"])
            state = document["state"]
            if state == "done":
                return ImportReport.from_dict(document["report"])
            if state == "failed":
                raise stored_error(document["error"])
            drive()
            time.sleep(WAIT_SECONDS)

    def history(
        self,
        store: str,
        *,
        item: str | None = None,
        start: str | None = None,
        end: str | None = None,
        limit: int | None = None,
    ) -> builtins.list[dict[str, Any]]:
        """Sales of a store by day, oldest first; see ``importer.history``."""
        return history(
            self.database,
            self.settings.home,
            self.settings.dataset_group,
            store,
            item=item,
            start=start,
            end=end,
            limit=limit,
        )


def _parse_options(options: Options) -> ImportOptions:
    if isinstance(options, ImportOptions):
        return options
    return ImportOptions.from_dict(options or {})
