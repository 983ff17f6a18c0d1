"""Earlier imports: the dataset group, its stores and, where needed, its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sqlalchemy as sa

from forecast_service.importer.long_rows import LongRows
from forecast_service.storage.groups import DatasetGroup, read_group
from forecast_service.storage.tables import stores

__all__ = ["EarlierImports", "StoreState", "no_rows", "read_earlier_imports"]


@dataclass(frozen=True)
class StoreState:
    """What is recorded of one store; the days are ISO dates."""

    region: str
    attributes: Mapping[str, str]
    first_sale_on: str
    last_sale_on: str
    days: int
    """Days with a known sale."""
    assumed_from: str | None
    """First day whose covariates a rule fills; None if files cover the horizon."""
    rest_days: str | None = None
    """Weekdays on which it never sold and counts as closed, such as ``SAT,SUN``."""
    unusual_days: Sequence[Mapping[str, Any]] = ()
    """Some days with unusual sales, the newest first: item, date, sales, usual."""


@dataclass(frozen=True)
class EarlierImports:
    """The dataset group after the last import, with its stores and rows."""

    group: DatasetGroup
    stores: Mapping[str, StoreState]
    sales: LongRows = field(default_factory=lambda: no_rows("target", "stockout"))
    related: LongRows = field(default_factory=lambda: no_rows())


def no_rows(*names: str) -> LongRows:
    """Long rows without any row, with these columns."""
    none = np.empty(0, dtype=np.int64)
    return LongRows((), none, none, {name: np.empty(0) for name in names})


def read_earlier_imports(connection: sa.Connection, name: str) -> EarlierImports | None:
    """The dataset group without its rows; None before its first import."""
    group = read_group(connection, name)
    if group is None:
        return None
    statement = sa.select(stores).where(stores.c.dataset_group == name)
    return EarlierImports(group, {row.store: _store(row) for row in connection.execute(statement)})


def _store(row: Any) -> StoreState:
    return StoreState(
        row.region,
        row.attributes,
        row.first_sale_on,
        row.last_sale_on,
        row.days,
        row.assumed_from,
        row.rest_days,
        row.unusual_days or (),
    )
