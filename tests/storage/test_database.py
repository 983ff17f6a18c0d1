"""The database: guarantees of its transactions on SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic.script import ScriptDirectory

from forecast_service import storage
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


def test_a_database_is_migrated_when_the_last_script_has_run(database: Database) -> None:
    scripts = ScriptDirectory(str(Path(storage.__file__).parent / "migrations"))
    with database.read() as connection:
        revision = connection.execute(sa.text("SELECT version_num FROM alembic_version"))

        assert revision.scalar_one() == scripts.get_current_head()
    assert database.is_migrated()


def test_a_database_of_another_version_is_not_migrated(database: Database) -> None:
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    assert not database.is_migrated()
