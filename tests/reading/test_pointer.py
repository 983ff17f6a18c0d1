"""The pointer: each read sees the last commit, also after the database was restarted."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa

from forecast_service.reading.pointer import PointerReader
from forecast_service.storage import tables
from forecast_service.storage.database import Database
from forecast_service.storage.groups import DatasetGroup, Pointer, move_pointer, record_import

GROUP = DatasetGroup("g", "arn", 7, "D", (), has_items=False, data_version=3)


def import_group(database: Database) -> None:
    with database.write() as connection:
        record_import(connection, GROUP)


def move(database: Database) -> None:
    with database.write() as connection:
        move_pointer(connection, "g", "f")


def test_there_is_none_before_the_first_import(database: Database) -> None:
    reader = PointerReader(database, "g", moment_seconds=0)

    assert reader.read() is None
    reader.close()


def test_every_read_sees_the_last_commit(database: Database) -> None:
    import_group(database)
    reader = PointerReader(database, "g", moment_seconds=0)
    first = reader.read()
    move(database)

    assert first == Pointer(0, 0, 3, None)
    assert reader.read() == Pointer(1, 0, 3, "f")
    reader.close()


def test_requests_of_one_moment_share_a_reading(database: Database) -> None:
    import_group(database)
    reader = PointerReader(database, "g", moment_seconds=3600)
    first = reader.read()
    move(database)

    assert (first, reader.read()) == (Pointer(0, 0, 3, None), Pointer(0, 0, 3, None))
    reader.close()


def test_a_later_moment_has_a_reading_of_its_own(database: Database) -> None:
    import_group(database)
    reader = PointerReader(database, "g", moment_seconds=0.01)
    reader.read()
    move(database)
    time.sleep(0.02)

    assert reader.read() == Pointer(1, 0, 3, "f")
    reader.close()


def test_connections_that_died_are_replaced(database: Database) -> None:
    import_group(database)
    opened: list[Any] = []
    database.engine.dispose()
    sa.event.listen(database.engine, "connect", lambda connection, _: opened.append(connection))
    reader = PointerReader(database, "g", moment_seconds=0)
    reader.read()
    for connection in opened:
        connection.close()

    assert reader.read() == Pointer(0, 0, 3, None)
    reader.close()


def test_a_reader_holds_no_lock_between_reads(database: Database) -> None:
    import_group(database)
    reader = PointerReader(database, "g", moment_seconds=0)
    reader.read()

    with database.write() as connection:
        connection.execute(sa.delete(tables.dataset_groups))

    assert reader.read() is None
    reader.close()
