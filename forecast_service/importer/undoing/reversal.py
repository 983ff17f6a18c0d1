"""Reversal: what an import changes in our own tables, and how that is taken back.

An import keeps in ``imports.before`` what it found: versions of the data, the row of the dataset
group, and the rows of stores and series that it changes. The data themselves are not copied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from forecast_service.details import Details
from forecast_service.errors import Conflict, NotFound, NotOffered, Remedy
from forecast_service.importer.history import covariates_key, sales_key
from forecast_service.importer.import_rows import has_open_import
from forecast_service.importer.visibility import MaySee, everything
from forecast_service.runs.run import OPEN_STATES
from forecast_service.storage import manifest
from forecast_service.storage.database import database_now
from forecast_service.storage.groups import delete_group, group_values, restore_group
from forecast_service.storage.tables import imports, series, stores, training_runs

__all__ = [
    "changed_rows",
    "clear",
    "data_before",
    "keep_changes",
    "load_to_undo",
    "take_back",
    "versions_to_undo",
]

UNDO_SECONDS = 7 * 86_400.0  # an import can be undone for so long


def data_before(connection: sa.Connection, details: Details, group: str) -> dict[str, Any] | None:
    """The data before an import loads; None if the backend cannot come back to them."""
    backend = details.data_state(connection, group)
    if backend is None:
        return None
    own = {key: manifest.newest(connection, key) for key in _own_data(group)}
    return {"backend": backend, "own": own, "group": group_values(connection, group)}


def changed_rows(
    table: sa.Table, old: Mapping[Any, Mapping[str, Any]], changed: Sequence[Any]
) -> dict[str, Any]:
    """The rows of a table that an import changes: those before, and the keys of new ones."""
    keys = [key for key in changed if key not in old]
    return {
        "table": table.name,
        "rows": [dict(old[key]) for key in changed if key in old],
        "new": [list(key) if isinstance(key, tuple) else [key] for key in keys],
    }


def keep_changes(
    connection: sa.Connection, import_id: str, changes: Sequence[Mapping[str, Any]]
) -> None:
    """Complete what an import keeps to be undone, and drop what old ones of its group kept."""
    statement = sa.select(imports.c.dataset_group, imports.c.before).where(
        imports.c.id == import_id
    )
    row = connection.execute(statement).one()
    if row.before is None:
        return
    before = {**row.before, "rows": list(changes)}
    this = imports.c.id == import_id
    connection.execute(sa.update(imports).where(this).values(before=before))
    old = sa.and_(
        imports.c.dataset_group == row.dataset_group,
        imports.c.finished_at < database_now() - UNDO_SECONDS,
    )
    connection.execute(sa.update(imports).where(old).values(before=sa.null()))


def versions_to_undo(connection: sa.Connection) -> set[tuple[str, int]]:
    """Dataset and version of all rows that an undo may bring back."""
    statement = sa.select(imports.c.before).where(
        imports.c.state == "done", imports.c.before.is_not(None)
    )
    kept: set[tuple[str, int]] = set()
    for before in connection.execute(statement).scalars():
        kept |= {*before["own"].items(), *before["backend"]["datasets"].items()}
    return {(dataset, version) for dataset, version in kept if version}


def take_back(
    connection: sa.Connection,
    details: Details,
    group: str,
    import_id: str | None,
    *,
    together: bool = False,
    may_see: MaySee = everything,
) -> str:
    """Take back a finished import, by default the newest, and return its id.

    ``together`` allows that the imports that were loaded with it are taken back, too. To the
    caller, imports that they may not see do not exist.

    Raises
    ------
    NotFound
        There is no such import.
    Conflict
        A later import stands on it, one is under way, or others were loaded with it.
    NotOffered
        The backend cannot remove rows.
    """
    load = load_to_undo(connection, details, group, import_id, may_see, together=together)
    before = load[-1]["before"]
    details.restore_data(connection, group, before["backend"])
    for dataset, version in before["own"].items():
        manifest.restore(connection, dataset, version)
    for changes in before["rows"]:
        _restore_rows(connection, group, changes)
    if before["group"] is None:
        delete_group(connection, group)
    else:
        restore_group(connection, before["group"])
    undone = sa.update(imports).where(imports.c.id.in_([row["id"] for row in load]))
    connection.execute(undone.values(state="undone", finished_at=database_now()))
    return import_id or str(load[0]["id"])


def clear(connection: sa.Connection, details: Details, group: str) -> None:
    """Take back all imports of a dataset group at once.

    Raises
    ------
    Conflict
        An import or a training run is under way.
    NotOffered
        The backend cannot remove rows.
    """
    _refuse_backend(details)
    if has_open_import(connection, group):
        raise Conflict("An import is under way, so the data cannot be deleted now. Try again.")
    _refuse_open_run(connection, group)
    details.restore_data(connection, group, {"datasets": {}})
    for dataset in _own_data(group):
        manifest.restore(connection, dataset, 0)
    for table in (stores, series):
        connection.execute(sa.delete(table).where(table.c.dataset_group == group))
    delete_group(connection, group)
    ended = sa.update(imports).where(imports.c.dataset_group == group, imports.c.state == "done")
    connection.execute(ended.values(state="undone", before=sa.null()))


def _refuse_backend(details: Details) -> None:
    if not details.undoes_imports:
        raise NotOffered(
            "This installation forecasts with Amazon Forecast, which cannot remove the rows of an "
            "import. Import all sales again, without the wrong ones."
        )


def _own_data(group: str) -> tuple[str, str]:
    return sales_key(group), covariates_key(group)


def load_to_undo(
    connection: sa.Connection,
    details: Details,
    group: str,
    import_id: str | None,
    may_see: MaySee,
    *,
    together: bool,
) -> list[sa.RowMapping]:
    """The last import that counts, with those of its load, newest first; the last one led.

    ``take_back`` has the errors.
    """
    _refuse_backend(details)
    statement = (
        sa.select(imports)
        .where(imports.c.dataset_group == group, imports.c.state.not_in(("failed", "undone")))
        .order_by(imports.c.requested_at.desc(), imports.c.id.desc())
    )
    rows = connection.execute(statement).mappings().all()
    wanted = [row for row in rows if import_id in (None, row["id"]) and may_see(row)]
    if not wanted:
        _refuse_absent(connection, import_id, may_see)
    if rows[0]["state"] != "done":
        raise Conflict(
            f"Import '{rows[0]['id']}' is under way, so nothing can be undone now. Try again "
            "when it has ended."
        )
    row = wanted[0]
    if _leader_of(row) != _leader_of(rows[0]):
        raise Conflict(
            f"Import '{row['id']}' cannot be undone now: import '{rows[0]['id']}' came later. "
            "Undo the later one first."
        )
    load = [each for each in rows if _leader_of(each) == _leader_of(row)]
    if load[-1]["before"] is None:
        raise Conflict(
            f"Import '{row['id']}' cannot be undone: an older version of the service made it, or "
            "it is more than 7 days old. Import all sales again, without the wrong ones."
        )
    if not all(map(may_see, load)):
        raise Conflict(
            f"Import '{row['id']}' was loaded together with imports of other stores, which would "
            "be undone, too. To correct it, send its right rows."
        )
    if len(load) > 1 and not together:
        _refuse_load(row, len(load) - 1)
    if load[-1]["before"]["group"] is None:
        _refuse_open_run(connection, group)
    return load


def _leader_of(row: sa.RowMapping) -> str:
    return str(row["loaded_with"] or row["id"])


def _refuse_load(row: sa.RowMapping, others: int) -> None:
    imports = "1 other import" if others == 1 else f"{others:,} other imports"
    raise Conflict(
        f"Import '{row['id']}' was loaded together with {imports}, because they waited at the same "
        "time. Only all of them can be undone. To correct this one alone, send its right rows.",
        remedy=Remedy.UNDO_TOGETHER,
    )


def _refuse_absent(connection: sa.Connection, import_id: str | None, may_see: MaySee) -> None:
    if import_id is None:
        raise NotFound("There is no import to undo.")
    statement = sa.select(imports).where(imports.c.id == import_id)
    row = connection.execute(statement).mappings().one_or_none()
    if row is None or not may_see(row):
        raise NotFound(f"Import '{import_id}' does not exist.", remedy=Remedy.LIST_IMPORTS)
    why = "was undone already" if row["state"] == "undone" else "failed, so nothing of it is in use"
    raise Conflict(f"Import '{import_id}' {why}.")


def _refuse_open_run(connection: sa.Connection, group: str) -> None:
    statement = sa.select(training_runs.c.id).where(
        training_runs.c.dataset_group == group, training_runs.c.state.in_(OPEN_STATES)
    )
    run = connection.execute(statement.limit(1)).scalar_one_or_none()
    if run is not None:
        raise Conflict(
            f"Training run '{run}' uses these data, and none would be left. Wait for its end, or "
            "cancel it."
        )


def _restore_rows(connection: sa.Connection, group: str, changes: Mapping[str, Any]) -> None:
    table = {stores.name: stores, series.name: series}[changes["table"]]
    names = [column.name for column in table.primary_key if column.name != "dataset_group"]
    old = [[row[name] for name in names] for row in changes["rows"]]
    matches = [table.c[name] == sa.bindparam(f"key_{name}") for name in names]
    statement = sa.delete(table).where(table.c.dataset_group == group, *matches)
    keys = [
        {f"key_{name}": value for name, value in zip(names, key, strict=True)}
        for key in (*changes["new"], *old)
    ]
    if keys:
        connection.execute(statement, keys)
    if changes["rows"]:
        connection.execute(sa.insert(table), changes["rows"])
