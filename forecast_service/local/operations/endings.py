"""Deleting one resource or a whole tree, and stopping jobs."""

from __future__ import annotations

from collections.abc import Iterator

from forecast_service.local import catalog, descriptions
from forecast_service.local.calls import ACTIVE, JOB_KIND, Call, Params, require
from forecast_service.local.catalog import Resource
from forecast_service.local.errors import DoesNotExist, InUse, InvalidInput
from forecast_service.local.kinds import (
    DATASET,
    EXPLAINABILITY,
    FORECAST,
    MONITOR,
    WHAT_IF_EXPORT,
    WHAT_IF_FORECAST,
    Kind,
    kind_of,
)
from forecast_service.local.operations.insights.dependents import follow
from forecast_service.local.operations.insights.evaluated import forget, keep_values
from forecast_service.local.operations.insights.monitors import STOPPED, stop_monitor
from forecast_service.storage import forecast_store, manifest
from forecast_service.storage.groups import served_forecasts
from forecast_service.storage.work import cancel_work, withdraw_work

__all__ = ["delete", "delete_tree", "require_any", "stop"]

# Amazon allows only the first two; without the third, a stopped resource would stay for ever.
DELETABLE = (ACTIVE, "CREATE_FAILED", "CREATE_STOPPED")
RUNNING = ("CREATE_PENDING", "CREATE_IN_PROGRESS")
# Kinds with rows in the store of forecasts.
WITH_VALUES = (FORECAST.word, WHAT_IF_FORECAST.word, EXPLAINABILITY.word)


def require_any(call: Call, arn: str) -> Resource:
    """The resource of any kind with this ARN; raises DoesNotExist if there is none."""
    resource = call.find(arn)
    if resource is None:
        raise DoesNotExist(
            f"No resource exists with the arn: {arn}. List operations show those that exist."
        )
    return resource


def delete(kind: Kind, call: Call, params: Params) -> None:
    """Delete one resource at once; raises InUse if it has children, is busy or is served."""
    resource = require(call, kind, params[kind.arn_member])
    status = resource.status
    if kind is DATASET:
        status, _ = descriptions.dataset_state(call.connection, resource)
    deletable = (*DELETABLE, STOPPED) if kind is MONITOR else DELETABLE
    if status not in deletable:
        raise InUse(
            f"The {kind.noun} '{resource.arn}' is {status}; it can be deleted when it is "
            f"{' or '.join(deletable)}. Wait, or stop it with StopResource."
        )
    children = catalog.children(call.connection, resource.arn)
    if children:
        count = f"{len(children)} resources" if len(children) > 1 else "1 resource"
        raise InUse(
            f"The {kind.noun} '{resource.arn}' has {count} below it, such as "
            f"'{children[-1].arn}'. Delete these first, or everything with "
            "DeleteResourceTree."
        )
    _refuse_served(call, [resource])
    _refuse_exported(call, resource)
    _delete_rows(call, resource)


def delete_tree(call: Call, params: Params) -> None:
    """DeleteResourceTree: deletes a resource and everything below it, and stops its jobs."""
    tree = list(_tree(call, require_any(call, params["ResourceArn"])))
    _refuse_served(call, tree)
    for resource in reversed(tree):
        withdraw_work(call.connection, JOB_KIND, resource.arn)
        _delete_rows(call, resource)


def stop(call: Call, params: Params) -> None:
    """StopResource: stops a waiting job at once, and a running one when its worker notices.

    It stops the jobs below a resource, too. One that has ended keeps its status: a job may always
    end between the decision to stop it and the call.
    """
    resource = require_any(call, params["ResourceArn"])
    kind = kind_of(resource.type)
    if kind is MONITOR:
        stop_monitor(call, resource)
        return
    if not kind.is_job:
        raise InvalidInput(
            f"'{resource.arn}' is a {kind.noun}, which cannot be stopped. Jobs such as imports, "
            "predictors, forecasts and exports can, and monitors."
        )
    for entry in list(_tree(call, resource)):
        if entry.status in RUNNING:
            _stop(call, entry)


def _stop(call: Call, resource: Resource) -> None:
    before = cancel_work(call.connection, JOB_KIND, resource.arn)
    if before is not None:
        status = "CREATE_STOPPED" if before == "waiting" else "CREATE_STOPPING"
        catalog.update(call.connection, resource.arn, status=status)
        if before == "waiting":
            follow(call.connection, resource.arn, status)


def _tree(call: Call, resource: Resource) -> Iterator[Resource]:
    """The resource and all below it, parents first."""
    yield resource
    for child in catalog.children(call.connection, resource.arn):
        yield from _tree(call, child)


def _refuse_served(call: Call, resources: list[Resource]) -> None:
    arns = {entry.arn for entry in resources if entry.type == FORECAST.word}
    # The lock keeps a run or a rollback from making one of them current before they are deleted.
    current = served_forecasts(call.connection, lock=True)
    served = next((arn for arn in current if arn in arns), None)
    if served is not None:
        raise InUse(
            f"The forecast '{served}' is being served. Train again or make another forecast "
            "current, then delete it."
        )


def _refuse_exported(call: Call, resource: Resource) -> None:
    """Refuse to delete a what-if forecast that is being exported."""
    if resource.type != WHAT_IF_FORECAST.word:
        return
    for export in catalog.children(call.connection, str(resource.parent_arn)):
        is_export = export.type == WHAT_IF_EXPORT.word and export.status in RUNNING
        if is_export and resource.arn in export.request["WhatIfForecastArns"]:
            raise InUse(
                f"The what-if forecast '{resource.arn}' is being exported by '{export.arn}'. Wait "
                "until the export has ended, or stop it with StopResource."
            )


def _delete_rows(call: Call, resource: Resource) -> None:
    """Delete the resource, and its rows in other tables."""
    if resource.type == FORECAST.word:
        keep_values(call.connection, resource)
    if resource.type == MONITOR.word:
        forget(call.connection, resource)
    if resource.type in WITH_VALUES:
        forecast_store.delete(call.connection, resource.arn)
    if resource.type == DATASET.word:
        manifest.delete(call.connection, resource.arn)
    catalog.delete(call.connection, resource.arn)
