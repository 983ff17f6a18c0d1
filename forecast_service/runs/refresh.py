"""Refreshing: has a forecast made over newly imported sales, without a training."""

from __future__ import annotations

import sqlalchemy as sa

from forecast_service.runs import facts, run_rows
from forecast_service.runs.run import RUNNING_STATES, TrainingRun
from forecast_service.runs.run_rows import Wanted
from forecast_service.storage.groups import lock_group

__all__ = ["refresh", "refresh_after"]


def refresh(connection: sa.Connection, group_name: str) -> TrainingRun | None:
    """The run that makes the forecast; None without a predictor, or when it is up to date."""
    group = lock_group(connection, group_name)
    if group is None or facts.is_current(connection, group):
        return None
    running = run_rows.one_in(connection, group.name, RUNNING_STATES)
    if running is None and not facts.has_predictor(connection, group):
        return None
    detail = f"sales until {group.last_sale_on} were imported; a forecast over them is made"
    wanted = Wanted(None, False, "forecast_outdated", detail)
    return run_rows.place(connection, group, wanted, counts=False)[0]


def refresh_after(connection: sa.Connection, ended: TrainingRun) -> None:
    """The same after a training that failed or was cancelled: new sales may have relied on it.

    A run that only makes a forecast is not repeated: it would fail again, for ever.
    """
    if ended.trains:
        refresh(connection, ended.dataset_group)
