"""TrainingRuns: requests trainings, follows and cancels them."""

from __future__ import annotations

import builtins
import logging
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from forecast_service.accounts.audit import record
from forecast_service.amazon.amazon_state import read_state
from forecast_service.errors import Conflict, NoForecast, NotFound, Remedy
from forecast_service.runs import facts, refresh, run_rows
from forecast_service.runs.decisions import (
    TRAINING_RULES,
    Decision,
    Facts,
    checked_date,
    detail_of,
    rule_of,
)
from forecast_service.runs.run import (
    RUNNING_STATES,
    TrainingRun,
    read_run,
    whole_progress,
)
from forecast_service.runs.run_rows import KIND, RunRequest
from forecast_service.session import ForecastSession
from forecast_service.settings import Settings
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.groups import DatasetGroup, lock_group, read_group
from forecast_service.storage.limits import UNLIMITED, Limits
from forecast_service.storage.stores import existing_stores
from forecast_service.storage.tables import training_runs, work
from forecast_service.storage.work import cancel_work
from forecast_service.trainer import Trainer

__all__ = ["KIND", "Decision", "TrainingRun", "TrainingRuns"]

logger = logging.getLogger(__name__)

MAX_DECISIONS = 20  # a decision is repeated if a run ends while Amazon is being asked
MIN_SHARE = 0.05  # with less progress, the remaining time cannot be estimated
NO_SALES = "No sales were imported yet, so there is nothing to train on."


