"""Follow an import or a training run to its end, and do its work if no worker does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from forecast_service.accounts.scopes import COMMAND_LINE
from forecast_service.cli.progress import Stage, show_progress
from forecast_service.errors import Conflict

if TYPE_CHECKING:
    from forecast_service.importer.options import ImportOptions
    from forecast_service.importer.understanding.report import ImportReport
    from forecast_service.runs.run import TrainingRun
    from forecast_service.service import Service

__all__ = ["follow", "import_files", "open_run"]

DRIVE_SECONDS = 1.0  # the state is read this often, also while other work is in the queue


def import_files(
    service: Service, files: Mapping[str, Path], mode: str, options: ImportOptions
) -> ImportReport:
    """Import files by role, and show the progress.

    Raises
    ------
    InvalidRequest, InvalidData
        The files were refused; nothing of them was kept.
    """
    from forecast_service.worker import Worker

    worker = Worker(service.settings)
    states = ["waiting"]
    with show_progress(lambda: Stage(f"import: {states[-1]}", None)):
        return service.imports.import_now(
            dict(files),
            mode,
            options,
            drive=lambda: worker.run_until_idle(DRIVE_SECONDS),
            progress=states.append,
            requested_by=COMMAND_LINE,
        )


def follow(service: Service, run_id: str) -> TrainingRun:
    """Work until the run has ended, show its progress, and return the ended run.

    Raises
    ------
    Conflict
        The run failed or was cancelled; the sentence gives the reason.
    """
    from forecast_service.worker import Worker

    runs = service.runs

    def stage() -> Stage:
        run = runs.get(run_id)
        return Stage(run.state, run.progress, run.message or "")

    worker = Worker(service.settings)
    with show_progress(stage):
        while (run := runs.get(run_id)).is_open:
            worker.run_until_idle(DRIVE_SECONDS)
    if run.state != "serving":
        raise Conflict(f"Training run '{run_id}' ended as {run.state}: {run.message or run.detail}")
    return run


def open_run(service: Service) -> TrainingRun | None:
    """The training run that is waiting or in progress, if there is one."""
    return next((run for run in service.runs.list(2) if run.is_open), None)
