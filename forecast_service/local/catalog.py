"""The catalog: the table with all resources of the local Amazon Forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from forecast_service.local.kinds import FORECAST, PREDICTOR
from forecast_service.local.resource_details import JobDetails, data_details_of
from forecast_service.storage.database import database_now
from forecast_service.storage.tables import resources, tags

__all__ = [
    "Resource",
    "children",
    "delete",
    "find",
    "find_all",
    "get",
    "insert",
    "newest_alike",
    "newest_child",
    "of_group",
    "update",
    "used_snapshots",
]


@dataclass(frozen=True)
class Resource:
    """One resource. ``request`` are the parameters of Create with all defaults.

    ``details`` is the stored column; ``resource_details`` describes its content.
    """

    sequence: int
    arn: str
    type: str  # dataset, dataset-group, dataset-import-job, predictor, forecast, …
    name: str
    parent_arn: str | None
    dataset_group_arn: str | None
    status: str
    message: str | None
    request: dict[str, Any]
    details: dict[str, Any]
    progress: float | None
    progress_note: str | None
    created_at: float
    modified_at: float


def insert(
    connection: sa.Connection,
    *,
    arn: str,
    type: str,
    name: str,
    status: str,
    request: Mapping[str, Any],
    parent_arn: str | None = None,
    dataset_group_arn: str | None = None,
    details: JobDetails | None = None,
) -> None:
    """Add a resource; raises IntegrityError if the ARN exists."""
    connection.execute(
        sa.insert(resources).values(
            arn=arn,
            type=type,
            name=name,
            parent_arn=parent_arn,
            dataset_group_arn=dataset_group_arn,
            status=status,
            request=dict(request),
            details={} if details is None else details.stored(),
            created_at=database_now(),
            modified_at=database_now(),
        )
    )


def get(connection: sa.Connection, arn: str) -> Resource | None:
    """The resource with this ARN, or None."""
    return _one(connection, sa.select(resources).where(resources.c.arn == arn))


def find(connection: sa.Connection, type: str, name: str, prefix: str) -> Resource | None:
    """The newest resource of a type with this name whose ARN begins so, or None."""
    statement = (
        sa.select(resources)
        .where(*_named(type, name, prefix))
        .order_by(resources.c.sequence.desc())
        .limit(1)
    )
    return _one(connection, statement)


def find_all(connection: sa.Connection, type: str, name: str, prefix: str) -> list[Resource]:
    """All of them, oldest first; import jobs can share a name."""
    statement = (
        sa.select(resources).where(*_named(type, name, prefix)).order_by(resources.c.sequence)
    )
    return [Resource(**row) for row in connection.execute(statement).mappings()]


def children(connection: sa.Connection, arn: str) -> list[Resource]:
    """The resources directly below this one, oldest first."""
    statement = (
        sa.select(resources).where(resources.c.parent_arn == arn).order_by(resources.c.sequence)
    )
    return [Resource(**row) for row in connection.execute(statement).mappings()]


def newest_child(connection: sa.Connection, arn: str, status: str) -> Resource | None:
    """The newest resource directly below this one with this status, or None."""
    statement = (
        sa.select(resources)
        .where(resources.c.parent_arn == arn, resources.c.status == status)
        .order_by(resources.c.sequence.desc())
        .limit(1)
    )
    return _one(connection, statement)


def newest_alike(connection: sa.Connection, resource: Resource, count: int) -> list[Resource]:
    """The newest ACTIVE resources of the same type with the same parent (or dataset group)."""
    same = resources.c.type == resource.type, resources.c.status == "ACTIVE"
    place = (
        resources.c.dataset_group_arn == resource.dataset_group_arn
        if resource.dataset_group_arn is not None
        else resources.c.parent_arn == resource.parent_arn
    )
    statement = (
        sa.select(resources).where(*same, place).order_by(resources.c.sequence.desc()).limit(count)
    )
    return [Resource(**row) for row in connection.execute(statement).mappings()]


def of_group(
    connection: sa.Connection, dataset_group_arn: str, type: str | None = None
) -> list[Resource]:
    """The resources of a dataset group, oldest first."""
    statement = sa.select(resources).where(resources.c.dataset_group_arn == dataset_group_arn)
    if type is not None:
        statement = statement.where(resources.c.type == type)
    statement = statement.order_by(resources.c.sequence)
    return [Resource(**row) for row in connection.execute(statement).mappings()]


def update(
    connection: sa.Connection, arn: str, *, details: JobDetails | None = None, **columns: Any
) -> None:
    """Change columns of a resource and set ``modified_at`` by the clock of the database."""
    if details is not None:
        columns["details"] = details.stored()
    connection.execute(
        sa.update(resources)
        .where(resources.c.arn == arn)
        .values(modified_at=database_now(), **columns)
    )


def delete(connection: sa.Connection, arn: str) -> None:
    """Remove a resource and its tags."""
    connection.execute(sa.delete(tags).where(tags.c.arn == arn))
    connection.execute(sa.delete(resources).where(resources.c.arn == arn))


def used_snapshots(connection: sa.Connection) -> set[tuple[str, int]]:
    """Dataset ARN and version of every snapshot that a predictor or a forecast was made from."""
    statement = sa.select(resources.c.type, resources.c.details).where(
        resources.c.type.in_([PREDICTOR.word, FORECAST.word])
    )
    rows = connection.execute(statement)
    used = (data_details_of(word, stored).snapshot or {} for word, stored in rows)
    return {version for snapshot in used for version in snapshot.items()}


def _named(type: str, name: str, prefix: str) -> tuple[sa.ColumnElement[bool], ...]:
    columns = resources.c
    is_own = columns.arn.startswith(prefix, autoescape=True)
    return columns.type == type, columns.name == name, is_own


def _one(connection: sa.Connection, statement: sa.Select[Any]) -> Resource | None:
    row = connection.execute(statement).mappings().one_or_none()
    return None if row is None else Resource(**row)
