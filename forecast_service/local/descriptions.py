"""Resources as Describe and List show them: the members of the service model's shapes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from statistics import median
from typing import Any

import sqlalchemy as sa

from forecast_service.local import catalog
from forecast_service.local.catalog import Resource
from forecast_service.local.kinds import (
    DATASET,
    EXPLAINABILITY,
    FORECAST,
    IMPORT_JOB,
    MONITOR,
    PREDICTOR,
    kind_of,
)
from forecast_service.local.operations.closed_algorithms import SUBSTITUTED, is_closed
from forecast_service.local.operations.insights.evaluated import newest_evaluation
from forecast_service.local.resource_details import (
    ImportJobDetails,
    PredictorDetails,
    details_of,
)
from forecast_service.local.shapes import Shape

__all__ = ["dataset_state", "describe", "select_members"]

EARLY = 0.1  # finished share up to which earlier jobs tell more
RECENT = 5  # earlier jobs
CHANGING = frozenset({"CREATE_IN_PROGRESS", "CREATE_STOPPING"})
METRIC_NAMES = ("AverageWeightedQuantileLoss", "MAPE", "MASE", "RMSE", "WAPE")
DATASET_STATUS = {
    "CREATE_PENDING": "UPDATE_PENDING",
    "CREATE_IN_PROGRESS": "UPDATE_IN_PROGRESS",
    "CREATE_STOPPING": "UPDATE_IN_PROGRESS",
}


def describe(connection: sa.Connection, resource: Resource, shape: Shape) -> dict[str, Any]:
    """The members of a resource that a shape of the service model names."""
    members: dict[str, Any] = select_members(_members(connection, resource), shape)
    return members


def select_members(value: Any, shape: Shape) -> Any:
    """The part of a JSON value that a shape names, with times as aware datetimes in UTC."""
    if shape.type_name == "structure":
        return {
            name: select_members(value[name], member)
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if shape.type_name == "list":
        return [select_members(entry, shape.member) for entry in value]
    if shape.type_name == "map":
        return {key: select_members(entry, shape.value) for key, entry in value.items()}
    convert = CONVERSIONS.get(shape.type_name)
    return value if convert is None else convert(value)


def dataset_state(connection: sa.Connection, dataset: Resource) -> tuple[str, float]:
    """Status and last modification (epoch seconds) of a dataset, derived from its import jobs."""
    jobs = catalog.children(connection, dataset.arn)
    running = [DATASET_STATUS[job.status] for job in jobs if job.status in DATASET_STATUS]
    status = running[0] if running else dataset.status
    if status == "UPDATE_IN_PROGRESS":
        return status, time.time()
    ended = [job.modified_at for job in jobs if job.status not in DATASET_STATUS]
    return status, max([dataset.created_at, *ended])


def _members(connection: sa.Connection, resource: Resource) -> dict[str, Any]:
    """All members of a resource by name; times are epoch seconds."""
    kind = kind_of(resource.type)
    members = {
        **resource.request,
        kind.name_member: resource.name,
        kind.arn_member: resource.arn,
        "Status": resource.status,
        "Message": resource.message,
        "CreationTime": resource.created_at,
        "LastModificationTime": _modified_at(resource),
        "EstimatedTimeRemainingInMinutes": _minutes_left(connection, resource),
    }
    extra = EXTRAS.get(resource.type)
    return members if extra is None else members | extra(connection, resource)


def _modified_at(resource: Resource) -> float:
    if resource.status == "CREATE_PENDING":
        return resource.created_at
    return time.time() if resource.status in CHANGING else resource.modified_at


def _minutes_left(connection: sa.Connection, resource: Resource) -> int | None:
    """Minutes left (at least 1) of a job in progress; None without an estimate.

    The estimate comes from the finished share; at the beginning, which says little, from the
    jobs of the same kind that ended before.
    """
    share = resource.progress or 0.0
    if resource.status != "CREATE_IN_PROGRESS" or share >= 1:
        return None
    elapsed = max(0.0, time.time() - _started_at(resource))
    if share < EARLY:
        earlier = catalog.newest_alike(connection, resource, RECENT)
        took = [each.modified_at - _started_at(each) for each in earlier]
        if took:
            return max(1, math.ceil((median(took) - elapsed) / 60))
    return max(1, math.ceil(elapsed * (1 - share) / share / 60)) if share > 0 else None


def _started_at(resource: Resource) -> float:
    """Epoch seconds at which a worker last began, or else of the creation."""
    started_at = details_of(resource.type, resource.details).started_at
    return resource.created_at if started_at is None else started_at


def _dataset(connection: sa.Connection, dataset: Resource) -> dict[str, Any]:
    status, modified_at = dataset_state(connection, dataset)
    return {
        "Status": status,
        "LastModificationTime": modified_at,
        "EncryptionConfig": dataset.request.get("EncryptionConfig", {}),
    }


def _import_job(connection: sa.Connection, job: Resource) -> dict[str, Any]:
    details = ImportJobDetails.of(job.details)
    return {"DataSize": details.data_size_gb, "FieldStatistics": details.field_statistics}


def _predictor(connection: sa.Connection, predictor: Resource) -> dict[str, Any]:
    details = PredictorDetails.of(predictor.details)
    algorithm = predictor.request.get("AlgorithmArn") or details.chosen
    return {
        "DatasetGroupArn": predictor.dataset_group_arn,
        "IsAutoPredictor": details.is_auto,
        "AlgorithmArn": algorithm,
        "Message": predictor.message or _substitution(algorithm),
        "AutoMLAlgorithmArns": None if algorithm is None else [algorithm],
        "DatasetImportJobArns": details.dataset_import_job_arns,
        "PredictorExecutionDetails": details.executions,
        "ReferencePredictorSummary": _reference(connection, predictor),
        **_insights(connection, predictor),
    }


def _substitution(algorithm: str | None) -> str | None:
    """What is trained under the name of a deep network."""
    if algorithm is None or not is_closed(algorithm):
        return None
    return SUBSTITUTED.format(name=algorithm.rpartition("/")[2])


def _insights(connection: sa.Connection, predictor: Resource) -> dict[str, Any]:
    """``MonitorInfo`` and ``ExplainabilityInfo``, as far as there are such."""
    return {
        f"{kind.stem}Info": {kind.arn_member: child.arn, "Status": child.status}
        for kind in (MONITOR, EXPLAINABILITY)
        for child in catalog.children(connection, predictor.arn)
        if child.type == kind.word
    }


def _reference(connection: sa.Connection, predictor: Resource) -> dict[str, str] | None:
    arn = predictor.request.get("ReferencePredictorArn")
    if arn is None:
        return None
    exists = catalog.get(connection, arn) is not None
    return {"Arn": arn, "State": "Active" if exists else "Deleted"}


def _forecast(connection: sa.Connection, forecast: Resource) -> dict[str, Any]:
    predictor = catalog.get(connection, str(forecast.parent_arn))
    is_auto = predictor is not None and PredictorDetails.of(predictor.details).is_auto
    return {"DatasetGroupArn": forecast.dataset_group_arn, "CreatedUsingAutoPredictor": is_auto}


def _monitor(connection: sa.Connection, monitor: Resource) -> dict[str, Any]:
    newest = newest_evaluation(connection, monitor)
    predictor = catalog.get(connection, str(monitor.parent_arn))
    metrics = {} if predictor is None else _baseline(PredictorDetails.of(predictor.details))
    baseline = [{"Name": name, "Value": value} for name, value in metrics.items()]
    return {
        "LastEvaluationTime": None if newest is None else newest["evaluated_at"],
        "LastEvaluationState": None if newest is None else newest["state"],
        "Baseline": {"PredictorBaseline": {"BaselineMetrics": baseline}} if baseline else None,
    }


def _baseline(predictor: PredictorDetails) -> dict[str, float]:
    """The accuracy in the backtest of a predictor, in the order of the evaluations."""
    results = (predictor.accuracy or {}).get("PredictorEvaluationResults") or [{}]
    windows = results[0].get("TestWindows")
    if not windows:
        return {}
    metrics = windows[0]["Metrics"]
    values = {**metrics, **metrics["ErrorMetrics"][0]}
    return {name: values[name] for name in METRIC_NAMES if name in values}


EXTRAS: Mapping[str, Callable[[sa.Connection, Resource], dict[str, Any]]] = {
    DATASET.word: _dataset,
    IMPORT_JOB.word: _import_job,
    PREDICTOR.word: _predictor,
    FORECAST.word: _forecast,
    MONITOR.word: _monitor,
}


def _time(value: float | str) -> datetime:
    """A time from epoch seconds (rounded to ms) or ISO 8601 text (UTC if it has no zone)."""
    if isinstance(value, str):
        parsed = datetime.fromisoformat(value)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    return datetime.fromtimestamp(round(value, 3), UTC)


CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    "timestamp": _time,
    "double": float,
}
