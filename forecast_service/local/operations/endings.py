"""How resources end: deletion, deletion of a whole tree, and stopping what is being made."""

from __future__ import annotations

from collections.abc import Iterator

from forecast_service.local import catalog, descriptions
from forecast_service.local.calls import ACTIVE, JOB_KIND, Call, Params, require
from forecast_service.local.catalog import Resource
from forecast_service.local.errors import DoesNotExist, InUse, InvalidInput
from forecast_service.local.kinds import DATASET, FORECAST, Kind, kind_of
from forecast_service.storage import forecast_store
from forecast_service.storage.groups import served_forecasts
from forecast_service.storage.queue import Queue
from forecast_service.storage.snapshots import SnapshotStore

__all__ = ["delete", "delete_tree", "require_any", "stop"]

# Amazon names the first two; a stopped resource would otherwise stay for ever.
DELETABLE = (ACTIVE, "CREATE_FAILED", "CREATE_STOPPED")
RUNNING = ("CREATE_PENDING", "CREATE_IN_PROGRESS")
STOPPED = ("CREATE_STOPPING", "CREATE_STOPPED")


def require_any(call: Call, arn: str) -> Resource:
    """The resource with this ARN, whatever its kind; DoesNotExist otherwise."""
    resource = catalog.get(call.connection, arn)
    if resource is None:
        raise DoesNotExist(f"No resource exists with the arn: {arn}. List operations name them.")
    return resource


def delete(kind: Kind, call: Call, params: Params) -> None:
    """Delete one resource, at once. InUse while it has children, is busy or is being served."""
    resource = require(call, kind, params[kind.arn_member])
    status = resource.status
    if kind is DATASET:
        status, _ = descriptions.dataset_state(call.connection, resource)
    if status not in DELETABLE:
        raise InUse(
            f"The {kind.noun} '{resource.arn}' is {status}; it can be deleted when it is "
            f"{' or '.join(DELETABLE)}. Wait, or stop it with StopResource."
        )
    children = catalog.children(call.connection, resource.arn)
    if children:
        below = f"{len(children)} resources" if len(children) > 1 else "1 resource"
        raise InUse(
            f"The {kind.noun} '{resource.arn}' has {below} below it, such as "
            f"'{children[-1].arn}'. Delete what is below it first, or all at once with "
            "DeleteResourceTree."
        )
    _refuse_served(call, [resource])
    _remove(call, resource)


def delete_tree(call: Call, params: Params) -> None:
    """DeleteResourceTree: a resource and everything below it; what is running is stopped."""
    tree = list(_tree(call, require_any(call, params["ResourceArn"])))
    _refuse_served(call, tree)
    for resource in reversed(tree):
        Queue.withdraw(call.connection, JOB_KIND, resource.arn)
        _remove(call, resource)


def stop(call: Call, params: Params) -> None:
    """StopResource: a waiting job is stopped at once, a running one when its worker sees it.

    A resource that is ready stops what is being made below it.
    """
    resource = require_any(call, params["ResourceArn"])
    kind = kind_of(resource.type)
    if not kind.is_job:
        raise InvalidInput(
            f"'{resource.arn}' is a {kind.noun}, which cannot be stopped. Import jobs, predictors "
            "and forecasts can."
        )
    running = [entry for entry in _tree(call, resource) if entry.status in RUNNING]
    if not running and resource.status not in STOPPED:
        raise InvalidInput(
            f"The {kind.noun} '{resource.arn}' is {resource.status}: nothing is running that could "
            "be stopped. Use a Delete operation to remove it."
        )
    for entry in running:
        _stop(call, entry)


def _stop(call: Call, resource: Resource) -> None:
    before = Queue.request_cancel(call.connection, JOB_KIND, resource.arn)
    if before is not None:
        status = "CREATE_STOPPED" if before == "waiting" else "CREATE_STOPPING"
        catalog.update(call.connection, resource.arn, status=status)


def _tree(call: Call, resource: Resource) -> Iterator[Resource]:
    """The resource and all below it, parents first."""
    yield resource
    for child in catalog.children(call.connection, resource.arn):
        yield from _tree(call, child)


def _refuse_served(call: Call, leaving: list[Resource]) -> None:
    arns = {entry.arn for entry in leaving if entry.type == FORECAST.word}
    # Locked, so that no run or rollback makes one of them current until they are gone.
    current = served_forecasts(call.connection, lock=True)
    served = next((arn for arn in current if arn in arns), None)
    if served is not None:
        raise InUse(
            f"The forecast '{served}' is the one that is being served. Train again or make another "
            "forecast current, then delete it."
        )


def _remove(call: Call, resource: Resource) -> None:
    """Remove the row, and the rows of other tables that nothing else can reach."""
    if resource.type == FORECAST.word:
        forecast_store.delete(call.connection, resource.arn)
    if resource.type == DATASET.word:
        SnapshotStore.delete(call.connection, resource.arn)
    catalog.delete(call.connection, resource.arn)
