"""Throttle: how many attempts to log in are allowed, counted in the database for all processes.

An attempt counts before its password is compared, so that many at once are not more than many in
a row. It counts for the name at this address, for the name, and for the address.
"""

from __future__ import annotations

import hashlib
import math

import sqlalchemy as sa

from forecast_service.accounts.tables import log_in_failures
from forecast_service.errors import TooManyAttempts
from forecast_service.storage.database import Database, database_now

__all__ = ["WINDOW_SECONDS", "Throttle"]

WINDOW_SECONDS = 15 * 60.0
NAME_AT_ADDRESS = 5  # failures in this time
NAME = 50  # from everywhere: a stranger cannot lock a user out with a few guesses
ADDRESS = 100  # of any names: a whole office may share one address


ADD = sa.text(
    "INSERT INTO log_in_failures (key, since, count) VALUES (:key, :now, 1) "
    "ON CONFLICT (key) DO UPDATE SET count = log_in_failures.count + 1"
)


class Throttle:
    """Counts the attempts of the last minutes."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def begin(self, name: str, address: str) -> None:
        """Count an attempt.

        Raises
        ------
        TooManyAttempts
            There were too many; this one does not count.
        """
        limits = _limits(name, address)
        with self.database.write() as connection:
            now: float = connection.execute(sa.select(database_now())).scalar_one()
            over = log_in_failures.c.since < now - WINDOW_SECONDS
            connection.execute(sa.delete(log_in_failures).where(over))
            for key in sorted(limits):  # one order for all, so that none waits for another
                connection.execute(ADD, {"key": key, "now": now})
            rows = sa.select(log_in_failures).where(log_in_failures.c.key.in_(list(limits)))
            for row in connection.execute(rows).mappings():
                if row["count"] > limits[row["key"]]:
                    raise _refusal(row["since"] + WINDOW_SECONDS - now)

    def succeed(self, connection: sa.Connection, name: str, address: str) -> None:
        """The attempt that began was right: it does not count as a failure."""
        own, *others = _limits(name, address)
        connection.execute(sa.delete(log_in_failures).where(log_in_failures.c.key == own))
        less = {"count": log_in_failures.c.count - 1}
        connection.execute(
            sa.update(log_in_failures).where(log_in_failures.c.key.in_(others)).values(less)
        )


def _limits(name: str, address: str) -> dict[str, int]:
    """Key of each count and how high it may be; names are not kept as they are."""
    texts = {f"both {name}\n{address}": NAME_AT_ADDRESS, f"name {name}": NAME}
    texts[f"address {address}"] = ADDRESS
    return {hashlib.sha256(text.encode()).hexdigest(): limit for text, limit in texts.items()}


def _refusal(seconds: float) -> TooManyAttempts:
    minutes = max(1, math.ceil(seconds / 60))
    return TooManyAttempts(
        "There were too many attempts to log in. Try again in "
        f"{minutes} minute{'s' if minutes > 1 else ''}.",
        retry_after=max(1, math.ceil(seconds)),
    )
