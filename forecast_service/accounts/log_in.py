"""LogIn: who may log in. It tells nobody whether a name exists, in words or in time."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from forecast_service.accounts import passwords
from forecast_service.accounts.actor import Actor
from forecast_service.accounts.audit import record
from forecast_service.accounts.sessions import Sessions, end_sessions
from forecast_service.accounts.tables import users
from forecast_service.accounts.throttle import Throttle
from forecast_service.accounts.user import User, user_from, user_name
from forecast_service.errors import InvalidRequest, WrongCredentials
from forecast_service.storage.database import Database, database_now

__all__ = ["LogIn", "LoggedIn", "enter"]


class LoggedIn(NamedTuple):
    """A user who just logged in, and the token of the new session."""

    user: User
    token: str


class LogIn:
    """Logs users in and out."""

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self.database = database
        self.sessions = sessions
        self.throttle = Throttle(database)
        passwords.prepare()

    def by_password(self, name: str, password: str, address: str) -> LoggedIn:
        """Begin a session of the user with this name and password.

        Raises
        ------
        WrongCredentials
            There is no such user, the password is another one, or the user is disabled.
        TooManyAttempts
            There were too many failures with this name, or from this address.
        """
        own = user_name(name)
        row = self._compare(own, password, address)
        with self.database.write() as connection:
            self.throttle.succeed(connection, own, address)
            if passwords.is_outdated(row["password"]):
                _keep(connection, own, password)
            return enter(connection, self.sessions, own, address)

    def change_password(
        self, name: str, password: str, new_password: str, address: str
    ) -> LoggedIn:
        """Give the user who knows the present password a new one, and a new session.

        All other sessions of the user end.

        Raises
        ------
        InvalidRequest
            The new password is weak, or the present one again.
        WrongCredentials, TooManyAttempts
            See ``by_password``.
        """
        passwords.refuse_weak_password(new_password, name)
        if new_password == password:
            raise InvalidRequest("The new password is the present one. Choose another one.")
        self._compare(name, password, address)
        with self.database.write() as connection:
            self.throttle.succeed(connection, name, address)
            _keep(connection, name, new_password)
            record(connection, "password_changed", name)
            end_sessions(connection, name)
            return LoggedIn(_user(connection, name), self.sessions.open(connection, name))

    def out(self, token: str, address: str | None = None) -> bool:
        """End a session; False if there was none that is open."""
        session = self.sessions.find(token)
        with self.database.write() as connection:
            ended = self.sessions.end(connection, token)
            if ended and session is not None:
                record(connection, "logged_out", by=Actor("user", session.user.name, address))
        return ended

    def _compare(self, name: str, password: str, address: str) -> sa.RowMapping:
        self.throttle.begin(name, address)
        with self.database.read() as connection:
            statement = sa.select(users).where(users.c.name == name)
            row = connection.execute(statement).mappings().one_or_none()
        is_right = passwords.is_right(password, None if row is None else row["password"])
        if row is not None and is_right and not row["disabled"]:
            return row
        reason = "no such user" if row is None else "disabled" if is_right else "wrong password"
        with self.database.write() as connection:
            # Some people type their password into the wrong field: an unknown name is not kept.
            who = Actor("user", f"{name[:2]}…" if row is None else name, address)
            record(connection, "log_in_failed", by=who, reason=reason)
        raise WrongCredentials("The user name or the password is wrong.")


def enter(
    connection: sa.Connection, sessions: Sessions, name: str, address: str | None
) -> LoggedIn:
    """Begin a session of a user who proved who she is."""
    now = {"logged_in_at": database_now()}
    connection.execute(sa.update(users).where(users.c.name == name).values(now))
    record(connection, "logged_in", by=Actor("user", name, address))
    return LoggedIn(_user(connection, name), sessions.open(connection, name))


def _keep(connection: sa.Connection, name: str, password: str) -> None:
    stored = passwords.stored_password(password)
    connection.execute(sa.update(users).where(users.c.name == name).values(password=stored))


def _user(connection: sa.Connection, name: str) -> User:
    row = connection.execute(sa.select(users).where(users.c.name == name)).mappings().one()
    return user_from(row)
