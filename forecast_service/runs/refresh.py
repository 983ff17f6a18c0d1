"""Refresh: starts a run that forecasts newly imported sales without a training."""

from __future__ import annotations

import sqlalchemy as sa

from forecast_service.runs import facts, run_rows
from forecast_service.runs.run import RUNNING_STATES, TrainingRun
from forecast_service.runs.run_rows import RunRequest
from forecast_service.storage.groups import lock_group

__all__ = ["refresh", "refresh_after"]


def refresh(connection: sa.Connection, group_name: str) -> TrainingRun | None:
    """Start or join a run for a new forecast; None without a predictor or without newer sales."""
    group = lock_group(connection, group_name)
    if group is None or facts.is_current(connection, group):
        return None
    running = run_rows.run_in_state(connection, group.name, RUNNING_STATES)
    if running is None and not facts.has_predictor(connection, group):
        return None
    if not facts.has_fitting_predictor(connection, group):
        detail = "the imported data are of another kind; training a new predictor"
        request = RunRequest(None, True, "no_predictor", detail)
        return run_rows.insert_or_join(connection, group, request, counts=False)[0]
    detail = f"sales up to {group.last_sale_on} imported; updating the forecast"
    request = RunRequest(None, False, "forecast_outdated", detail)
    return run_rows.insert_or_join(connection, group, request, counts=False)[0]


def refresh_after(connection: sa.Connection, ended: TrainingRun) -> None:
    """Refresh after a training that failed or was cancelled: it would have included new sales.

    A run without a training is not repeated, because it could fail again and again.
    """
    if ended.trains:
        refresh(connection, ended.dataset_group)
