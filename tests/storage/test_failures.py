"""Failures of the database and of the disk: each one is an error of the service."""

from __future__ import annotations

import errno
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa
from damage import flipped_copies

from forecast_service.common.disks import not_writable
from forecast_service.errors import (
    BackendUnavailable,
    DatabaseDamaged,
    NewerSchema,
    NotWritable,
)
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.failures import failure_of
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.tables import tags

sqlite = pytest.mark.sqlite


def insert(database: Database, size: int = 10) -> None:
    with database.write() as connection:
        connection.execute(sa.insert(tags).values(arn="a", key="b", value="c" * size))


@contextmanager
def largest_file(size_bytes: int) -> Iterator[None]:
    """Writes beyond this size fail, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@sqlite
def test_a_full_database_is_not_writable(database: Database) -> None:
    database.dispose()

    @sa.event.listens_for(database.engine, "connect")
    def keep_small(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # SQLite takes the present size

    with pytest.raises(NotWritable, match=r"^The disk of the database is full\. Free some space"):
        insert(database, 1_000_000)


@sqlite
def test_a_read_only_database_is_not_writable(database: Database) -> None:
    database.dispose()

    @sa.event.listens_for(database.engine, "connect")
    def only_read(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    assert database.is_migrated()
    with pytest.raises(NotWritable, match=r"^The database cannot be written \(it is read-only\)"):
        insert(database)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [("53100", "The disk of the database is full."), ("25006", "The database cannot be written")],
)
def test_postgresql_says_the_same(state: str, sentence: str) -> None:
    class DiskFull(Exception):
        sqlstate = state

    failure = failure_of(DiskFull("could not extend file"))

    assert isinstance(failure, NotWritable)
    assert failure.detail.startswith(sentence)


def test_a_statement_that_is_wrong_is_no_failure_of_the_database(database: Database) -> None:
    insert(database)

    with pytest.raises(sa.exc.IntegrityError):
        insert(database)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_an_error_of_a_full_disk_is_known(number: int) -> None:
    known = not_writable(OSError(number, "no space"))

    assert known is not None
    assert (known.status, known.retryable) == (507, True)


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_an_error_of_a_read_only_disk_is_known(number: int) -> None:
    known = not_writable(OSError(number, "Read-only file system", "/a/path"))

    assert known is not None
    assert known.detail.startswith(
        "The folder of the service cannot be written (read-only file system)."
    )


@pytest.mark.parametrize("error", [OSError(errno.ENOENT, "no"), ValueError("no"), OSError("no")])
def test_other_errors_are_not_of_the_disk(error: Exception) -> None:
    assert not_writable(error) is None


def test_a_snapshot_that_does_not_fit_leaves_nothing(
    database: Database, settings: Settings
) -> None:
    store = SnapshotStore(database, settings.home)
    table = pa.table({"demand": np.random.default_rng(1).random(50_000)})

    with largest_file(100_000), pytest.raises(OSError, match=r"Errno 27") as caught:
        store.stage(table)

    assert not_writable(caught.value) is not None
    assert list((settings.home / "snapshots").iterdir()) == []


@sqlite
def test_a_flipped_bit_in_the_structure_of_the_database_is_found(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    insert(database)
    database.dispose()
    content = (settings.home / "forecast.db").read_bytes()
    copy = tmp_path / "copy.db"
    first_page = content[:4096]
    found = 0
    for flipped in flipped_copies(first_page[:100], 40):
        copy.write_bytes(flipped + content[100:])
        damaged = Database(f"sqlite:///{copy}")
        try:
            damaged.check()
        except (DatabaseDamaged, BackendUnavailable):
            found += 1
        finally:
            damaged.dispose()
            for beside in tmp_path.glob("copy.db-*"):
                beside.unlink()

    assert found >= 5  # most fields of the header have no meaning for the content


@sqlite
@pytest.mark.parametrize("content", [b"no database" * 1000, b"SQLite format 3\0" + b"x" * 5000])
def test_a_file_that_is_no_database_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "forecast.db").write_bytes(content)
    database = Database(f"sqlite:///{tmp_path / 'forecast.db'}")

    for use in (database.migrate, database.check, database.is_migrated):
        with pytest.raises(DatabaseDamaged, match=r"^The database is damaged \("):
            use()
    database.dispose()


@sqlite
def test_a_text_that_cannot_be_read_is_damage(database: Database) -> None:
    broken = sa.select(sa.literal_column("'{\"a\": '", sa.JSON))

    with pytest.raises(DatabaseDamaged, match="a value cannot be read"), database.read() as reading:
        reading.execute(broken).all()


@pytest.mark.parametrize("revision", ["9999", "abcd"])
def test_the_tables_of_another_version_are_refused(database: Database, revision: str) -> None:
    with database.write() as connection:
        connection.execute(sa.text(f"UPDATE alembic_version SET version_num = '{revision}'"))

    with pytest.raises(NewerSchema, match=f"^The database has schema '{revision}', which another"):
        database.migrate()
