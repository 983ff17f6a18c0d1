"""AccountsState: whether there are accounts, and when they changed, known without a read per
request."""

from __future__ import annotations

import threading
import time

import sqlalchemy as sa

from forecast_service.accounts.tables import accounts_version
from forecast_service.storage.database import Database

__all__ = ["AccountsState", "note_change"]

MOMENT_SECONDS = 1.0  # after so long at most, every process knows of a change

NOTE = sa.text(
    "INSERT INTO accounts_version (id, version) VALUES (1, 1) "
    "ON CONFLICT (id) DO UPDATE SET version = accounts_version.version + 1"
)


def note_change(connection: sa.Connection) -> None:
    """Tell every process that a key, a user or a session changed; from now on there are accounts.

    It belongs into the transaction of the change.
    """
    connection.execute(NOTE)


class AccountsState:
    """The version of all accounts, at most a moment old."""

    def __init__(self, database: Database, moment_seconds: float = MOMENT_SECONDS) -> None:
        self.database = database
        self.moment_seconds = moment_seconds
        self._read_at = float("-inf")
        self._version: int | None = None
        self._lock = threading.Lock()

    def has_accounts(self) -> bool:
        """Whether there was ever an account; from the first one on, every caller needs one."""
        return self.version() is not None

    def version(self) -> int | None:
        """A number that grows with every change of an account; None before the first one.

        Raises
        ------
        BackendUnavailable
            The database did not answer.
        """
        if time.monotonic() - self._read_at < self.moment_seconds:
            return self._version
        return self._read(self.moment_seconds)

    def newest_version(self) -> int | None:
        """The same as of now: for credentials that are not known yet."""
        return self._read(0.0)

    def forget(self) -> None:
        """Read the version again at the next call: this process changed an account."""
        self._read_at = float("-inf")

    def _read(self, seconds: float) -> int | None:
        with self._lock:
            began = time.monotonic()
            if began - self._read_at >= seconds:
                statement = sa.select(accounts_version.c.version)
                with self.database.read() as connection:
                    self._version = connection.execute(statement).scalar_one_or_none()
                self._read_at = began
            return self._version
