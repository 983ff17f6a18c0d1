"""DatasetGroup: what is trained together and which forecast is served; one row each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import sqlalchemy as sa

from forecast_service.storage.database import database_now
from forecast_service.storage.tables import dataset_groups, imports

__all__ = [
    "DatasetGroup",
    "Pointer",
    "Texts",
    "delete_group",
    "group_values",
    "is_loading",
    "lock_group",
    "move_pointer",
    "pointer_statement",
    "raise_runs_version",
    "read_group",
    "record_import",
    "restore_group",
    "served_forecasts",
]

Texts = Mapping[str, Mapping[str, str | None]]
"""Column of texts -> text -> its covariate; None for an ordinary text, all covariates are 0."""


class Pointer(NamedTuple):
    """What answers depend on: with equal pointers, equal questions have equal answers.

    The fields are columns of ``dataset_groups``. Their order is part of every ETag.
    """

    version: int
    runs_version: int
    data_version: int
    current_forecast_arn: str | None


@dataclass(frozen=True)
class DatasetGroup:
    """One dataset group; the defaults are the values after the first import."""

    name: str
    arn: str
    horizon: int
    """Periods."""
    frequency: str
    """The engine's code: ``D``, ``W-FRI`` (weeks that begin on Fridays), ``M``."""
    covariates: tuple[str, ...]
    """Columns of the related time series."""
    has_items: bool
    """True if a series is an item in a store, False if it is a store."""
    texts: Texts | None = None
    """None if an older version made the import: it did not record them."""
    last_sale_on: str | None = None
    data_version: int = 1
    """Grows with each complete import."""
    current_forecast_arn: str | None = None
    """The forecast that is served."""
    version: int = 0
    """Grows with each move of the pointer."""
    runs_version: int = 0
    """Grows when a run ends: decisions that read an older number are made again."""
    trained_after: float | None = None
    """Predictors from before this time (epoch seconds) were made of other data."""
    conventions: Mapping[str, str] | None = None
    """How the values of its files are read: ``date_order``, ``decimal``, ``missing``; ``open`` is
    ``rest_days`` if rest days of stores state it. None: an older version did not record them."""

    @property
    def planned_covariates(self) -> tuple[str, ...]:
        """The covariates that come from files; rest days of stores may state ``open``."""
        by_rest_days = (self.conventions or {}).get("open") == "rest_days"
        return tuple(n for n in self.covariates if not by_rest_days or n != "open")

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Dimensions that identify a series besides ``item_id``."""
        return ("location",) if self.has_items else ()

    @property
    def pointer(self) -> Pointer:
        """The group's pointer at the time the row was read."""
        return Pointer(**{name: getattr(self, name) for name in Pointer._fields})


COLUMNS = tuple(dataset_groups.c[field.name] for field in fields(DatasetGroup))
KIND_COLUMNS = ("horizon", "frequency", "has_items", "covariates")  # what predictors depend on
# Columns that an import changes.
LATER_COLUMNS = ("arn", *KIND_COLUMNS, "texts", "conventions", "last_sale_on")


def read_group(connection: sa.Connection, name: str) -> DatasetGroup | None:
    """Read the dataset group; None before its first import."""
    return _group(connection, _select(name))


def lock_group(connection: sa.Connection, name: str) -> DatasetGroup | None:
    """Read the dataset group and lock it for the transaction; None before its first import."""
    return _group(connection, _select(name).with_for_update())


def record_import(connection: sa.Connection, group: DatasetGroup) -> None:
    """Write the group after an import: all columns the first time, later only ``LATER_COLUMNS``.

    If the kind of the data changes, earlier predictors do not count any more.
    """
    values = _values(group)
    later = {name: values[name] for name in LATER_COLUMNS}
    later |= _trained_after(connection, values)
    data_version = dataset_groups.c.data_version + 1
    if not _change(connection, group.name, **later, data_version=data_version):
        # A group that was emptied by an undo may still have predictors of the earlier data.
        statement = sa.select(imports.c.id).where(
            imports.c.dataset_group == group.name, imports.c.state == "undone"
        )
        is_second = connection.execute(statement.limit(1)).first() is not None
        values["trained_after"] = database_now() if is_second else None
        connection.execute(sa.insert(dataset_groups).values(**values, created_at=database_now()))


