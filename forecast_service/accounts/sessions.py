"""Sessions of users: a token in a cookie, of which only the hash is stored.

A session ends when it is not used for FORECAST_SESSION_IDLE_HOURS, after FORECAST_SESSION_HOURS in
any case, when its user logs out, gets another password, is disabled or deleted. That of a user of
the identity provider also ends after FORECAST_OIDC_SESSION_HOURS: we hear of her groups only when
she logs in.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from forecast_service.accounts.tables import user_sessions, users
from forecast_service.accounts.user import User, user_from
from forecast_service.settings import Settings
from forecast_service.storage.database import Database, database_now

__all__ = ["Session", "Sessions", "csrf_token", "end_sessions", "new_token", "token_hash"]

TOKEN_BYTES = 32
TOUCH_SECONDS = 60.0  # the last use is kept to this precision: most requests only read
HOUR = 3600.0


@dataclass(frozen=True)
class Session:
    """A user who is logged in, and the token that her changes must carry."""

    user: User
    csrf_token: str


def new_token() -> str:
    """A secret for an address or a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_token(token: str) -> str:
    """The CSRF token of a session; only who has the session's token can know it."""
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()


class Sessions:
    """The sessions of all users."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.idle_seconds = settings.session_idle_hours * HOUR
        self.longest_seconds = settings.session_hours * HOUR
        external = min(settings.session_hours, settings.oidc_session_hours)
        self.external_seconds = external * HOUR
        # Built once: every request with a cookie executes it.
        self._statement = (
            sa.select(
                users,
                (user_sessions.c.used_at < database_now() - TOUCH_SECONDS).label("is_unused"),
            )
            .join(user_sessions, user_sessions.c.user == users.c.name)
            .where(user_sessions.c.token_hash == sa.bindparam("token_hash"), self._is_open())
            .where(users.c.disabled.is_(False), self._is_confirmed())
        )

    def open(self, connection: sa.Connection, user: str) -> str:
        """Begin a session, and return its token; sessions that are over are deleted."""
        token = new_token()
        now = database_now()
        connection.execute(sa.delete(user_sessions).where(sa.not_(self._is_open())))
        connection.execute(
            sa.insert(user_sessions).values(
                token_hash=token_hash(token), user=user, created_at=now, used_at=now
            )
        )
        return token

    def find(self, token: str) -> Session | None:
        """The session with this token; None if there is none, or it is over."""
        with self.database.read() as connection:
            found = connection.execute(self._statement, {"token_hash": token_hash(token)})
            row = found.mappings().one_or_none()
        if row is None:
            return None
        if row["is_unused"]:
            self._touch(token)
        return Session(user_from(row), csrf_token(token))

    def end(self, connection: sa.Connection, token: str) -> bool:
        """End a session; False if there was none."""
        own = user_sessions.c.token_hash == token_hash(token)
        return bool(connection.execute(sa.delete(user_sessions).where(own)).rowcount)

    def _touch(self, token: str) -> None:
        own = user_sessions.c.token_hash == token_hash(token)
        with self.database.write() as connection:
            connection.execute(sa.update(user_sessions).where(own).values(used_at=database_now()))

    def _is_open(self) -> sa.ColumnElement[bool]:
        now = database_now()
        return sa.and_(
            user_sessions.c.used_at > now - self.idle_seconds,
            user_sessions.c.created_at > now - self.longest_seconds,
        )

    def _is_confirmed(self) -> sa.ColumnElement[bool]:
        """Whether what the identity provider said of the user is new enough to count."""
        newest = user_sessions.c.created_at > database_now() - self.external_seconds
        return sa.or_(users.c.subject.is_(None), newest)


def end_sessions(connection: sa.Connection, user: str) -> None:
    """End all sessions of a user."""
    connection.execute(sa.delete(user_sessions).where(user_sessions.c.user == user))
