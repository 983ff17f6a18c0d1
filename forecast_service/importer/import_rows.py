"""Rows of the table of imports: which are open, which are loaded together, and their values.

Small imports that wait behind each other are loaded as one. The oldest leads: its work is claimed,
and its load contains the rows of all. The others follow: their ``loaded_with`` names it. Each
keeps its own state, report and error.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from forecast_service.common.instants import utc_text
from forecast_service.errors import FieldError, ForecastServiceError, InvalidData, Remedy
from forecast_service.importer.files.text_tables import SENT_ROWS
from forecast_service.storage.database import database_now
from forecast_service.storage.tables import imports
from forecast_service.storage.work import end_work

__all__ = [
    "KIND",
    "OPEN_STATES",
    "end_followers",
    "ended_imports",
    "error_document",
    "followers",
    "gather",
    "has_open_import",
    "import_record",
    "is_other_under_way",
    "lane_of",
    "release",
    "stored_error",
    "update_import",
    "update_imports",
]

KIND = "import"
UNDER_WAY = ("reading", "loading")
OPEN_STATES = ("waiting", *UNDER_WAY)
MAX_IMPORTS = 2000  # in one load


def has_open_import(connection: sa.Connection, group: str) -> bool:
    """Whether an import of the dataset group waits or is under way."""
    statement = sa.select(imports.c.id).where(
        imports.c.dataset_group == group, imports.c.state.in_(OPEN_STATES)
    )
    return connection.execute(statement.limit(1)).first() is not None


def is_other_under_way(connection: sa.Connection, row: sa.RowMapping) -> bool:
    """Whether another import of the dataset group is under way.

    The queue keeps them in order. But on PostgreSQL an older one may appear late, because its time
    is taken before its commit: it lets the others pass then.
    """
    statement = (
        sa.select(imports.c.id)
        .where(imports.c.dataset_group == row["dataset_group"])
        .where(imports.c.id != row["id"], imports.c.state.in_(UNDER_WAY))
        .limit(1)
    )
    return connection.execute(statement).first() is not None


def update_import(connection: sa.Connection, import_id: str, **values: Any) -> None:
    """Change columns of an import."""
    connection.execute(sa.update(imports).where(imports.c.id == import_id).values(**values))


def lane_of(group: str) -> str:
    """The lane of the queue for the imports of a dataset group: they are done in order."""
    return f"{KIND}:{group}"


def gather(connection: sa.Connection, leader: sa.RowMapping) -> int:
    """Let the imports that wait right behind this one be loaded with it; return their number.

    Only rows that were sent as JSON with the same options are loaded together.
    """
    if not _is_small(leader):
        return 0
    waiting = (
        sa.select(imports)
        .where(imports.c.dataset_group == leader["dataset_group"])
        .where(imports.c.state == "waiting", imports.c.id != leader["id"])
        .order_by(imports.c.requested_at, imports.c.id)
        .limit(MAX_IMPORTS - 1)
    )
    rows = connection.execute(waiting).mappings().all()
    alike = [row["id"] for row in takewhile(lambda row: _is_like(row, leader), rows)]
    if alike:
        chosen = sa.update(imports).where(imports.c.id.in_(alike))
        connection.execute(chosen.values(state="reading", loaded_with=leader["id"]))
    return len(alike)


def followers(connection: sa.Connection, leader_id: str) -> Sequence[sa.RowMapping]:
    """The imports under way that are loaded with this one, oldest first."""
    statement = (
        sa.select(imports)
        .where(imports.c.loaded_with == leader_id, imports.c.state.in_(UNDER_WAY))
        .order_by(imports.c.requested_at, imports.c.id)
    )
    return connection.execute(statement).mappings().all()


def release(connection: sa.Connection, leader_id: str, but: Collection[str] = ()) -> None:
    """Let followers that are not loaded yet wait again, ``but`` these."""
    statement = sa.update(imports).where(
        imports.c.loaded_with == leader_id, imports.c.state == "reading"
    )
    statement = statement.where(imports.c.id.not_in(but)) if but else statement
    connection.execute(statement.values(state="waiting", loaded_with=None))


def end_followers(connection: sa.Connection, leader_id: str, **values: Any) -> None:
    """End the imports that were loaded with this one, and their work."""
    ids = [row["id"] for row in followers(connection, leader_id)]
    if ids:
        ended = sa.update(imports).where(imports.c.id.in_(ids))
        connection.execute(ended.values(finished_at=database_now(), **values))
        end_work(connection, KIND, ids)


def ended_imports(
    connection: sa.Connection, names: Sequence[str]
) -> Sequence[tuple[str, str | None]]:
    """Those of these imports that have ended, each with ``loaded_with``."""
    statement = sa.select(imports.c.id, imports.c.loaded_with).where(
        imports.c.id.in_(names), imports.c.state.not_in(OPEN_STATES)
    )
    return [(row.id, row.loaded_with) for row in connection.execute(statement)]


def update_imports(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the same columns of many imports; each row has its ``id``."""
    if rows:
        columns: dict[str, Any] = {
            name: sa.bindparam(f"new_{name}") for name in rows[0] if name != "id"
        }
        statement = sa.update(imports).where(imports.c.id == sa.bindparam("new_id"))
        values = [{f"new_{name}": value for name, value in row.items()} for row in rows]
        connection.execute(statement.values(columns), values)


def _is_small(row: sa.RowMapping) -> bool:
    """Whether an import adds rows that were sent as JSON."""
    names = {role: Path(str(path)).name for role, path in row["files"].items()}
    removes = row["options"].get("empty_sales") == "remove"
    return row["mode"] == "INCREMENTAL" and names == {"sales": SENT_ROWS} and not removes


def _is_like(row: sa.RowMapping, leader: sa.RowMapping) -> bool:
    return _is_small(row) and row["options"] == leader["options"]


def import_record(row: sa.RowMapping) -> dict[str, Any]:
    """An import as JSON values."""
    return {
        "id": row["id"],
        "state": row["state"],
        "mode": row["mode"],
        "files": {role: Path(path).name for role, path in row["files"].items()},
        "options": row["options"],
        "report": row["report"],
        "error": row["error"],
        "requested_by": row["requested_by"],
        "requested_at": utc_text(row["requested_at"]),
        "finished_at": utc_text(row["finished_at"]),
        "loaded_with": row["loaded_with"],
    }


def error_document(error: ForecastServiceError) -> dict[str, Any]:
    """An error as JSON values; ``stored_error`` is the inverse."""
    errors = [{"pointer": field.pointer, "detail": field.detail} for field in error.errors]
    remedy = {} if error.remedy is None else {"remedy": error.remedy.value}
    return {"detail": error.detail, "errors": errors, **remedy}


def stored_error(error: Mapping[str, Any]) -> InvalidData:
    """The error of a failed import, from its stored JSON values."""
    errors = tuple(FieldError(**finding) for finding in error.get("errors", ()))
    remedy = error.get("remedy")
    return InvalidData(
        error["detail"], errors=errors, remedy=None if remedy is None else Remedy(remedy)
    )
