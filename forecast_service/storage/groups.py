"""GroupConfig: how the series of one dataset group are trained; and whether its data are whole."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from forecast_service.storage.tables import dataset_groups, imports

__all__ = ["GroupConfig", "is_loading", "read_group", "served_forecasts"]


@dataclass(frozen=True)
class GroupConfig:
    """What a Trainer and a Forecaster must know of a dataset group."""

    name: str
    arn: str
    horizon: int
    """Periods."""
    frequency: str
    """Code of the engine: ``D``, ``W-FRI`` (weeks that begin on Fridays), ``M``."""
    covariates: tuple[str, ...]
    """Columns of the related time series."""
    has_items: bool
    """Whether a series is an item in a store; else it is a store."""

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What tells series apart besides ``item_id``."""
        return ("location",) if self.has_items else ()


def read_group(connection: sa.Connection, name: str) -> GroupConfig | None:
    """The configuration of a dataset group; None before its first import."""
    statement = sa.select(dataset_groups).where(dataset_groups.c.name == name)
    row = connection.execute(statement).mappings().one_or_none()
    if row is None:
        return None
    return GroupConfig(
        name=row["name"],
        arn=row["arn"],
        horizon=row["horizon"],
        frequency=row["frequency"],
        covariates=tuple(row["covariates"]),
        has_items=row["has_items"],
    )


def served_forecasts(connection: sa.Connection, *, lock: bool = False) -> list[str]:
    """ARNs of the forecasts that are current; ``lock`` keeps every pointer where it is."""
    current = dataset_groups.c.current_forecast_arn
    statement = sa.select(current).order_by(dataset_groups.c.name)
    arns = connection.execute(statement.with_for_update() if lock else statement).scalars()
    return [arn for arn in arns if arn is not None]


def is_loading(connection: sa.Connection, group: str) -> bool:
    """Whether an import of the group has loaded one part of its rows and perhaps not the other."""
    loading = sa.select(imports.c.id).where(
        imports.c.dataset_group == group, imports.c.state == "loading"
    )
    return connection.execute(loading.limit(1)).first() is not None
