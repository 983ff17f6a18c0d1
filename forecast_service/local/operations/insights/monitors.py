"""Monitors of predictors: their making, their evaluations, stopping and going on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from forecast_service.local import catalog, descriptions, tags
from forecast_service.local.arns import arn_of, arn_prefix, ulid
from forecast_service.local.calls import (
    ACTIVE,
    CREATE_PENDING,
    Call,
    Params,
    refuse_taken,
    require,
    require_active,
)
from forecast_service.local.catalog import Resource
from forecast_service.local.errors import InvalidInput, TooMany
from forecast_service.local.kinds import MONITOR, PREDICTOR
from forecast_service.local.operations.insights.evaluated import (
    EVALUATION,
    history,
    monitor_of,
)
from forecast_service.local.operations.lists import page_of
from forecast_service.local.resource_details import MonitorDetails, PredictorDetails
from forecast_service.local.shapes import CONTROL, output_shape
from forecast_service.storage.tables import monitor_evaluations
from forecast_service.storage.work import withdraw_work

__all__ = [
    "STOPPED",
    "check_monitor_name",
    "continue_monitor",
    "create_monitor",
    "insert_monitor",
    "list_evaluations",
    "resume",
    "stop_monitor",
]

STOPPED = "ACTIVE_STOPPED"
RESULTS = "PredictorMonitorEvaluations"
STATE = "EvaluationState"


def create_monitor(call: Call, params: Params) -> dict[str, Any]:
    """CreateMonitor: watches an ACTIVE auto predictor, from now on."""
    predictor = require_active(call, PREDICTOR, params["ResourceArn"])
    if not PredictorDetails.of(predictor.details).is_auto:
        raise InvalidInput(
            f"The predictor '{predictor.arn}' was made by CreatePredictor. Only predictors of "
            "CreateAutoPredictor can be monitored: upgrade it with its ARN as "
            "ReferencePredictorArn."
        )
    check_monitor_name(call, params["MonitorName"])
    present = monitor_of(call.connection, predictor.arn)
    if present is not None:
        raise TooMany(
            f"The predictor '{predictor.arn}' has the monitor '{present.arn}', and can have only "
            "one. Delete that one first, or use it."
        )
    arn = insert_monitor(call, params["MonitorName"], predictor, ACTIVE)
    tags.add(call.connection, arn, params.get("Tags", ()))
    return {MONITOR.arn_member: arn}


def check_monitor_name(call: Call, name: str) -> None:
    """Refuse the name of another monitor; raises AlreadyExists."""
    refuse_taken(call, MONITOR, name, arn_of(call.settings, MONITOR.word, name))


def insert_monitor(
    call: Call,
    name: str,
    predictor: Resource,
    status: str = CREATE_PENDING,
    continues: str | None = None,
) -> str:
    """Add a monitor of a predictor and return its ARN; it is made when its predictor is."""
    arn = arn_of(call.settings, MONITOR.word, f"{name}_{ulid()}")
    catalog.insert(
        call.connection,
        arn=arn,
        type=MONITOR.word,
        name=name,
        status=status,
        request={"MonitorName": name, "ResourceArn": predictor.arn},
        parent_arn=predictor.arn,
        dataset_group_arn=predictor.dataset_group_arn,
        details=MonitorDetails(continues=continues),
    )
    return arn


def continue_monitor(call: Call, reference_arn: str, predictor: Resource) -> None:
    """Monitor a retrained predictor if the one before is: with its history, and a name of its own.

    The name is that of the predictor, unless another monitor has it.
    """
    before = monitor_of(call.connection, reference_arn)
    if before is None or before.status not in (ACTIVE, CREATE_PENDING):
        return
    name = predictor.name
    if catalog.find(call.connection, MONITOR.word, name, arn_prefix(call.settings)) is not None:
        name = f"{name[:36]}_{ulid()}"
    insert_monitor(call, name, predictor, continues=before.arn)


def list_evaluations(call: Call, params: Params) -> dict[str, Any]:
    """ListMonitorEvaluations: newest first, with those of the predictors before a retraining."""
    monitor = require(call, MONITOR, params["MonitorArn"])
    filters = params.get("Filters", ())
    statement = sa.select(monitor_evaluations).where(
        monitor_evaluations.c.monitor_arn.in_(history(call.connection, monitor)),
        *(_condition(entry) for entry in filters),
    )
    page, token = page_of(call, params, statement, monitor_evaluations.c.sequence)
    shape = output_shape(CONTROL, call.operation).members[RESULTS].member
    answer: dict[str, Any] = {RESULTS: _members(page, shape)}
    return answer if token is None else {**answer, "NextToken": token}


def stop_monitor(call: Call, monitor: Resource) -> None:
    """Stop the evaluations of a monitor, now and after coming imports.

    Raises
    ------
    InvalidInput
        It is neither active nor stopped.
    """
    if monitor.status not in (ACTIVE, STOPPED):
        raise InvalidInput(
            f"The monitor '{monitor.arn}' is {monitor.status}; it can be stopped when it is "
            f"{ACTIVE}. Wait until it is."
        )
    withdraw_work(call.connection, EVALUATION, monitor.arn)
    catalog.update(call.connection, monitor.arn, status=STOPPED)


def resume(call: Call, params: Params) -> None:
    """ResumeResource: lets a stopped monitor go on.

    Raises
    ------
    InvalidInput
        The monitor is not stopped.
    """
    monitor = require(call, MONITOR, params["ResourceArn"])
    if monitor.status != STOPPED:
        raise InvalidInput(
            f"The monitor '{monitor.arn}' is {monitor.status}; only one that is {STOPPED} can be "
            "resumed. Stop it with StopResource first."
        )
    catalog.update(call.connection, monitor.arn, status=ACTIVE)


def _condition(entry: Mapping[str, str]) -> sa.ColumnElement[bool]:
    if entry["Key"] != STATE:
        raise InvalidInput(
            f"'{entry['Key']}' is not a filter key of ListMonitorEvaluations. Allowed are: {STATE}."
        )
    state = monitor_evaluations.c.state
    return state == entry["Value"] if entry["Condition"] == "IS" else state != entry["Value"]


def _members(rows: Sequence[sa.RowMapping], shape: Any) -> list[dict[str, Any]]:
    return [descriptions.select_members(row["members"], shape) for row in rows]
