"""Every import can be undone, the newest first: data, dataset group, stores and series go back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from forecast_service.errors import Conflict, NotFound
from forecast_service.importer.history import sales_key
from forecast_service.importer.undoing.reversal import versions_to_undo
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.tables import dataset_groups, series, stores

from .rows import HEADER, cells, csv_text, daily, day

CHANGING = {"data_version", "version", "runs_version", "created_at"}


@pytest.fixture
def state(database, settings, session, imports):
    """Reads all that an import may change: data, dataset group, stores, series and history."""

    def read():
        with database.read() as connection:
            tables = {
                table.name: sorted(map(str, connection.execute(sa.select(table)).all()))
                for table in (stores, series)
            }
            group = connection.execute(sa.select(dataset_groups)).mappings().one_or_none()
        store = SnapshotStore(database, settings.home)
        data = {name: store.read(name).to_pylist() for name in store.datasets()}
        group = {k: v for k, v in (group or {}).items() if k not in CHANGING}
        listed = session.forecast.list_datasets()["Datasets"]
        names = sorted(dataset["DatasetName"] for dataset in listed)
        return tables, group, data, names, [imports.history(name) for name in ("1", "2", "4")]

    return read


def more(header, *rows):
    return csv_text(header, rows)


LATER = {
    "a new day": ("INCREMENTAL", {}, more("store,date,sales", (1, day(56), 5))),
    "a correction": ("INCREMENTAL", {}, more("store,date,sales", (2, day(3), 5))),
    "a new store": ("INCREMENTAL", {}, daily(["4"], 30)),
    "removed rows": (
        "INCREMENTAL",
        {"empty_sales": "remove"},
        more("store,date,sales", (2, day(55), None), (1, day(9), None)),
    ),
    "other stores": ("FULL", {"replace": True}, daily(["2", "4"], 60, header=HEADER, cells=cells)),
}


@pytest.mark.parametrize("kind", LATER)
def test_an_undone_import_leaves_no_trace(shop, state, write_file, import_files, imports, kind):
    before = state()
    mode, options, content = LATER[kind]
    import_files(mode, options, sales=write_file(content))
    assert state() != before

    document = imports.undo()

    assert document["state"] == "undone"
    assert state() == before


def test_imports_are_undone_one_after_the_other(shop, state, write_file, import_files, imports):
    states = [state()]
    for mode, options, content in LATER.values():
        import_files(mode, options, sales=write_file(content))
        states.append(state())

    for expected in reversed(states[:-1]):
        imports.undo()
        assert state() == expected


def test_the_first_import_is_undone_and_another_kind_follows(
    shop, state, write_file, import_files, imports, group
):
    imports.undo()

    assert group() is None
    assert state() == ({"stores": [], "series": []}, {}, {}, [], [[], [], []])
    import_files(
        sales=write_file(
            daily(["7"], 40, header="store,date,sales,price", cells=lambda s, i: (9, 2))
        )
    )
    assert group().horizon == 10


def test_after_an_undo_the_same_file_can_be_imported(shop, write_file, import_files, imports, one):
    for _ in range(2):
        import_files("INCREMENTAL", sales=write_file(more("store,date,sales", (1, day(56), 5))))
        assert one(stores, store="1").days == 57
        imports.undo()
        assert one(stores, store="1").days == 56


def test_an_import_that_a_later_one_stands_on_is_kept(shop, write_file, import_files, imports):
    first = imports.list()[0]["id"]
    import_files("INCREMENTAL", sales=write_file(more("store,date,sales", (1, day(56), 5))))
    last = imports.list()[0]["id"]

    with pytest.raises(Conflict, match=f"cannot be undone now: import '{last}' came later"):
        imports.undo(first)


def test_what_cannot_be_undone_is_said(shop, write_file, import_files, imports, database):
    with pytest.raises(NotFound, match="Import 'x' does not exist"):
        imports.undo("x")
    import_id = imports.undo()["id"]
    with pytest.raises(Conflict, match="was undone already"):
        imports.undo(import_id)
    with pytest.raises(NotFound, match="There is no import to undo"):
        imports.undo()


def test_an_import_by_an_older_version_cannot_be_undone(shop, imports, database):
    from forecast_service.storage.tables import imports as table

    with database.write() as connection:
        connection.execute(sa.update(table).values(before=sa.null()))

    with pytest.raises(Conflict, match="an older version of the service made it"):
        imports.undo()


def test_a_waiting_import_comes_before_an_undo(shop, write_file, imports):
    imports.request({"sales": write_file(more("store,date,sales", (1, day(56), 5)))}, "INCREMENTAL")

    with pytest.raises(Conflict, match="is under way"):
        imports.undo()


def test_the_data_stay_while_an_import_waits(shop, write_file, imports):
    imports.request({"sales": write_file(more("store,date,sales", (1, day(56), 5)))}, "INCREMENTAL")

    with pytest.raises(Conflict, match="so the data cannot be deleted now"):
        imports.clear()


def test_rows_that_an_undo_needs_are_not_swept(
    shop, state, write_file, import_files, imports, database, settings
):
    before = state()
    mode, options, content = LATER["other stores"]
    import_files(mode, options, sales=write_file(content))

    SnapshotStore(database, settings.home).sweep(versions_to_undo, grace_seconds=0)

    imports.undo()
    assert state() == before
    assert SnapshotStore(database, settings.home).version(sales_key(settings.dataset_group)) == 3
