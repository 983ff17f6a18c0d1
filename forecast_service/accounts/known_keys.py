"""KnownKeys: the caller of a key, from memory; notes when keys were used."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping

import sqlalchemy as sa

from forecast_service.accounts.accounts_state import AccountsState
from forecast_service.accounts.caller import Caller
from forecast_service.accounts.keys import digest_of
from forecast_service.accounts.tables import api_keys
from forecast_service.errors import BackendUnavailable, Remedy, Unauthenticated
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.limits import Limits

__all__ = ["KnownKeys"]

logger = logging.getLogger(__name__)

WRITE_SECONDS = 60.0  # between two writes of when keys were used

Kept = tuple[Caller, str, float | None]
"""Caller, id and end of a key."""


class KnownKeys:
    """Finds callers by their keys; knows of new and revoked keys a moment later."""

    def __init__(
        self, database: Database, state: AccountsState, write_seconds: float = WRITE_SECONDS
    ) -> None:
        self.database = database
        self.state = state
        self.write_seconds = write_seconds
        self._read_version: int | None = None
        self._by_digest: Mapping[str, Kept] = {}
        self._used: set[str] = set()
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def caller(self, key: str) -> Caller:
        """The caller that has this key.

        Raises
        ------
        Unauthenticated
            The key is unknown, was revoked, or has ended.
        """
        digest = digest_of(key)
        kept = self._keys(self.state.version()).get(digest)
        if kept is None:  # perhaps it was made this moment
            kept = self._keys(self.state.newest_version()).get(digest)
        if kept is None:
            raise Unauthenticated("This key is unknown, or it was revoked.", remedy=Remedy.SIGN_IN)
        caller, identifier, expires_at = kept
        if expires_at is not None and time.time() >= expires_at:
            raise Unauthenticated(f"Key '{caller.name}' has ended.", remedy=Remedy.SIGN_IN)
        if identifier not in self._used:
            self._note_use(identifier)
        return caller

    def close(self) -> None:
        """Write when keys were used; later uses of this value are not written."""
        with self._lock:
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            self._write()

    def _keys(self, version: int | None) -> Mapping[str, Kept]:
        if version != self._read_version:
            with self._lock:
                if version != self._read_version:
                    self._by_digest = {} if version is None else self._read()
                    self._read_version = version
        return self._by_digest

    def _read(self) -> dict[str, Kept]:
        statement = sa.select(api_keys).where(api_keys.c.revoked_at.is_(None))
        with self.database.read() as connection:
            rows = connection.execute(statement).mappings().all()
        return {row["digest"]: (_caller(row), row["id"], row["expires_at"]) for row in rows}

    def _note_use(self, identifier: str) -> None:
        with self._lock:
            self._used.add(identifier)
            if self._timer is None:
                self._timer = threading.Timer(self.write_seconds, self._write)
                self._timer.daemon = True
                self._timer.start()

    def _write(self) -> None:
        with self._lock:
            used, self._used = self._used, set()
            self._timer = None
        statement = sa.update(api_keys).where(api_keys.c.id.in_(used))
        try:
            with self.database.write() as connection:
                connection.execute(statement.values(last_used_at=database_now()))
        except (BackendUnavailable, sa.exc.DBAPIError):
            logger.warning("When keys were used could not be written", exc_info=True)


def _caller(row: sa.RowMapping) -> Caller:
    limits = Limits.from_document({**row})
    return Caller("key", row["name"], frozenset(row["scopes"]), limits)
