"""Rows of the table of imports: which are open, which comes first, and their changes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from forecast_service.storage.tables import imports

__all__ = ["OPEN_STATES", "has_earlier", "has_open_import", "update_import"]

UNDER_WAY = ("reading", "loading")
OPEN_STATES = ("waiting", *UNDER_WAY)


def has_open_import(connection: sa.Connection, group: str) -> bool:
    """Whether an import of the dataset group waits or is under way."""
    statement = sa.select(imports.c.id).where(
        imports.c.dataset_group == group, imports.c.state.in_(OPEN_STATES)
    )
    return connection.execute(statement.limit(1)).first() is not None


def has_earlier(connection: sa.Connection, row: sa.RowMapping) -> bool:
    """Whether another import of the dataset group is under way, or an older one waits.

    Imports are done in order, one at a time. On PostgreSQL an older one may appear late, because
    its time is taken before its commit.
    """
    older = sa.or_(
        imports.c.requested_at < row["requested_at"],
        sa.and_(imports.c.requested_at == row["requested_at"], imports.c.id < row["id"]),
    )
    statement = (
        sa.select(imports.c.id)
        .where(imports.c.dataset_group == row["dataset_group"])
        .where(imports.c.id != row["id"])
        .where(sa.or_(imports.c.state.in_(UNDER_WAY), imports.c.state.in_(OPEN_STATES) & older))
        .limit(1)
    )
    return connection.execute(statement).first() is not None


def update_import(connection: sa.Connection, import_id: str, **values: Any) -> None:
    """Change columns of an import."""
    connection.execute(sa.update(imports).where(imports.c.id == import_id).values(**values))
