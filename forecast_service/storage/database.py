"""The database: one engine, short transactions, migrations, and the clock for leases."""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from forecast_service.common.disks import not_writable, require_folder
from forecast_service.errors import BackendUnavailable, NewerSchema
from forecast_service.storage.failures import damaged, failure_of
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
        except sa.exc.DBAPIError as error:
            failure = self.failure_of(error.orig or error)
            if failure is None:
                raise
            raise failure from error
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            raise damaged("a value cannot be read") from error

    def failure_of(self, error: BaseException) -> BackendUnavailable | None:
        """The error of the service for an error of the driver; None if a statement is at fault."""
        return failure_of(error, None if self.file is None else self.file.parent)

    @cached_property
    def file(self) -> Path | None:
        """The file of an SQLite database; None for PostgreSQL, or in memory."""
        path = self.engine.url.database if self.is_sqlite else None
        return None if not path or path == ":memory:" else Path(path).absolute()

    def migrate(self) -> None:
        """Upgrade the schema to this version; one process does it, the others wait."""
        if self.is_migrated():
            return
        self.refuse_newer_schema()
        # Importing Alembic costs 0.3 s and 30 MB, and a migration is rarely needed.
        from forecast_service.storage.schema import upgrade

        with self._migration_lock(), self._connect() as connection:
            if not self.is_sqlite:
                wait_for_ever(connection)
            with connection.begin():
                upgrade(connection)

    def is_migrated(self) -> bool:
        """Whether the schema has the version that this service needs."""
        return self.revision() == self._revisions[-1]

    def revision(self) -> str | None:
        """The number of the script that made the present schema; None if there are no tables."""
        with self.read() as connection:
            if not sa.inspect(connection).has_table(REVISIONS.name):
                return None
            return connection.execute(sa.select(REVISIONS.c.version_num)).scalars().first()

    def check(self) -> None:
        """Look for damage in an SQLite database; PostgreSQL has checksums of its own.

        Raises
        ------
        DatabaseDamaged
            The pages or indexes of the database do not fit together.
        """
        if not self.is_sqlite:
            return
        with self.read() as connection:
            found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalars().all()
        if found != ["ok"]:
            raise damaged(found[0])

    def refuse_newer_schema(self) -> None:
        """Raise NewerSchema if a later version of the service made the tables."""
        found = self.revision()
        if found is None or found in self._revisions:
            return
        raise NewerSchema(
            f"The database has schema '{found}', which another version of the service made: this "
            f"version knows schemas until '{self._revisions[-1]}'. Install the later version "
            "again, or use a backup that this version made.",
        )

    @cached_property
    def _revisions(self) -> list[str]:
        """The numbers in the names of the scripts; they cannot change while the process runs."""
        return sorted(path.name.partition("_")[0] for path in SCRIPTS.glob("[0-9]*_*.py"))

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextlib.contextmanager
    def _migration_lock(self) -> Iterator[None]:
        if self.is_sqlite:
            with self._lock_file() as lock:
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

    def _lock_file(self) -> IO[str]:
        try:
            return Path(f"{self.engine.url.database}.lock").open("w")
        except OSError as error:
            failure = not_writable(error)
            raise failure or error from error

    @staticmethod
    def _sqlite_engine(url: str, lock_seconds: float) -> sa.Engine:
        path = sa.make_url(url).database
        if path:
            require_folder(Path(path).absolute().parent, "The folder of the database")
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
