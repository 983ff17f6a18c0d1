"""Users: makes, changes, lists and deletes them. At least one admin who can log in remains."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from forecast_service.accounts.accounts_state import note_change
from forecast_service.accounts.actor import Actor
from forecast_service.accounts.audit import record
from forecast_service.accounts.caller import ROLES
from forecast_service.accounts.keys import checked_limits
from forecast_service.accounts.passwords import refuse_weak_password, stored_password
from forecast_service.accounts.sessions import end_sessions
from forecast_service.accounts.tables import api_keys, users
from forecast_service.accounts.user import (
    LANGUAGES,
    User,
    checked_user_name,
    user_from,
    user_name,
)
from forecast_service.errors import Conflict, InvalidRequest, NotFound, Remedy
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.limits import Limits

__all__ = ["CHANGES", "Users", "checked_row", "has_admin", "insert_user"]

CHANGES = ("role", "stores", "regions", "language", "disabled", "password")
ENDING = ("disabled", "password")  # changes that end the sessions of the user
ADMIN = "admin"
Values = Mapping[str, Any]


class Users:
    """The users of an installation."""

    def __init__(self, database: Database, dataset_group: str) -> None:
        self.database = database
        self.dataset_group = dataset_group

    def create(self, name: str, values: Values) -> User:
        """Make a user with ``role``, and what else of ``CHANGES`` is in ``values``.

        Raises
        ------
        InvalidRequest
            A value is not allowed, or the password is weak.
        UnknownStore, UnknownRegion
            A limit names what does not exist.
        Conflict
            There is a user with this name, or there is or was a key.
        """
        own = checked_user_name(name)
        row = checked_row(own, {"role": "viewer", **values})
        with self.database.write() as connection:
            if row["role"] != ADMIN and not has_admin(connection):
                raise InvalidRequest(
                    "The first user must be able to manage the accounts. Choose the role 'admin'."
                )
            self._refuse_unknown_limits(connection, row)
            return insert_user(connection, own, row)

    def list(self) -> builtins.list[User]:
        """All users, by name."""
        with self.database.read() as connection:
            rows = connection.execute(sa.select(users).order_by(users.c.name)).mappings()
            return [user_from(row) for row in rows]

    def get(self, name: str) -> User:
        """The user with this name.

        Raises
        ------
        NotFound
            There is none.
        """
        with self.database.read() as connection:
            return user_from(_row(connection, name))

    def change(self, name: str, values: Values) -> User:
        """Change what is in ``values``; another password, and disabling, end the user's sessions.

        Raises
        ------
        NotFound, InvalidRequest
            There is no such user, or a value is not allowed.
        Conflict
            No admin would remain.
        """
        with self.database.write() as connection:
            admins = _lock_admins(connection)
            before = _row(connection, name)
            own = before["name"]
            role, limits = before["role"], ("stores", "regions")
            kept = {"role": role, **{key: before[key] for key in limits}}
            row = checked_row(own, {**kept, **values})
            self._refuse_unknown_limits(connection, values)
            if values.get("disabled") or row["role"] != ADMIN:
                _refuse_last(admins, own)
            connection.execute(sa.update(users).where(users.c.name == own).values(**row))
            if any(values.get(part) for part in ENDING):
                end_sessions(connection, own)
            note_change(connection)
            _record_change(connection, own, values)
            return user_from(_row(connection, own))

    def delete(self, name: str) -> None:
        """Delete a user and the user's sessions; the audit log keeps the name.

        Raises
        ------
        NotFound
            There is no such user.
        Conflict
            No admin would remain.
        """
        with self.database.write() as connection:
            admins = _lock_admins(connection)
            own = _row(connection, name)["name"]
            _refuse_last(admins, own)
            connection.execute(sa.delete(users).where(users.c.name == own))
            note_change(connection)
            record(connection, "user_deleted", own)

    def _refuse_unknown_limits(self, connection: sa.Connection, values: Values) -> None:
        checked_limits(connection, self.dataset_group, Limits.from_document(values))


def has_admin(connection: sa.Connection) -> bool:
    """Whether there is any admin."""
    admins = sa.select(users.c.name).where(users.c.role == ADMIN).limit(1)
    return connection.execute(admins).first() is not None


def insert_user(
    connection: sa.Connection, name: str, row: Values, *, by: Actor | None = None
) -> User:
    """Insert a user with checked values.

    Raises
    ------
    Conflict
        There is a user with this name, or there is or was a key.
    """
    found = connection.execute(sa.select(users.c.name).where(users.c.name == name)).first()
    if found is not None:
        raise Conflict(f"User '{name}' exists already. Change the user, or choose another name.")
    if connection.execute(sa.select(api_keys.c.id).where(api_keys.c.name == name)).first():
        raise Conflict(
            f"There is, or was, a key '{name}'. Imports and runs are recorded under this name, so "
            "choose another one for the user."
        )
    connection.execute(sa.insert(users).values(name=name, created_at=database_now(), **row))
    note_change(connection)
    record(connection, "user_created", name, by=by, **_public(row))
    return user_from(_row(connection, name))


def _row(connection: sa.Connection, name: str) -> sa.RowMapping:
    own = user_name(name)
    statement = sa.select(users).where(users.c.name == own).with_for_update()
    row = connection.execute(statement).mappings().one_or_none()
    if row is None:
        raise NotFound(f"User '{name[:100]}' does not exist.", remedy=Remedy.LIST_USERS)
    return row


def checked_row(name: str, values: Values) -> dict[str, Any]:
    """Columns for these values.

    Raises
    ------
    InvalidRequest
        A value is not allowed.
    """
    row = dict(values)
    if row["role"] not in ROLES:
        raise InvalidRequest(
            f"Role '{str(row['role'])[:50]}' does not exist. The roles are {', '.join(ROLES)}."
        )
    for part in ("stores", "regions"):
        if row.get(part) is not None:
            row[part] = sorted(set(row[part]))
    if row["role"] == ADMIN and (row.get("stores") or row.get("regions")):
        raise InvalidRequest(
            "An admin has no limits of stores or regions, because an admin could take them away. "
            "Leave the limits out, or choose the role 'planner'."
        )
    if row.get("language") not in (None, *LANGUAGES):
        raise InvalidRequest(
            f"Language '{str(row['language'])[:50]}' is not offered. The languages are "
            f"{', '.join(LANGUAGES)}."
        )
    if row.get("password") is not None:
        refuse_weak_password(row["password"], name)
        row["password"] = stored_password(row["password"])
    return row


def _lock_admins(connection: sa.Connection) -> builtins.list[str]:
    """Names of the admins who can log in. Their rows stay locked, so that two cannot go at once;
    everybody locks them first and in this order, so that nobody waits for ever."""
    statement = (
        sa.select(users.c.name)
        .where(users.c.role == ADMIN, users.c.disabled.is_(False))
        .where(users.c.password.is_not(None) | users.c.subject.is_not(None))
        .order_by(users.c.name)
        .with_for_update()
    )
    return list(connection.execute(statement).scalars())


def _refuse_last(admins: builtins.list[str], name: str) -> None:
    if admins == [name]:
        raise Conflict(
            f"User '{name}' is the last admin, and somebody must be able to manage the accounts. "
            "Make another admin first."
        )


def _record_change(connection: sa.Connection, name: str, values: Values) -> None:
    public = _public(values)
    if public:
        record(connection, "user_changed", name, **public)
    if values.get("password"):
        record(connection, "password_changed", name)


def _public(values: Values) -> dict[str, Any]:
    return {k: v for k, v in values.items() if k not in ("password", "subject") and v is not None}
