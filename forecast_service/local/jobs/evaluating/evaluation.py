"""The work of a monitor after an import: evaluate the forecasts whose horizon has passed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from forecast_service.engine.panel import Panel
from forecast_service.errors import InvalidData
from forecast_service.local import catalog
from forecast_service.local.calls import ACTIVE
from forecast_service.local.catalog import Resource
from forecast_service.local.files.domains import TARGET
from forecast_service.local.jobs.evaluating.past_forecast import PastForecast
from forecast_service.local.jobs.job import Job
from forecast_service.local.jobs.panels import build_input
from forecast_service.local.jobs.predictor_config import PredictorConfig, configuration_of
from forecast_service.local.jobs.sources import read_sources
from forecast_service.local.operations.insights.evaluated import (
    EVALUATION,
    add_evaluation,
    unevaluated,
)
from forecast_service.local.resource_details import KeptForecast
from forecast_service.settings import Settings
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.queue import Claim, Queue

__all__ = ["KIND", "perform"]

KIND = EVALUATION

logger = logging.getLogger(__name__)

Members = dict[str, Any]


def perform(database: Database, settings: Settings, queue: Queue, claim: Claim) -> None:
    """Evaluate what the newest data allow; data that cannot be used become the monitor's message.

    Raises
    ------
    LeaseLost
        Newer data came, or the monitor was stopped; nothing was written.
    """
    with database.read() as connection:
        monitor = catalog.get(connection, claim.subject)
        waiting = [] if monitor is None else unevaluated(connection, monitor)
    evaluations: list[tuple[KeptForecast, Members]] = []
    problem: str | None = None
    if monitor is not None and waiting:
        job = Job(database, settings, queue, claim, monitor)
        try:
            evaluations = list(_evaluations(job, waiting))
        except InvalidData as error:
            problem = error.detail
            logger.warning("%s: %s", claim.subject, problem, extra={"event": "not_evaluated"})
    with queue.fenced(claim) as connection:
        current = catalog.get(connection, claim.subject)
        if current is not None and current.status == ACTIVE:
            _write(connection, current, evaluations, problem)
        queue.finish(connection, claim)


def _write(
    connection: sa.Connection,
    monitor: Resource,
    evaluations: list[tuple[KeptForecast, Members]],
    problem: str | None,
) -> None:
    now = connection.execute(sa.select(database_now())).scalar_one()
    for forecast, members in evaluations:
        add_evaluation(connection, monitor.arn, forecast, {**members, "EvaluationTime": now})
    if monitor.message != problem:
        catalog.update(connection, monitor.arn, message=problem)


def _evaluations(job: Job, waiting: list[KeptForecast]) -> Iterator[tuple[KeptForecast, Members]]:
    """An evaluation for each forecast whose whole horizon has data, oldest first."""
    predictor = job.get(str(job.resource.parent_arn))
    config = configuration_of(predictor)
    panel, source = _newest_data(job, config)
    about = {
        "ResourceArn": predictor.arn,
        "MonitorArn": job.resource.arn,
        "PredictorEvent": _event(predictor),
    }
    for kept in waiting:
        past = PastForecast.read(job.database, kept["values"], panel)
        if past is not None and past.is_covered(panel):
            arns = {"ForecastArn": kept["arn"], "PredictorArn": predictor.arn, **source}
            members = past.members(panel, config.fit_config(job.settings).season_length)
            yield kept, {**about, "MonitorDataSource": arns, **members}


def _newest_data(job: Job, config: PredictorConfig) -> tuple[Panel, dict[str, str]]:
    """The target series, and the import job that they came with."""
    sources = read_sources(job, config.dataset_group_arn)
    panel = build_input(replace(sources, related=None, metadata=None), config).panel
    for arn in sources.import_jobs:
        dataset = job.get(str(job.get(arn).parent_arn))
        if dataset.request["DatasetType"] == TARGET:
            return panel, {"DatasetImportJobArn": arn}
    return panel, {}


def _event(predictor: Resource) -> Mapping[str, Any] | None:
    """The retraining that made a predictor, if there was one."""
    if "ReferencePredictorArn" not in predictor.request:
        return None
    return {"Detail": "Retrain", "Datetime": predictor.created_at}
