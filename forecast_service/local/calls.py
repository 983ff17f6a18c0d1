"""One call of an operation, and how operations find and create resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from forecast_service.local import catalog, tags
from forecast_service.local.arns import arn_prefix
from forecast_service.local.catalog import Resource
from forecast_service.local.errors import AlreadyExists, DoesNotExist, InUse
from forecast_service.local.kinds import Kind
from forecast_service.local.resource_details import JobDetails
from forecast_service.settings import Settings
from forecast_service.storage.work import add_work

__all__ = [
    "ACTIVE",
    "CREATE_PENDING",
    "JOB_KIND",
    "Call",
    "Handler",
    "Params",
    "create",
    "refuse_taken",
    "require",
    "require_active",
]

ACTIVE = "ACTIVE"
CREATE_PENDING = "CREATE_PENDING"
JOB_KIND = "resource"  # kind of work in the queue

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """One call of an operation, with its transaction and the settings."""

    operation: str
    connection: sa.Connection
    settings: Settings
    """Region and account in them are those of the caller."""

    def find(self, arn: str) -> Resource | None:
        """The resource with this ARN; None also if another region or account has it."""
        is_own = arn.startswith(arn_prefix(self.settings))
        return catalog.get(self.connection, arn) if is_own else None


Handler = Callable[[Call, Params], dict[str, Any] | None]


def require(call: Call, kind: Kind, arn: str) -> Resource:
    """The resource of this kind with this ARN.

    Raises
    ------
    DoesNotExist
        No resource has the ARN, or it belongs to another kind.
    """
    resource = call.find(arn)
    if resource is None or resource.type != kind.word:
        raise DoesNotExist(
            f"No {kind.noun} exists with the arn: {arn}. List{kind.plural} shows those that exist."
        )
    return resource


def require_active(call: Call, kind: Kind, arn: str) -> Resource:
    """The ACTIVE resource of this kind with this ARN.

    Raises
    ------
    DoesNotExist
        No resource has the ARN, or it belongs to another kind.
    InUse
        The resource has another status.
    """
    resource = require(call, kind, arn)
    if resource.status != ACTIVE:
        raise InUse(
            f"The {kind.noun} '{arn}' is {resource.status}, but {call.operation} needs it "
            f"{ACTIVE}. Wait until it is, or use another one."
        )
    return resource


def create(
    call: Call,
    kind: Kind,
    params: Params,
    *,
    arn: str,
    parent: Resource | None = None,
    dataset_group_arn: str | None = None,
    details: JobDetails | None = None,
) -> dict[str, str]:
    """Add a resource with its tags, queue the work that makes it, and return its ARN.

    Raises
    ------
    AlreadyExists
        Another resource of the kind has the name; for import jobs, one of the same dataset.
    """
    name = params[kind.name_member]
    refuse_taken(call, kind, name, arn)
    catalog.insert(
        call.connection,
        arn=arn,
        type=kind.word,
        name=name,
        status=CREATE_PENDING if kind.is_job else ACTIVE,
        request={key: value for key, value in params.items() if key != "Tags"},
        parent_arn=None if parent is None else parent.arn,
        dataset_group_arn=dataset_group_arn,
        details=details,
    )
    tags.add(call.connection, arn, _tags(params))
    if kind.is_job:
        add_work(call.connection, JOB_KIND, arn)
    return {kind.arn_member: arn}


def refuse_taken(call: Call, kind: Kind, name: str, arn: str) -> None:
    """Refuse a name that another resource has.

    The names of import jobs are unique inside their dataset, so the ARN is enough. The ARN of an
    auto predictor is always new, so the name is looked up, too.
    """
    taken = catalog.get(call.connection, arn)
    if taken is None and not kind.named_in_parent:
        taken = catalog.find(call.connection, kind.word, name, arn_prefix(call.settings))
    if taken is not None:
        raise AlreadyExists(f"A {kind.noun} already exists with the arn: {taken.arn}")


def _tags(params: Params) -> Sequence[Mapping[str, str]]:
    tags: Sequence[Mapping[str, str]] = params.get("Tags", ())
    return tags
