"""What earlier imports left: the dataset group, its stores and, where needed, its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sqlalchemy as sa

from forecast_service.importer.long_rows import LongRows
from forecast_service.storage.groups import DatasetGroup, read_group
from forecast_service.storage.tables import stores

__all__ = ["KnownGroup", "KnownStore", "known_group", "no_rows"]


@dataclass(frozen=True)
class KnownStore:
    """One store as its last import left it; the days are ISO dates."""

    region: str
    attributes: Mapping[str, str]
    first_sale_on: str
    last_sale_on: str
    days: int
    assumed_from: str | None


@dataclass(frozen=True)
class KnownGroup:
    """The dataset group as the last import left it, with its stores and rows."""

    group: DatasetGroup
    stores: Mapping[str, KnownStore]
    sales: LongRows = field(default_factory=lambda: no_rows("target", "stockout"))
    related: LongRows = field(default_factory=lambda: no_rows())


def no_rows(*names: str) -> LongRows:
    """Long rows of nothing, with these columns."""
    none = np.empty(0, dtype=np.int64)
    return LongRows((), none, none, {name: np.empty(0) for name in names})


def known_group(connection: sa.Connection, name: str) -> KnownGroup | None:
    """The dataset group without its rows; None before its first import."""
    group = read_group(connection, name)
    if group is None:
        return None
    statement = sa.select(stores).where(stores.c.dataset_group == name)
    return KnownGroup(group, {row.store: _store(row) for row in connection.execute(statement)})


def _store(row: Any) -> KnownStore:
    return KnownStore(
        row.region, row.attributes, row.first_sale_on, row.last_sale_on, row.days, row.assumed_from
    )
