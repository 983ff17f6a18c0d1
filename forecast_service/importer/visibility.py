"""Visibility: the imports that a caller may see and undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from forecast_service.accounts.caller import Caller
from forecast_service.storage.stores import stores_within
from forecast_service.storage.tables import imports

__all__ = ["MaySee", "everything", "sight_of", "visible_ids"]

MaySee = Callable[[sa.RowMapping], bool]
"""Whether a row of the table of imports may be seen."""

LOOKED_AT = 5000  # newest imports


def everything(_row: sa.RowMapping) -> bool:
    """The sight of a caller without limits."""
    return True


def sight_of(connection: sa.Connection, group: str, caller: Caller | None) -> MaySee:
    """What this caller may see; None is a command.

    Who may see only some stores sees imports of these stores only, and their own before the files
    are read.
    """
    if caller is None or caller.limits.are_none:
        return everything
    visible, name = stores_within(connection, group, caller.limits), caller.name

    def may_see(row: sa.RowMapping) -> bool:
        if row["mode"] == "FULL":
            return False
        touched = row["touched_stores"]
        return row["requested_by"] == name if touched is None else visible.issuperset(touched)

    return may_see


def visible_ids(
    connection: sa.Connection, group: str, may_see: MaySee, limit: int
) -> Sequence[str]:
    """Ids of the newest imports that may be seen."""
    columns = (imports.c.id, imports.c.mode, imports.c.touched_stores, imports.c.requested_by)
    statement = (
        sa.select(*columns)
        .where(imports.c.dataset_group == group)
        .order_by(imports.c.requested_at.desc(), imports.c.id)
        .limit(limit if may_see is everything else LOOKED_AT)
    )
    rows = connection.execute(statement).mappings()
    return [row["id"] for row in rows if may_see(row)][:limit]
