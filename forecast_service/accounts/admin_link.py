"""AdminLink: a secret address, used once, by which the first admin of a new service is made."""

from __future__ import annotations

import sqlalchemy as sa

from forecast_service.accounts.actor import Actor
from forecast_service.accounts.audit import record
from forecast_service.accounts.log_in import LoggedIn, enter
from forecast_service.accounts.sessions import Sessions, new_token, token_hash
from forecast_service.accounts.tables import admin_links
from forecast_service.accounts.user import checked_user_name
from forecast_service.accounts.users import checked_row, has_admin, insert_user
from forecast_service.errors import WrongCredentials
from forecast_service.storage.database import Database, database_now

__all__ = ["VALID_MINUTES", "AdminLink"]

VALID_MINUTES = 60


class AdminLink:
    """Makes the link and the admin. With the first admin, all links end."""

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self.database = database
        self.sessions = sessions

    def make(self) -> str | None:
        """The secret of a new link, instead of earlier ones; None if there is an admin already."""
        token = new_token()
        with self.database.write() as connection:
            connection.execute(sa.delete(admin_links))
            if has_admin(connection):
                return None
            until = database_now() + VALID_MINUTES * 60.0
            values = {"token_hash": token_hash(token), "expires_at": until}
            connection.execute(sa.insert(admin_links).values(values))
            record(connection, "admin_link_made")
        return token

    def is_valid(self, token: str) -> bool:
        """Whether the link may still be used."""
        with self.database.read() as connection:
            return _is_valid(connection, token)

    def use(self, token: str, name: str, password: str, address: str | None) -> LoggedIn:
        """Make the first admin, and a session for her.

        Raises
        ------
        WrongCredentials
            The link was used, is too old, or never existed.
        InvalidRequest
            The name or the password is not allowed; the link stays valid.
        """
        own = checked_user_name(name)
        row = checked_row(own, {"role": "admin", "password": password})
        with self.database.write() as connection:
            if not _is_valid(connection, token):
                raise WrongCredentials(
                    "This link was used already, or is too old. The log of the service has a new "
                    "one after a restart."
                )
            # Of two at the same moment, one deletes the row, and the other finds none.
            if not connection.execute(sa.delete(admin_links)).rowcount:
                raise WrongCredentials("This link was used already.")
            insert_user(connection, own, row, by=Actor("service", "admin link", address))
            return enter(connection, self.sessions, own, address)


def _is_valid(connection: sa.Connection, token: str) -> bool:
    known = sa.select(admin_links.c.token_hash).where(
        admin_links.c.token_hash == token_hash(token), admin_links.c.expires_at > database_now()
    )
    return connection.execute(known).first() is not None and not has_admin(connection)
