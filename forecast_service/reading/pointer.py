"""The pointer: which forecast is served now; read for each request or a moment before it."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

import sqlalchemy as sa

from forecast_service.errors import BackendUnavailable
from forecast_service.storage.database import Database
from forecast_service.storage.groups import Pointer, pointer_statement

__all__ = ["MOMENT_SECONDS", "PointerReader"]

MOMENT_SECONDS = 0.001
"""Largest age of a pointer; no client can learn of a new pointer and ask for it in less time."""


class PointerReader:
    """Reads the pointer of one dataset group over connections that stay open.

    One statement runs on a raw cursor in autocommit, and the cursor goes back to a stack. The
    checkout of a pool, BEGIN and COMMIT would cost several times as much as the statement. Requests
    of the same millisecond share one reading. The driver releases the interpreter's lock at every
    step of a statement, and under load the thread switches cost more than the statement.
    """

    def __init__(
        self, database: Database, dataset_group: str, moment_seconds: float = MOMENT_SECONDS
    ) -> None:
        self.database = database
        self.moment_seconds = moment_seconds
        self._latest: tuple[float, Pointer | None] | None = None
        self.parameters = (dataset_group,)
        self.statement = pointer_statement("?" if database.is_sqlite else "%s")
        self._idle: deque[Any] = deque()
        self._driver_error: type[Exception] = database.engine.dialect.loaded_dbapi.Error

    def read(self) -> Pointer | None:
        """The pointer as committed at most a moment ago; None before the first import.

        Raises
        ------
        BackendUnavailable
            The database did not answer, even on a new connection.
        """
        began = time.monotonic()
        latest = self._latest
        if latest is not None and began - latest[0] < self.moment_seconds:
            return latest[1]
        pointer = self._read_now()
        self._latest = (began, pointer)
        return pointer

    def _read_now(self) -> Pointer | None:
        try:
            cursor = self._idle.pop()
        except IndexError:
            return self._read_from_new()
        try:
            return self._read_from(cursor)
        except self._driver_error:
            self.close()  # the server went away, so the other connections are dead, too
            return self._read_from_new()

    def close(self) -> None:
        """Close the connections that are not in use."""
        while self._idle:
            self._idle.pop().connection.close()

    def _read_from_new(self) -> Pointer | None:
        try:
            return self._read_from(self._open())
        except (self._driver_error, sa.exc.DBAPIError) as error:
            cause = getattr(error, "orig", None) or error
            unknown = BackendUnavailable(f"The database did not answer: {cause}. Try again.")
            raise self.database.failure_of(cause) or unknown from error

    def _read_from(self, cursor: Any) -> Pointer | None:
        try:
            rows = cursor.execute(self.statement, self.parameters).fetchall()
        except BaseException:
            cursor.connection.close()
            raise
        self._idle.append(cursor)
        return Pointer(*rows[0]) if rows else None

    def _open(self) -> Any:
        fairy = self.database.engine.raw_connection()
        connection: Any = fairy.dbapi_connection
        fairy.detach()
        if not self.database.is_sqlite:
            connection.autocommit = True
        return connection.cursor()
