"""KnownKeys: the caller of a key, from memory; notes when keys were used."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from forecast_service.accounts.accounts_state import AccountsState
from forecast_service.accounts.aws_secrets import AwsSecrets
from forecast_service.accounts.caller import Caller
from forecast_service.accounts.keys import digest_of
from forecast_service.accounts.tables import api_keys
from forecast_service.errors import BackendUnavailable, Remedy, Unauthenticated
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.limits import Limits

__all__ = ["KnownKey", "KnownKeys"]

logger = logging.getLogger(__name__)

WRITE_SECONDS = 60.0  # between two writes of when keys were used
AWS = "aws:"  # before the ID of an AWS access key, among digests


@dataclass(frozen=True)
class KnownKey:
    """A key that was not revoked."""

    caller: Caller
    identifier: str
    expires_at: float | None
    aws_secret: str | None = field(repr=False)
    """Secret of its AWS access key; None without one."""

    def has_ended(self) -> bool:
        """Whether the end of the key has passed."""
        return self.expires_at is not None and time.time() >= self.expires_at


class KnownKeys:
    """Finds callers by their keys; knows of new and revoked keys a moment later."""

    def __init__(
        self,
        database: Database,
        state: AccountsState,
        aws_secrets: AwsSecrets,
        write_seconds: float = WRITE_SECONDS,
    ) -> None:
        self.database = database
        self.state = state
        self.aws_secrets = aws_secrets
        self.write_seconds = write_seconds
        self._read_version: int | None = None
        self._known: Mapping[str, KnownKey] = {}
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
        known = self._find(digest_of(key))
        if known is None:
            raise Unauthenticated("This key is unknown, or it was revoked.", remedy=Remedy.SIGN_IN)
        if known.has_ended():
            raise Unauthenticated(f"Key '{known.caller.name}' has ended.", remedy=Remedy.SIGN_IN)
        self.note_use(known)
        return known.caller

    def aws_key(self, access_key_id: str) -> KnownKey | None:
        """The key that has this AWS access key; None if none has."""
        return self._find(f"{AWS}{access_key_id}")

    def note_use(self, key: KnownKey) -> None:
        """Remember that a key was used now; it is written a little later."""
        if key.identifier not in self._used:
            self._note_use(key.identifier)

    def close(self) -> None:
        """Write when keys were used; later uses of this value are not written."""
        with self._lock:
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            self._write()

    def _find(self, name: str) -> KnownKey | None:
        known = self._keys(self.state.version()).get(name)
        if known is None:  # perhaps it was made this moment
            known = self._keys(self.state.newest_version()).get(name)
        return known

    def _keys(self, version: int | None) -> Mapping[str, KnownKey]:
        if version != self._read_version:
            with self._lock:
                if version != self._read_version:
                    self._known = {} if version is None else self._read()
                    self._read_version = version
        return self._known

    def _read(self) -> dict[str, KnownKey]:
        """Every key by its digest, and by the ID of its AWS access key."""
        statement = sa.select(api_keys).where(api_keys.c.revoked_at.is_(None))
        with self.database.read() as connection:
            rows = connection.execute(statement).mappings().all()
        known = {}
        for row in rows:
            secret = self._aws_secret(row)
            key = KnownKey(_caller(row), row["id"], row["expires_at"], secret)
            known[row["digest"]] = key
            if secret is not None:
                known[f"{AWS}{row['aws_access_key_id']}"] = key
        return known

    def _aws_secret(self, row: sa.RowMapping) -> str | None:
        if row["aws_access_key_id"] is None:
            return None
        secret = self.aws_secrets.known_secret(row["aws_access_key_id"], row["aws_digest"])
        if secret is None:
            logger.error(
                "The AWS access key of key '%s' is refused: '%s' cannot be read, or is not the "
                "file that the key was made with. Restore the file, or make a new key.",
                row["name"],
                self.aws_secrets.file,
            )
        return secret

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
    scopes = frozenset(row["scopes"])
    return Caller("key", row["name"], scopes, limits, account_id=row["account_id"])
