"""Records: writes a finished import to our own tables, in one transaction."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from forecast_service.importer.history import covariates_key, key_columns, sales_key
from forecast_service.importer.merging.earlier_imports import StoreState
from forecast_service.importer.plan import RELATED_PART, TARGET_PART, Plan
from forecast_service.importer.undoing.reversal import changed_rows
from forecast_service.storage import manifest
from forecast_service.storage.database import database_now
from forecast_service.storage.groups import DatasetGroup, record_import
from forecast_service.storage.parquet import StagedFile
from forecast_service.storage.tables import series, stores

__all__ = ["no_covariates", "record"]


def record(
    connection: sa.Connection, group: str, arn: str, plan: Plan, staged: dict[str, StagedFile]
) -> list[dict[str, Any]]:
    """Make an import visible: history, dataset group, stores and series.

    The result are the rows that changed; see ``reversal``.
    """
    _record_history(connection, group, plan, staged)
    _record_group(connection, group, arn, plan)
    return [_record_stores(connection, group, plan), _record_series(connection, group, plan)]


def _record_history(
    connection: sa.Connection, group: str, plan: Plan, staged: dict[str, StagedFile]
) -> None:
    key = key_columns(plan.has_items)
    datasets = {TARGET_PART: sales_key(group), RELATED_PART: covariates_key(group)}
    modes = {part.kind: part.mode for part in plan.parts}
    for part, file in staged.items():
        is_known = part in modes or manifest.newest(connection, datasets[part])
        if is_known:
            kind = "base" if modes.get(part, plan.mode) == "FULL" else "delta"
            manifest.add(connection, datasets[part], kind, file, key=key)


def no_covariates(has_items: bool) -> pa.Table:
    """Covariates of no day: a full import without any replaces the earlier ones by them."""
    types = {"timestamp": pa.timestamp("ms")}
    names = key_columns(has_items)
    return pa.table({n: pa.array([], types.get(n, pa.string())) for n in names})


def _record_group(connection: sa.Connection, group: str, arn: str, plan: Plan) -> None:
    imported = DatasetGroup(
        name=group,
        arn=arn,
        horizon=plan.horizon,
        frequency=plan.frequency,
        covariates=plan.covariates,
        has_items=plan.has_items,
        texts=plan.texts,
        last_sale_on=plan.last_sale_on,
        conventions=plan.conventions,
    )
    record_import(connection, imported)


def _record_stores(connection: sa.Connection, group: str, plan: Plan) -> dict[str, Any]:
    statement = sa.select(stores).where(stores.c.dataset_group == group)
    old = {row.store: row for row in connection.execute(statement)}
    changed = [n for n, store in plan.stores.items() if n not in old or _has_changed(old[n], store)]
    gone = [name for name in old if name not in plan.stores]
    now = connection.execute(sa.select(database_now())).scalar_one()
    _delete(connection, stores, group, stores.c.store, [*gone, *(n for n in changed if n in old)])
    if changed:
        connection.execute(
            sa.insert(stores),
            [
                {
                    "dataset_group": group,
                    "store": name,
                    "imported_at": old[name].imported_at if name in old else now,
                    **_columns(plan.stores[name]),
                }
                for name in changed
            ],
        )
    rows = {name: dict(row._mapping) for name, row in old.items()}
    return changed_rows(stores, rows, [*changed, *gone])


def _record_series(connection: sa.Connection, group: str, plan: Plan) -> dict[str, Any]:
    statement = sa.select(series).where(series.c.dataset_group == group)
    old = {(row.store, row.item): row.last_sale_on for row in connection.execute(statement)}
    new = {(store, item): day for store, item, day in plan.series}
    for store, item in [key for key in old if new.get(key) != old[key]]:
        connection.execute(
            sa.delete(series).where(
                series.c.dataset_group == group, series.c.store == store, series.c.item == item
            )
        )
    rows = [_series_row(group, key, day) for key, day in new.items() if old.get(key) != day]
    if rows:
        connection.execute(sa.insert(series), rows)
    before = {key: _series_row(group, key, day) for key, day in old.items()}
    changed = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    return changed_rows(series, before, changed)


def _series_row(group: str, key: tuple[str, str], day: str) -> dict[str, str]:
    return {"dataset_group": group, "store": key[0], "item": key[1], "last_sale_on": day}


def _has_changed(row: sa.Row[tuple[object, ...]], store: StoreState) -> bool:
    return any(getattr(row, name) != value for name, value in _columns(store).items())


def _columns(store: StoreState) -> dict[str, object]:
    return {
        "region": store.region,
        "attributes": dict(store.attributes),
        "first_sale_on": store.first_sale_on,
        "last_sale_on": store.last_sale_on,
        "days": store.days,
        "assumed_from": store.assumed_from,
        "rest_days": store.rest_days,
        "unusual_days": list(store.unusual_days),
    }


def _delete(
    connection: sa.Connection,
    table: sa.Table,
    group: str,
    column: sa.Column[str],
    names: list[str],
) -> None:
    if names:
        name: sa.BindParameter[str] = sa.bindparam("name")
        statement = sa.delete(table).where(table.c.dataset_group == group, column == name)
        connection.execute(statement, [{"name": value} for value in names])
