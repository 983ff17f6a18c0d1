"""TrainingRun: the record of one retrain request, and its states.

waiting ──► training ──► forecasting ──► serving
   │                          ▲
   └──────────────────────────┘            a run that only makes a forecast
any of the first three ──► failed | cancelled
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from forecast_service.storage.tables import training_runs

__all__ = [
    "OPEN_STATES",
    "RUNNING_STATES",
    "TrainingRun",
    "read_run",
    "resource_name",
    "whole_progress",
]

RUNNING_STATES = ("training", "forecasting")
OPEN_STATES = ("waiting", *RUNNING_STATES)
TRAINING_SHARE = 0.8  # share of the training in a run's progress; the forecast is the rest
DEADLINE_SECONDS = 24 * 3600.0
NAME_LENGTH = 63  # longest name of an Amazon Forecast resource


@dataclass(frozen=True)
class TrainingRun:
    """One row of ``training_runs``; times are epoch seconds in UTC."""

    id: str
    dataset_group: str
    store: str | None
    state: str
    trains: bool
    """False if the run only makes a forecast with the latest predictor."""
    reason: str
    """The rule that fired."""
    detail: str
    forced: bool
    joined: int
    """Number of later requests that were answered with this run."""
    predictor_arn: str | None
    forecast_arn: str | None
    data_version: int | None
    data_until: str | None
    collected_until: str | None
    expected_at: float | None
    """Estimated end of the present stage, if there is an estimate."""
    progress: float | None
    """Finished share of the whole run, 0 to 1."""
    message: str | None
    """Why the run failed or waits; while it runs, the present activity."""
    requested_by: str | None
    """Name of the caller who asked for it; None for a forecast that follows an import."""
    requested_at: float
    started_at: float | None
    finished_at: float | None
    step: str | None
    """Its step of the ladder (``amazon``, ``local``, ``seasonal_naive``); None before it begins."""
    ladder: Mapping[str, str] | None
    """Why it left the first step: ``reason`` and ``detail``."""
    away_since: float | None
    """Since when Amazon gives it no answer."""

    @property
    def is_open(self) -> bool:
        """Whether it is waiting or running."""
        return self.state in OPEN_STATES

    @property
    def resource_arn(self) -> str | None:
        """ARN of the resource of the present stage."""
        return self.forecast_arn if self.state == "forecasting" else self.predictor_arn

    def is_late(self, now: float) -> bool:
        """Whether it should have ended by now."""
        return self.started_at is not None and now - self.started_at > DEADLINE_SECONDS

    def is_satisfied_by(self, predictor: Mapping[str, Any] | None) -> bool:
        """Whether this predictor, made while the run waited, is what the run was asked for."""
        if predictor is None or self.forced or self.reason not in ("age", "no_predictor"):
            return False
        created: datetime = predictor["CreationTime"]
        return created.timestamp() >= self.requested_at


def read_run(connection: sa.Connection, run_id: str, *, lock: bool = False) -> TrainingRun | None:
    """Read the run with this id, or None; ``lock`` prevents changes by others."""
    statement = sa.select(training_runs).where(training_runs.c.id == run_id)
    rows = connection.execute(statement.with_for_update() if lock else statement).mappings()
    row = rows.one_or_none()
    return None if row is None else TrainingRun(**row)


def resource_name(run: TrainingRun) -> str:
    """Name of the resources of a run; it is fixed, so that a repeated step finds them again."""
    suffix = f"_{run.id}_naive" if run.step == "seasonal_naive" else f"_{run.id}"
    return run.dataset_group[: NAME_LENGTH - len(suffix)] + suffix


def whole_progress(run: TrainingRun, stage: float) -> float:
    """Finished share of the run; ``stage`` is the finished share of its present stage."""
    if not run.trains:
        return stage
    if run.state == "training":
        return TRAINING_SHARE * stage
    return TRAINING_SHARE + (1 - TRAINING_SHARE) * stage