class TrainingRuns:
    """The training runs of the configured dataset group."""

    def __init__(self, database: Database, settings: Settings, session: ForecastSession) -> None:
        self.database = database
        self.settings = settings
        self.session = session

    def request(
        self,
        store: int | str | None,
        at: datetime | None = None,
        force: bool = False,
        *,
        limits: Limits = UNLIMITED,
        requested_by: str | None = None,
    ) -> Decision:
        """Start a training if a rule requires one, or join the run that exists.

        ``store`` None means the whole dataset group. Simultaneous requests get the same run.
        ``limits`` and ``requested_by`` are those of the caller.

        Raises
        ------
        UnknownStore
            The store was never imported.
        NoForecast
            No data were imported.
        InvalidRequest
            ``at`` is more than a day ahead.
        BackendUnavailable
            The database cannot be reached now.
        """
        for _ in range(MAX_DECISIONS):
            runs_version, at_checked = self._check_request(store, at, limits)
            predictor, lost = self._latest_predictor()
            try:
                with self.database.write() as connection:
                    group = lock_group(connection, self.settings.dataset_group)
                    if group is None or group.runs_version != runs_version:
                        continue
                    name = None if store is None else str(store)
                    request_facts = facts.collect_facts(
                        connection,
                        self.settings,
                        group,
                        predictor,
                        store=name,
                        at=at_checked,
                        forced=force,
                        lost=lost,
                    )
                    return self._decide(connection, group, predictor, request_facts, requested_by)
            except sa.exc.IntegrityError:
                continue  # another process inserted its run first: join that one
        raise Conflict(
            f"The training runs of '{self.settings.dataset_group}' change too fast for a "
            "decision. Try again in a moment."
        )

    def refresh(self, connection: sa.Connection | None = None) -> TrainingRun | None:
        """Start a run that forecasts newly imported sales without a training.

        Without a predictor, or without newer sales, nothing happens and the result is None. Call
        it in the transaction that raises ``data_version``, so that both or none happen.
        """
        if connection is None:
            with self.database.write() as own:
                return self.refresh(own)
        return refresh.refresh(connection, self.settings.dataset_group)

    def get(self, run_id: str) -> TrainingRun:
        """The run with its progress.

        Raises
        ------
        NotFound
            No run has this id.
        """
        with self.database.read() as connection:
            run = read_run(connection, run_id)
            now = facts.clock(connection).timestamp()
        if run is None:
            raise _unknown(run_id)
        return self._with_progress(run, now)

    def list(self, limit: int = 50) -> builtins.list[TrainingRun]:
        """The newest runs, newest first."""
        statement = (
            sa.select(training_runs)
            .where(training_runs.c.dataset_group == self.settings.dataset_group)
            .order_by(training_runs.c.requested_at.desc(), training_runs.c.id)
            .limit(limit)
        )
        with self.database.read() as connection:
            rows = connection.execute(statement).mappings().all()
            now = facts.clock(connection).timestamp()
        return [self._with_progress(TrainingRun(**row), now) for row in rows]

    def cancel(self, run_id: str) -> TrainingRun:
        """End a run now; the worker's next step stops what the run had started.

        Raises
        ------
        NotFound
            No run has this id.
        Conflict
            The run has ended already.
        """
        with self.database.write() as connection:
            # Every step locks work, then group, then run: the same order prevents deadlocks.
            self._take_from_holder(connection, run_id)
            run = read_run(connection, run_id)
            if run is None:
                raise _unknown(run_id)
            lock_group(connection, run.dataset_group)
            run = read_run(connection, run_id, lock=True) or run
            if not run.is_open:
                raise Conflict(
                    f"Training run '{run_id}' cannot be cancelled: it is '{run.state}' already."
                )
            if run.state == "waiting":
                cancel_work(connection, KIND, run_id)
            run_rows.end(connection, run, "cancelled")
            record(connection, "cancelled", run_id)
            refresh.refresh_after(connection, run)
        logger.info("run cancelled", extra={"event": "run_cancelled", "run_id": run_id})
        return self.get(run_id)

    def _latest_predictor(self) -> tuple[dict[str, Any] | None, str | None]:
        """The newest predictor, or why the newest one counts as none.

        Nobody waits for Amazon here: of its predictors, the newest one counts that a worker saw.
        """
        with self.database.read() as connection:
            group = read_group(connection, self.settings.dataset_group)
            if group is None:
                raise NoForecast(NO_SALES, remedy=Remedy.IMPORT)
            is_amazon = self.session.remote is not None
            seen = read_state(connection, group.name).latest_predictor if is_amazon else None
        if seen is not None and seen["CreationTime"].timestamp() < (group.trained_after or 0.0):
            seen = None
        if self.session.is_remote:
            return seen, None
        trainer = Trainer(self.session, self.settings, group)
        own = trainer.get_latest_predictor()
        if own is None and seen is None:
            return None, trainer.lost_predictor()
        both = [predictor for predictor in (own, seen) if predictor is not None]
        return max(both, key=lambda predictor: predictor["CreationTime"]), None

    def _check_request(
        self, store: int | str | None, at: datetime | None, limits: Limits
    ) -> tuple[int, datetime]:
        """Check store and date; return the group's ``runs_version`` and the date."""
        with self.database.read() as connection:
            group = read_group(connection, self.settings.dataset_group)
            if group is None:
                raise NoForecast(NO_SALES, remedy=Remedy.IMPORT)
            if store is not None:
                existing_stores(connection, group.name, [store], limits)
            return group.runs_version, checked_date(at, facts.clock(connection))

    def _decide(
        self,
        connection: sa.Connection,
        group: DatasetGroup,
        predictor: dict[str, Any] | None,
        request_facts: Facts,
        requested_by: str | None,
    ) -> Decision:
        rule = rule_of(request_facts, self.settings.retrain_rules)
        detail = detail_of(request_facts, rule)
        run, joined = None, False
        if rule != "within_tolerance":
            request = RunRequest(
                request_facts.store,
                rule in TRAINING_RULES,
                rule,
                detail,
                request_facts.forced,
                requested_by,
            )
            run, joined = run_rows.insert_or_join(connection, group, request, counts=True)
            record(
                connection,
                "forced" if request_facts.forced else "trained",
                run.id,
                store=request_facts.store,
                joined=joined,
            )
        logger.info("training requested", extra={"event": "training_asked", "rule": rule})
        return Decision(
            started=run is not None and not joined,
            joined=joined,
            run=run,
            predictor=predictor,
            age_days=request_facts.age_days,
            tolerance_days=request_facts.tolerance_days,
            trained_at=None if predictor is None else predictor["CreationTime"],
            newer_days_of_sales=request_facts.newer_days_of_sales,
            rule=rule,
            detail=detail,
        )

    def _with_progress(self, run: TrainingRun, now: float) -> TrainingRun:
        arn = run.resource_arn
        if run.state not in RUNNING_STATES or arn is None:
            return run
        progress = self.session.details.progress(arn)
        if progress is None:
            return run
        share = whole_progress(run, progress[0])
        expected_at = run.expected_at
        if share > MIN_SHARE and run.started_at is not None:
            expected_at = now + (now - run.started_at) * (1 - share) / share
        message = run.message or progress[1]
        return replace(run, progress=share, message=message, expected_at=expected_at)

    @staticmethod
    def _take_from_holder(connection: sa.Connection, run_id: str) -> None:
        """Let any worker claim the run now; its present holder can write nothing any more."""
        connection.execute(
            sa.update(work)
            .where(work.c.kind == KIND, work.c.subject == run_id, work.c.state != "done")
            .values(state="waiting", owner=None, lease_until=None, not_before=database_now())
        )


def _unknown(run_id: str) -> NotFound:
    return NotFound(f"Training run '{run_id}' does not exist.", remedy=Remedy.LIST_RUNS)
