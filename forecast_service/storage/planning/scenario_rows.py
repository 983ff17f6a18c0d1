"""Rows of scenarios: named what-ifs, kept for a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from forecast_service.storage.database import database_now
from forecast_service.storage.limits import Limits
from forecast_service.storage.tables import scenarios, stores

__all__ = ["KEPT_DAYS", "Scenario", "count_of", "delete", "insert", "prune", "read", "read_all"]

KEPT_DAYS = 30
DAY_SECONDS = 86400.0


@dataclass(frozen=True)
class Scenario:
    """A named what-if as it was saved; times are epoch seconds."""

    id: str
    dataset_group: str
    store: str
    item: str | None
    name: str
    note: str | None
    changes: Sequence[dict[str, Any]]
    """In the form of a request."""
    forecast_arn: str
    """The forecast that it was made against."""
    total: dict[str, Any]
    """Baseline and difference when it was saved."""
    made_by: str
    created_at: float

    @property
    def expires_at(self) -> float:
        """When it is deleted."""
        return self.created_at + KEPT_DAYS * DAY_SECONDS


def insert(connection: sa.Connection, scenario: Scenario) -> None:
    """Store a scenario; the database's clock says when."""
    values = {**asdict(scenario), "created_at": database_now()}
    connection.execute(sa.insert(scenarios).values(values))


def read(
    connection: sa.Connection, group: str, scenario_id: str, limits: Limits
) -> Scenario | None:
    """The scenario with this id, if its store is within the limits."""
    found = connection.execute(
        _visible(group, limits).where(scenarios.c.id == scenario_id)
    ).mappings()
    row = found.one_or_none()
    return None if row is None else Scenario(**row)


def read_all(
    connection: sa.Connection,
    group: str,
    limits: Limits,
    *,
    store: str | None,
    item: str | None,
    limit: int,
) -> list[Scenario]:
    """The newest scenarios of a store (or item) or of all, newest first."""
    statement = _visible(group, limits).order_by(scenarios.c.created_at.desc(), scenarios.c.id)
    if store is not None:
        statement = statement.where(scenarios.c.store == store)
    if item is not None:
        statement = statement.where(scenarios.c.item == item)
    return [Scenario(**row) for row in connection.execute(statement.limit(limit)).mappings()]


def count_of(connection: sa.Connection, group: str, store: str) -> int:
    """How many scenarios a store has."""
    statement = sa.select(sa.func.count()).where(
        scenarios.c.dataset_group == group, scenarios.c.store == store, _is_kept()
    )
    return int(connection.execute(statement).scalar_one())


def delete(connection: sa.Connection, scenario_id: str) -> None:
    """Delete a scenario."""
    connection.execute(sa.delete(scenarios).where(scenarios.c.id == scenario_id))


def prune(connection: sa.Connection) -> int:
    """Delete what was kept long enough; return the number."""
    return connection.execute(sa.delete(scenarios).where(sa.not_(_is_kept()))).rowcount


def _is_kept() -> sa.ColumnElement[bool]:
    kept: sa.ColumnElement[bool] = scenarios.c.created_at > database_now() - KEPT_DAYS * DAY_SECONDS
    return kept


def _visible(group: str, limits: Limits) -> sa.Select[Any]:
    """Scenarios of stores within the limits; those of deleted stores are not shown."""
    of_store = sa.and_(
        stores.c.dataset_group == scenarios.c.dataset_group, stores.c.store == scenarios.c.store
    )
    return (
        sa.select(scenarios)
        .join(stores, of_store)
        .where(scenarios.c.dataset_group == group, _is_kept(), limits.condition())
    )
