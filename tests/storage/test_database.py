"""The database: what its transactions promise on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from forecast_service.storage.database import Database
from forecast_service.storage.tables import tags


def test_a_reader_keeps_one_view_while_others_write(database: Database) -> None:
    count = sa.select(sa.func.count()).select_from(tags)
    with database.read() as reading:
        before = reading.execute(count).scalar_one()
        with database.write() as writing:
            writing.execute(sa.insert(tags).values(arn="a", key="b", value="c"))

        assert reading.execute(count).scalar_one() == before
    with database.read() as reading:
        assert reading.execute(count).scalar_one() == before + 1


def test_the_migration_scripts_are_read_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database.is_migrated()
    monkeypatch.delattr(ScriptDirectory, "from_config")

    assert database.is_migrated()
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    assert not database.is_migrated()
