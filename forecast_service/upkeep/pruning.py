"""Pruning: deletes old things that the service itself made and that nothing needs."""

from __future__ import annotations

import logging
import re
from datetime import UTC
from typing import Any

import sqlalchemy as sa

from forecast_service.accounts.audit import prune_audit_log
from forecast_service.aws import translate_errors
from forecast_service.errors import Conflict, NotFound
from forecast_service.runs import KIND as RUN
from forecast_service.session import ForecastSession
from forecast_service.settings import Settings
from forecast_service.storage import forecast_store
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.groups import DatasetGroup, read_group, served_forecasts
from forecast_service.storage.planning import scenario_rows
from forecast_service.storage.tables import (
    forecasts,
    imports,
    training_runs,
    work,
)
from forecast_service.trainer import Trainer, newest_active

__all__ = ["Pruning"]

logger = logging.getLogger(__name__)

SECONDS_PER_DAY = 86400.0
WORK_DAYS = 30  # finished work is kept so long, to show what the service did
UNUSED_PREDICTOR_DAYS = 7  # a predictor of ours without a forecast is kept so long
OUR_JOBS = re.compile("import_[0-9a-f]{20}")  # names by the importer; others are not ours
ENDED = ("ACTIVE", "CREATE_FAILED", "CREATE_STOPPED")


