"""Migrations: they lead to the present tables and keep the stored rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from forecast_service.accounts import tables
from forecast_service.storage.database import Database
from forecast_service.storage.queue import Queue, new_id
from forecast_service.storage.schema import upgrade
from forecast_service.storage.tables import metadata

assert tables.users.metadata is metadata  # the tables of accounts are part of it


def test_the_migrated_schema_is_that_of_the_tables(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})

        assert compare_metadata(context, metadata) == []


def test_forecasts_of_the_first_version_are_kept(database_url: str) -> None:
    database = Database(database_url)
    with database.engine.connect() as connection, connection.begin():
        upgrade(connection, "0001")
    with database.write() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO forecast_values "
                '(forecast_arn, series_key, start, frequency, forecast_types, "values") '
                "VALUES ('arn', 'key', '2015-08-01T00:00:00', 'D', '0.5', :values)"
            ),
            {"values": b"\0" * 8},
        )

    database.migrate()

    with database.read() as connection:
        rows = connection.execute(sa.text("SELECT series_key, facts FROM forecast_values")).all()
    assert database.is_migrated()
    assert [tuple(row) for row in rows] == [("key", None)]
    database.dispose()


def test_imports_that_waited_before_lanes_are_done_in_order(database_url: str) -> None:
    database = Database(database_url)
    with database.engine.connect() as connection, connection.begin():
        upgrade(connection, "0006")
    insert_import = sa.text(
        "INSERT INTO imports (id, dataset_group, state, mode, files, options, requested_at) "
        "VALUES (:id, 'chain', 'waiting', 'FULL', '{}', '{}', :at)"
    )
    insert_work = sa.text(
        "INSERT INTO work (id, kind, subject, state, not_before, requested_at) "
        "VALUES (:id, 'import', :id, 'waiting', 0, 0)"
    )
    for place, name in enumerate(("b", "a")):
        with database.write() as connection:
            connection.execute(insert_import, {"id": name, "at": float(place)})
            connection.execute(insert_work, {"id": name})

    database.migrate()

    queue = Queue(database, 60.0)
    first = queue.claim(new_id(), ["import"])
    assert first is not None
    assert first.subject == "b"
    assert queue.claim(new_id(), ["import"]) is None
    database.dispose()
