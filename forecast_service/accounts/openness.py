"""When the service works without accounts."""

from __future__ import annotations

import time

import sqlalchemy as sa

from forecast_service.accounts.tables import users
from forecast_service.common.hosts import is_local_name
from forecast_service.settings import Settings
from forecast_service.storage.database import Database

__all__ = ["FirstAccount", "listens_locally"]

MOMENT_SECONDS = 0.5  # another process may have made the first account so long ago


class FirstAccount:
    """Whether there was ever an account. The last admin cannot be deleted, so it stays true."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._exists = False
        self._asked_at = -MOMENT_SECONDS

    def exists(self) -> bool:
        """Whether there is an account; asked for every request without credentials."""
        if self._exists:
            return True
        now = time.monotonic()
        if now - self._asked_at >= MOMENT_SECONDS:
            with self.database.read() as connection:
                found = connection.execute(sa.select(users.c.name).limit(1)).first()
            self._exists, self._asked_at = found is not None, now
        return self._exists


def listens_locally(settings: Settings) -> bool:
    """Whether only programs on this machine are meant to call.

    With hosts of another name, a proxy on this machine may pass on what others send.
    """
    return all(map(is_local_name, (settings.host.lower(), *settings.allowed_hosts)))
