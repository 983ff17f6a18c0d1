"""What monitors keep: evaluations, and the values of forecasts that were deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from forecast_service.local import catalog
from forecast_service.local.calls import ACTIVE
from forecast_service.local.catalog import Resource
from forecast_service.local.kinds import FORECAST, MONITOR
from forecast_service.local.resource_details import KeptForecast, MonitorDetails
from forecast_service.storage import forecast_store
from forecast_service.storage.tables import monitor_evaluations, resources
from forecast_service.storage.work import add_work, withdraw_work

__all__ = [
    "EVALUATION",
    "add_evaluation",
    "forget",
    "history",
    "keep_values",
    "monitor_of",
    "newest_evaluation",
    "queue_evaluations",
    "unevaluated",
]

EVALUATION = "evaluation"  # kind of work; its subject is the ARN of a monitor


def monitor_of(connection: sa.Connection, predictor_arn: str) -> Resource | None:
    """The monitor of a predictor, or None."""
    found = (one for one in catalog.children(connection, predictor_arn) if one.type == MONITOR.word)
    return next(found, None)


def queue_evaluations(connection: sa.Connection, dataset_arn: str) -> None:
    """Let every active monitor whose predictor learns from a dataset look at its new data.

    An evaluation that runs has read older data: it is ended, and begins again.
    """
    statement = sa.select(resources.c.arn, resources.c.dataset_group_arn).where(
        resources.c.type == MONITOR.word, resources.c.status == ACTIVE
    )
    for arn, group_arn in connection.execute(statement).all():
        group = catalog.get(connection, group_arn)
        if group is not None and dataset_arn in group.request["DatasetArns"]:
            withdraw_work(connection, EVALUATION, arn)
            add_work(connection, EVALUATION, arn)


def keep_values(connection: sa.Connection, forecast: Resource) -> None:
    """Keep the values of a forecast that is being deleted, if its monitor still needs them."""
    monitor = monitor_of(connection, str(forecast.parent_arn))
    if monitor is None:
        return
    if forecast.sequence not in [one["sequence"] for one in unevaluated(connection, monitor)]:
        return
    details = MonitorDetails.of(monitor.details)
    name = f"{monitor.arn}/{forecast.sequence}"
    forecast_store.rename(connection, forecast.arn, name)
    entry = KeptForecast(arn=forecast.arn, sequence=forecast.sequence, values=name)
    details = replace(details, kept=[*(details.kept or ()), entry])
    catalog.update(connection, monitor.arn, details=details)


def unevaluated(connection: sa.Connection, monitor: Resource) -> list[KeptForecast]:
    """The forecasts of the monitored predictor without an evaluation, oldest first."""
    statement = sa.select(monitor_evaluations.c.forecast).where(
        monitor_evaluations.c.monitor_arn == monitor.arn
    )
    done = set(connection.execute(statement).scalars())
    there = [
        KeptForecast(arn=child.arn, sequence=child.sequence, values=child.arn)
        for child in catalog.children(connection, str(monitor.parent_arn))
        if child.type == FORECAST.word and child.status == ACTIVE
    ]
    known = [*(MonitorDetails.of(monitor.details).kept or ()), *there]
    waiting = [forecast for forecast in known if forecast["sequence"] not in done]
    return sorted(waiting, key=lambda forecast: forecast["sequence"])


def add_evaluation(
    connection: sa.Connection,
    monitor_arn: str,
    forecast: KeptForecast,
    members: Mapping[str, Any],
) -> None:
    """Record an evaluation; the values of a deleted forecast go, because it is evaluated once."""
    connection.execute(
        sa.insert(monitor_evaluations).values(
            monitor_arn=monitor_arn,
            forecast=forecast["sequence"],
            state=members["EvaluationState"],
            members=dict(members),
            evaluated_at=members["EvaluationTime"],
        )
    )
    if forecast["values"] == forecast["arn"]:
        return
    forecast_store.delete(connection, forecast["values"])
    monitor = catalog.get(connection, monitor_arn)
    if monitor is not None:
        details = MonitorDetails.of(monitor.details)
        kept = [one for one in details.kept or () if one["sequence"] != forecast["sequence"]]
        catalog.update(connection, monitor_arn, details=replace(details, kept=kept))


def history(connection: sa.Connection, monitor: Resource) -> list[str]:
    """ARNs of the monitor and of those that it continues, newest first."""
    arns: list[str] = []
    current: Resource | None = monitor
    while current is not None and current.arn not in arns:
        arns.append(current.arn)
        before = MonitorDetails.of(current.details).continues
        current = None if before is None else catalog.get(connection, before)
    return arns


def newest_evaluation(connection: sa.Connection, monitor: Resource) -> sa.RowMapping | None:
    """The row of the newest evaluation of a monitor and those that it continues, or None."""
    statement = (
        sa.select(monitor_evaluations)
        .where(monitor_evaluations.c.monitor_arn.in_(history(connection, monitor)))
        .order_by(monitor_evaluations.c.sequence.desc())
        .limit(1)
    )
    return connection.execute(statement).mappings().one_or_none()


def forget(connection: sa.Connection, monitor: Resource) -> None:
    """End a monitor that is being deleted; the one that continues it takes over its evaluations."""
    withdraw_work(connection, EVALUATION, monitor.arn)
    newest = catalog.get(connection, monitor.arn) or monitor  # in a tree, forecasts went before it
    details = MonitorDetails.of(newest.details)
    for kept in details.kept or ():
        forecast_store.delete(connection, kept["values"])
    own = monitor_evaluations.c.monitor_arn == monitor.arn
    successor = _successor(connection, monitor.arn)
    if successor is None:
        connection.execute(sa.delete(monitor_evaluations).where(own))
        return
    connection.execute(sa.update(monitor_evaluations).where(own).values(monitor_arn=successor.arn))
    before = MonitorDetails.of(successor.details)
    stored = replace(before, continues=details.continues)
    catalog.update(connection, successor.arn, details=stored)


def _successor(connection: sa.Connection, arn: str) -> Resource | None:
    found = _all(connection)
    return next((one for one in found if MonitorDetails.of(one.details).continues == arn), None)


def _all(connection: sa.Connection) -> Sequence[Resource]:
    statement = sa.select(resources).where(resources.c.type == MONITOR.word)
    return [Resource(**row) for row in connection.execute(statement).mappings()]
