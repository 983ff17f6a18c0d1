"""Ladder: which backend does a run, and when the run goes one step down.

    amazon ──► local ──► seasonal_naive

Only FORECAST_BACKEND=auto has more than one step. A run leaves Amazon at once if waiting cannot
help (no credentials, no access, closed, refused), or if nothing is served yet. Otherwise it waits
for FORECAST_AMAZON_PATIENCE_MINUTES, while the last forecast that was fetched is served. The
training of our own engine that fails is repeated with the seasonal naive forecast.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from forecast_service.amazon.amazon_state import (
    note_away,
    note_group,
    note_present,
    read_state,
)
from forecast_service.amazon.away import Away, why_away
from forecast_service.amazon.feeding import Feeding
from forecast_service.amazon.made import find_group
from forecast_service.aws import translate_errors
from forecast_service.common.instants import utc_text
from forecast_service.errors import ForecastServiceError
from forecast_service.runs import facts, run_rows
from forecast_service.runs.run import TrainingRun, read_run
from forecast_service.runs.unknown_series import naive_forecasts, unknown_keys
from forecast_service.session import ForecastSession
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.groups import DatasetGroup, read_group
from forecast_service.storage.stored_forecast import StoredForecast

__all__ = ["AMAZON", "LOCAL", "Ladder"]

logger = logging.getLogger(__name__)

AMAZON, LOCAL, SEASONAL_NAIVE = "amazon", "local", "seasonal_naive"
FIRST_RETRY_SECONDS = 5.0
LAST_RETRY_SECONDS = 300.0
STARTED = ("predictor_arn", "forecast_arn", "collected_until")  # columns about what a step made
SECONDS_PER_MINUTE = 60.0


class Ladder:
    """The steps of the configured backend."""

    def __init__(self, session: ForecastSession, settings: Settings, database: Database) -> None:
        self.base = session
        self.settings = settings
        self.database = database

    @property
    def has_steps(self) -> bool:
        """Whether our own engine can take over."""
        return self.base.preferred is not None

    def is_at_amazon(self, run: TrainingRun) -> bool:
        """Whether the next step of the run calls Amazon."""
        return self.base.remote is not None and run.step in (None, AMAZON)

    def session_of(self, run: TrainingRun) -> ForecastSession:
        """The session that does the run."""
        remote = self.base.remote
        return remote if remote is not None and self.is_at_amazon(run) else self.base

    def settings_of(self, run: TrainingRun) -> Settings:
        """The settings for the run: the last step has an algorithm of its own."""
        if run.step != SEASONAL_NAIVE:
            return self.settings
        return self.settings.model_copy(update={"algorithm": SEASONAL_NAIVE})

    def group_of(self, run: TrainingRun, group: DatasetGroup) -> DatasetGroup:
        """The group with its ARN where the run is done."""
        if not (self.has_steps and self.is_at_amazon(run)):
            return group
        with self.database.read() as connection:
            arn = read_state(connection, group.name).group_arn
        if arn is None:
            with translate_errors():
                arn = find_group(self.session_of(run).forecast, group.name)
        return group if arn is None else replace(group, arn=arn)

    def feed(self, run: TrainingRun, group: DatasetGroup) -> str | None:
        """Bring Amazon's data up to date; the group's ARN there once they are, else None."""
        if self.base.preferred is None or not self.is_at_amazon(run):
            return group.arn
        with self.database.read() as connection:
            own = read_group(connection, group.name) or group
        feeding = Feeding(self.base, self.base.preferred, self.settings, self.database)
        arn = feeding.advance(own, run.started_at or run.requested_at)
        if arn is not None:
            with self.database.write() as connection:
                note_group(connection, group.name, arn)
        return arn

    def fill_unknown(
        self, run: TrainingRun, description: Mapping[str, Any]
    ) -> list[StoredForecast]:
        """Forecasts of the series that Amazon left out; none where nothing can take over."""
        if not (self.has_steps and self.is_at_amazon(run)):
            return []
        with self.database.read() as connection:
            group = read_group(connection, run.dataset_group)
            arn = description["ForecastArn"]
            keys = [] if group is None else unknown_keys(connection, group, arn)
        if group is None or not keys:
            return []
        return naive_forecasts(self.base, self.settings, self.database, group, description, keys)

    def note_answer(self, run: TrainingRun) -> None:
        """Record that a step of the run succeeded at Amazon."""
        if not self.is_at_amazon(run):
            return
        with self.database.read() as connection:
            is_known = read_state(connection, run.dataset_group).reason is None
        if is_known and run.away_since is None:
            return
        with self.database.write() as connection:
            note_present(connection, run.dataset_group)
            run_rows.change(connection, run.id, away_since=None)

    def note_error(self, run: TrainingRun, error: ForecastServiceError) -> Away | None:
        """Record why Amazon cannot be used; None if the error says nothing about that."""
        away = why_away(error) if self.is_at_amazon(run) else None
        if away is None:
            return None
        with self.database.write() as connection:
            note_away(connection, run.dataset_group, away)
            current = read_run(connection, run.id)
            if current is not None and current.away_since is None:
                now = facts.clock(connection).timestamp()
                run_rows.change(connection, run.id, away_since=now)
        return away

    def must_leave(self, connection: sa.Connection, run: TrainingRun, away: Away) -> bool:
        """Whether the run goes on without Amazon now."""
        if not self.has_steps:
            return False
        group = read_group(connection, run.dataset_group)
        if not away.passes or group is None or group.current_forecast_arn is None:
            return True
        return facts.clock(connection).timestamp() >= self._patient_until(connection, run)

    def waiting(self, connection: sa.Connection, run: TrainingRun, away: Away) -> tuple[str, float]:
        """What a run says that waits for Amazon, and the seconds until its next attempt."""
        current = read_run(connection, run.id) or run
        now = facts.clock(connection).timestamp()
        elapsed = now - (current.away_since or now)
        seconds = min(max(elapsed, FIRST_RETRY_SECONDS), LAST_RETRY_SECONDS)
        if not self.has_steps:
            return away.detail, seconds
        until = self._patient_until(connection, run)
        return f"{away.detail} Our own engine takes over at {utc_text(until)}.", min(
            seconds, max(until - now, 0.0)
        )

    def go_down(
        self, connection: sa.Connection, run: TrainingRun, reason: str, detail: str
    ) -> bool:
        """Begin the run again on the next step; False if there is none."""
        step = {None: LOCAL, AMAZON: LOCAL, LOCAL: SEASONAL_NAIVE}.get(run.step)
        if step is None or not self.has_steps or not run.is_open:
            return False
        if step == SEASONAL_NAIVE and not run.trains:
            return False
        columns: dict[str, str | None] = dict.fromkeys(STARTED)
        if run.state != "waiting":
            columns["state"] = "training" if run.trains else "forecasting"
        run_rows.change(
            connection,
            run.id,
            step=step,
            ladder={"reason": reason, "detail": detail},
            message=None,
            **columns,
        )
        facts_of_log = {"event": "run_stepped_down", "run_id": run.id, "step": step}
        logger.warning("run goes on with %s: %s", step, detail, extra=facts_of_log)
        return True

    def _patient_until(self, connection: sa.Connection, run: TrainingRun) -> float:
        current = read_run(connection, run.id) or run
        since = current.away_since or facts.clock(connection).timestamp()
        return since + self.settings.amazon_patience_minutes * SECONDS_PER_MINUTE
