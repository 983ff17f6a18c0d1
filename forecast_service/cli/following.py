"""Following a training run to its end, and doing its work here unless a worker does it already."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from forecast_service.cli.progress import Stage, shown
from forecast_service.errors import Conflict

if TYPE_CHECKING:
    from forecast_service.cli.opening import Installation
    from forecast_service.training_run import TrainingRun

__all__ = ["follow"]

DRIVE_SECONDS = 3600.0
PAUSE_SECONDS = 0.5


def follow(installation: Installation, run_id: str) -> TrainingRun:
    """Work until the run has ended, showing its progress, and give it as it ended.

    Raises
    ------
    Conflict
        It failed or was cancelled; the sentence says why.
    """
    from forecast_service.worker import Worker

    runs = installation.runs

    def look() -> Stage | None:
        run = runs.get(run_id)
        return Stage(run.state, run.progress, run.message or "")

    worker = Worker(installation.settings)
    with shown(look):
        while (run := runs.get(run_id)).is_open:
            worker.run_until_idle(timeout_seconds=DRIVE_SECONDS)
            time.sleep(PAUSE_SECONDS)
    if run.state != "serving":
        raise Conflict(f"Training run '{run_id}' ended as {run.state}: {run.message or run.detail}")
    return run