def group_values(connection: sa.Connection, name: str) -> dict[str, Any] | None:
    """The columns of the group that an import changes, as JSON; None before its first import."""
    group = read_group(connection, name)
    if group is None:
        return None
    names = ("name", *LATER_COLUMNS)
    values = {key: getattr(group, key) for key in names}
    return {**values, "covariates": list(group.covariates)}


def restore_group(connection: sa.Connection, values: Mapping[str, Any]) -> None:
    """Write the ``group_values`` of an earlier moment, as a new version of the data."""
    columns = {**_with_nulls(values), **_trained_after(connection, values)}
    data_version = dataset_groups.c.data_version + 1
    _change(connection, columns.pop("name"), **columns, data_version=data_version)


def delete_group(connection: sa.Connection, name: str) -> None:
    """Delete the group: there is no import any more."""
    connection.execute(sa.delete(dataset_groups).where(dataset_groups.c.name == name))


def move_pointer(connection: sa.Connection, name: str, forecast_arn: str) -> None:
    """Serve this forecast from now on; all its rows must be stored."""
    version = dataset_groups.c.version + 1
    _change(connection, name, current_forecast_arn=forecast_arn, version=version)


def raise_runs_version(connection: sa.Connection, name: str) -> None:
    """Make decisions that were based on the present runs and pointer invalid."""
    _change(connection, name, runs_version=dataset_groups.c.runs_version + 1)


def pointer_statement(mark: str) -> str:
    """SQL that reads a Pointer by the group's name; ``mark`` is the driver's placeholder."""
    columns = ", ".join(Pointer._fields)
    return f"SELECT {columns} FROM dataset_groups WHERE name = {mark}"  # noqa: S608


def served_forecasts(connection: sa.Connection, *, lock: bool = False) -> set[str]:
    """ARNs of the forecasts that are served; ``lock`` prevents changes of all pointers."""
    # It locks all groups, also those without a forecast, always in one order: no deadlocks.
    statement = sa.select(dataset_groups.c.current_forecast_arn).order_by(dataset_groups.c.name)
    arns = connection.execute(statement.with_for_update() if lock else statement).scalars()
    return {arn for arn in arns if arn is not None}


def is_loading(connection: sa.Connection, group: str) -> bool:
    """Whether an import of the group is loading: perhaps only part of its rows is in."""
    loading = sa.select(imports.c.id).where(
        imports.c.dataset_group == group, imports.c.state == "loading"
    )
    return connection.execute(loading.limit(1)).first() is not None


def _select(name: str) -> sa.Select[Any]:
    return sa.select(*COLUMNS).where(dataset_groups.c.name == name)


def _group(connection: sa.Connection, statement: sa.Select[Any]) -> DatasetGroup | None:
    row = connection.execute(statement).mappings().one_or_none()
    if row is None:
        return None
    return DatasetGroup(**{**row, "covariates": tuple(row["covariates"])})


def _values(group: DatasetGroup) -> dict[str, Any]:
    values = {column.name: getattr(group, column.name) for column in COLUMNS}
    return {**_with_nulls(values), "covariates": list(group.covariates)}


def _with_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with NULL for JSON columns without one, as None would be a JSON ``null``."""
    absent = [name for name in ("texts", "conventions") if values.get(name) is None]
    return {**values, **dict.fromkeys(absent, sa.null())}


def _trained_after(connection: sa.Connection, values: Mapping[str, Any]) -> dict[str, Any]:
    """The changed ``trained_after`` if earlier predictors do not fit the new kind of data.

    A predictor without covariates still fits data that have some.
    """
    old = read_group(connection, values["name"])
    if old is None:
        return {}
    same = all(getattr(old, name) == values[name] for name in KIND_COLUMNS[:3])
    if same and list(old.covariates) in ([], list(values["covariates"])):
        return {}
    return {"trained_after": database_now()}


def _change(connection: sa.Connection, name: str, **columns: Any) -> int:
    statement = sa.update(dataset_groups).where(dataset_groups.c.name == name).values(**columns)
    return connection.execute(statement).rowcount
