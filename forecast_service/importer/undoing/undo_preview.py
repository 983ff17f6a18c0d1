"""Undo preview: what taking back an import would bring back, before it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from forecast_service.details import Details
from forecast_service.importer.undoing.reversal import load_to_undo
from forecast_service.importer.visibility import MaySee, everything
from forecast_service.storage.groups import group_values
from forecast_service.storage.limits import UNLIMITED, Limits
from forecast_service.storage.tables import stores

__all__ = ["undo_preview"]


def undo_preview(
    connection: sa.Connection,
    details: Details,
    group: str,
    import_id: str,
    *,
    may_see: MaySee = everything,
    limits: Limits = UNLIMITED,
) -> dict[str, Any]:
    """What taking back an import, with those of its load, would bring back: before and after.

    Stores outside the ``limits`` are not counted.

    Raises
    ------
    NotFound, Conflict, NotOffered
        As ``take_back``.
    """
    load = load_to_undo(connection, details, group, import_id, may_see, together=True)
    before = load[-1]["before"]
    old_group, new_group = before["group"] or {}, group_values(connection, group) or {}
    new = _days_by_store(connection, group, limits)
    old = _days_before(new, before["rows"], limits)
    return {
        "imports": [row["id"] for row in load],
        "now": _extent(new, new_group),
        "after": _extent(old, old_group),
        "stores_removed": len(set(new) - set(old)),
        "stores_back": len(set(old) - set(new)),
    }


def _days_by_store(connection: sa.Connection, group: str, limits: Limits) -> dict[str, int]:
    statement = sa.select(stores.c.store, stores.c.days).where(
        stores.c.dataset_group == group, limits.condition()
    )
    return {row.store: row.days for row in connection.execute(statement)}


def _days_before(
    days: Mapping[str, int], kept: Sequence[Mapping[str, Any]], limits: Limits
) -> dict[str, int]:
    """Days of sales by store, with what an import changed put back."""
    earlier = dict(days)
    for changes in (each for each in kept if each["table"] == stores.name):
        for key in changes["new"]:
            earlier.pop(key[-1], None)
        rows = [row for row in changes["rows"] if limits.allow(row["store"], row["region"])]
        earlier |= {row["store"]: row["days"] for row in rows}
    return earlier


def _extent(days: Mapping[str, int], group: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "stores": len(days),
        "days": sum(days.values()),
        "last_sale_on": group.get("last_sale_on"),
    }