class Pruning:
    """Deletes old things of one installation, one kind per method.

    Call the methods in their order here: later ones depend on earlier ones.
    """

    def __init__(self, settings: Settings, database: Database, session: ForecastSession) -> None:
        self.settings = settings
        self.database = database
        self.session = session
        with database.read() as connection:
            self.now: float = connection.execute(sa.select(database_now())).scalar_one()
            self.group = read_group(connection, settings.dataset_group)
        self.limit = self.now - settings.keep_days * SECONDS_PER_DAY

    def forecasts(self) -> int:
        """Delete old forecasts of runs, never a current one; return how many had been served."""
        with self.database.read() as connection:
            current = served_forecasts(connection)
        served = self._read(
            sa.select(forecasts.c.forecast_arn).where(
                forecasts.c.created_at < self.limit,
                forecasts.c.run_id.is_not(None),
                forecasts.c.forecast_arn.not_in(current),
            )
        )
        never_served = self._read(
            sa.select(training_runs.c.forecast_arn).where(
                training_runs.c.finished_at < self.limit,
                training_runs.c.state.in_(("failed", "cancelled")),
                training_runs.c.forecast_arn.is_not(None),
                training_runs.c.forecast_arn.not_in(sa.select(forecasts.c.forecast_arn)),
            )
        )
        deleted = {arn for arn in sorted(served | never_served) if self._delete("forecast", arn)}
        with self.database.write() as connection:
            deleted -= served_forecasts(connection)
            for arn in deleted:
                forecast_store.delete(connection, arn)
        return len(deleted & served)

    def predictors(self) -> int:
        """Delete predictors of runs that have no forecast any more, never the latest one."""
        before = self.now - UNUSED_PREDICTOR_DAYS * SECONDS_PER_DAY
        ours = self._read(
            sa.select(training_runs.c.predictor_arn).where(
                training_runs.c.trains.is_(True), training_runs.c.finished_at < before
            )
        )
        unused = ours - self._read(sa.select(forecasts.c.predictor_arn))
        if not unused:
            return 0
        latest = newest_active(self._predictors())
        unused &= self._arns_of_predictors() - {latest and latest["PredictorArn"]}
        return sum(self._delete("predictor", arn) for arn in sorted(unused))

    def import_jobs(self) -> int:
        """Delete old import jobs of our importer that no predictor was trained with.

        The newest ACTIVE job of a dataset stays. At AWS, the last job with ImportMode FULL and all
        later ones stay, too: they hold the rows of the dataset.
        """
        if self.group is None:
            return 0
        superseded = [job for arn in self._datasets(self.group) for job in self._superseded(arn)]
        old = [
            job["DatasetImportJobArn"]
            for job in superseded
            if job["CreationTime"].astimezone(UTC).timestamp() < self.limit
            and OUR_JOBS.fullmatch(job["DatasetImportJobName"])
        ]
        used = self._jobs_of_predictors(self.group) if old else set()
        return sum(self._delete("dataset_import_job", arn) for arn in old if arn not in used)

    def runs(self) -> int:
        """Delete the records of old ended runs without predictor and forecast.

        The last run of the group stays: it explains why the current forecast is stale.
        """
        others = training_runs.alias()
        last = sa.select(sa.func.max(others.c.finished_at)).where(
            others.c.dataset_group == training_runs.c.dataset_group
        )
        stopping = sa.select(work.c.subject).where(work.c.kind == RUN, work.c.state != "done")
        forecast_by = sa.select(forecasts.c.run_id).where(forecasts.c.run_id.is_not(None))
        removable = sa.and_(
            training_runs.c.dataset_group == self.settings.dataset_group,
            training_runs.c.finished_at < self.limit,
            training_runs.c.finished_at < last.scalar_subquery(),
            training_runs.c.id.not_in(forecast_by),
            training_runs.c.id.not_in(stopping),
        )
        existing = self._arns_of_predictors() if self._is_any(removable) else set()
        has_no_predictor = sa.or_(
            training_runs.c.trains.is_(False),
            training_runs.c.predictor_arn.is_(None),
            training_runs.c.predictor_arn.not_in(sorted(existing)),
        )
        with self.database.write() as connection:
            statement = sa.delete(training_runs).where(removable, has_no_predictor)
            return connection.execute(statement).rowcount

    def rows(self) -> int:
        """Delete records of finished work, old imports and scenarios, and old entries of the audit
        log.
        """
        old_work = self.now - WORK_DAYS * SECONDS_PER_DAY
        with self.database.write() as connection:
            done = connection.execute(sa.delete(work).where(work.c.finished_at < old_work))
            old = sa.delete(imports).where(imports.c.finished_at < self.limit)
            audited = prune_audit_log(connection, self.settings.audit_days)
            scenarios = scenario_rows.prune(connection)
            return done.rowcount + connection.execute(old).rowcount + audited + scenarios

    def _superseded(self, dataset_arn: str) -> list[dict[str, Any]]:
        """Ended import jobs, without those that the dataset's present rows come from."""
        jobs = self._import_jobs(dataset_arn)
        holding = [job for job in jobs if job["Status"] == "ACTIVE"]
        if self.session.rows_need_jobs:
            full = [index for index, job in enumerate(holding) if job["ImportMode"] == "FULL"]
            holding = holding[full[-1] :] if full else holding
        else:  # our snapshots hold the rows
            holding = holding[-1:]
        kept = [job["DatasetImportJobArn"] for job in holding]
        return [
            job for job in jobs if job["Status"] in ENDED and job["DatasetImportJobArn"] not in kept
        ]

    def _import_jobs(self, dataset_arn: str) -> list[dict[str, Any]]:
        """Summaries of a dataset's import jobs, oldest first."""
        of_dataset = {"Key": "DatasetArn", "Condition": "IS", "Value": dataset_arn}
        with translate_errors():
            pager = self.session.forecast.get_paginator("list_dataset_import_jobs")
            pages = list(pager.paginate(Filters=[of_dataset]))
        jobs = [job for page in pages for job in page["DatasetImportJobs"]]
        return sorted(jobs, key=lambda job: job["CreationTime"])

    def _datasets(self, group: DatasetGroup) -> list[str]:
        with translate_errors():
            description = self.session.forecast.describe_dataset_group(DatasetGroupArn=group.arn)
        return list(description.get("DatasetArns", []))

    def _predictors(self) -> list[dict[str, Any]]:
        if self.group is None:
            return []
        return Trainer(self.session, self.settings, self.group).predictors()

    def _arns_of_predictors(self) -> set[str]:
        return {summary["PredictorArn"] for summary in self._predictors()}

    def _jobs_of_predictors(self, group: DatasetGroup) -> set[str]:
        """Import jobs that a predictor was trained with."""
        trainer = Trainer(self.session, self.settings, group)
        predictors = [trainer.describe_predictor(arn) for arn in sorted(self._arns_of_predictors())]
        return {arn for one in predictors for arn in one.get("DatasetImportJobArns", [])}

    def _is_any(self, condition: sa.ColumnElement[bool]) -> bool:
        return bool(self._read(sa.select(training_runs.c.id).where(condition).limit(1)))

    def _read(self, statement: sa.Select[Any]) -> set[str]:
        with self.database.read() as connection:
            return set(connection.execute(statement).scalars())

    def _delete(self, type: str, arn: str) -> bool:
        """Delete a resource; False if something still needs it."""
        delete = getattr(self.session.forecast, f"delete_{type}")
        member = type.title().replace("_", "") + "Arn"
        try:
            with translate_errors():
                delete(**{member: arn})
        except NotFound:
            return True
        except Conflict as error:
            logger.info("not deleted: %s", error, extra={"event": "prune_kept"})
            return False
        return True
