"""The database: one engine, short transactions, migrations, and the clock for leases."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from forecast_service.errors import BackendUnavailable
from forecast_service.storage.postgresql import postgresql_engine, wait_for_ever

__all__ = ["LOCK_SECONDS", "Database", "database_now"]

LOCK_SECONDS = 30.0  # longest wait for the write lock of SQLite
ANSWERS_PER_LOCK = 2  # PostgreSQL may be silent for so many times this time
SCRIPTS = Path(__file__).parent / "migrations" / "versions"
REVISIONS = sa.table("alembic_version", sa.column("version_num"))  # Alembic's own table
MIGRATION_LOCK = 0x666F7265  # any number that no other lock on the server uses


class database_now(FunctionElement[float]):
    """The database's clock in epoch seconds: all hosts measure leases by the same clock."""

    type = sa.Float()
    inherit_cache = True


@compiles(database_now, "sqlite")
def _sqlite_now(element: Any, compiler: Any, **kw: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(database_now, "postgresql")
def _postgresql_now(element: Any, compiler: Any, **kw: Any) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)"


class Database:
    """SQLite (WAL) or PostgreSQL, by URL; both run the same statements.

    A connection must not cross a fork: a child process opens its own ``Database``.
    """

    def __init__(self, url: str, *, lock_seconds: float = LOCK_SECONDS) -> None:
        self.url = url
        self.is_sqlite = sa.make_url(url).get_backend_name() == "sqlite"
        self.engine = (
            self._sqlite_engine(url, lock_seconds)
            if self.is_sqlite
            else postgresql_engine(url, ANSWERS_PER_LOCK * lock_seconds)
        )

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection for reading, with one consistent view of the data."""
        with self._connect() as connection:
            if not self.is_sqlite:  # SQLite's transactions are consistent by default
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that commits on success; on SQLite it takes the write lock at once."""
        with self._connect() as connection:
            connection = connection.execution_options(forecast_write=True)
            with connection.begin():
                yield connection

    @contextlib.contextmanager
    def _connect(self) -> Iterator[sa.Connection]:
        try:
            with self.engine.connect() as connection:
                yield connection
        except sa.exc.OperationalError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise BackendUnavailable(
                f"The database did not answer: {reason}. Try again in a moment."
            ) from error

    def migrate(self) -> None:
        """Upgrade the schema to this version; one process does it, the others wait."""
        if self.is_migrated():
            return
        # Importing Alembic costs 0.3 s and 30 MB, and a migration is rarely needed.
        from forecast_service.storage.schema import upgrade

        with self._migration_lock(), self._connect() as connection:
            if not self.is_sqlite:
                wait_for_ever(connection)
            with connection.begin():
                upgrade(connection)

    def is_migrated(self) -> bool:
        """Whether the schema has the version that this service needs."""
        with self.read() as connection:
            if not sa.inspect(connection).has_table(REVISIONS.name):
                return False
            revisions = connection.execute(sa.select(REVISIONS.c.version_num)).scalars()
            return list(revisions) == [self._newest_revision]

    @cached_property
    def _newest_revision(self) -> str:
        """The number in the name of the last script; it cannot change while the process runs."""
        return max(path.name for path in SCRIPTS.glob("[0-9]*_*.py")).partition("_")[0]

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextlib.contextmanager
    def _migration_lock(self) -> Iterator[None]:
        if self.is_sqlite:
            path = Path(str(self.engine.url.database) + ".lock")
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
            return
        with self._connect() as connection:
            wait_for_ever(connection)
            connection.execute(sa.select(sa.func.pg_advisory_lock(MIGRATION_LOCK)))
            connection.commit()
            try:
                yield
            finally:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(MIGRATION_LOCK)))
                connection.commit()

    @staticmethod
    def _sqlite_engine(url: str, lock_seconds: float) -> sa.Engine:
        path = sa.make_url(url).database
        if path:
            os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        engine = sa.create_engine(url, connect_args={"timeout": lock_seconds})

        @sa.event.listens_for(engine, "connect")
        def configure(connection: Any, _record: Any) -> None:
            # The driver itself would begin transactions too late; "begin" below does it instead.
            connection.isolation_level = None
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout = {int(lock_seconds * 1000)}")
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute("PRAGMA foreign_keys = ON")
            cursor.close()

        @sa.event.listens_for(engine, "begin")
        def begin(connection: sa.Connection) -> None:
            write = connection.get_execution_options().get("forecast_write", False)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

        return engine
