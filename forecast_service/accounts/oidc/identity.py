"""Identity: who a user is at the identity provider, what her groups grant, and her log-in here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from forecast_service.accounts.actor import Actor
from forecast_service.accounts.audit import record
from forecast_service.accounts.log_in import LoggedIn, enter
from forecast_service.accounts.sessions import Sessions, end_sessions
from forecast_service.accounts.tables import users
from forecast_service.accounts.user import checked_user_name
from forecast_service.accounts.users import checked_row, insert_user
from forecast_service.common.group_grants import ROLE_NAMES, read_group_limits, read_group_roles
from forecast_service.errors import NotAllowed, Remedy
from forecast_service.settings import Settings
from forecast_service.storage.database import Database

__all__ = ["Grant", "Identity", "IdentityLogIn", "grant_of"]

PROVIDER = "identity provider"


@dataclass(frozen=True)
class Identity:
    """A person as the identity provider knows her."""

    subject: str
    """Issuer and subject: names and addresses can be given to other people later."""
    name: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Grant:
    """What the groups of a person grant."""

    role: str
    stores: list[str] | None
    regions: list[str] | None

    def columns(self) -> dict[str, Any]:
        """The grant as columns of a user."""
        return {"role": self.role, "stores": self.stores, "regions": self.regions}


def grant_of(groups: tuple[str, ...], settings: Settings) -> Grant | None:
    """What these groups grant; None if they do not even let in.

    The strongest role counts. Limits add up; without any, and for an admin, there are none.
    """
    known = read_group_roles(settings.oidc_roles)
    roles = {known[group] for group in groups if group in known}
    if settings.oidc_default_role != "none":
        roles.add(settings.oidc_default_role)
    if not roles:
        return None
    role = max(roles, key=ROLE_NAMES.index)
    opened = read_group_limits(settings.oidc_limits)
    limits = [] if role == "admin" else [pair for group in groups for pair in opened.get(group, ())]
    if not limits:
        return Grant(role, None, None)
    names = {
        kind: sorted({name for k, name in limits if k == kind}) for kind in ("store", "region")
    }
    return Grant(role, names["store"] or None, names["region"] or None)


class IdentityLogIn:
    """Logs in the users whom the identity provider knows; the first log-in makes the user."""

    def __init__(self, database: Database, settings: Settings, sessions: Sessions) -> None:
        self.database = database
        self.settings = settings
        self.sessions = sessions

    def enter(self, identity: Identity, address: str | None) -> LoggedIn:
        """Begin a session with the role and limits that the groups grant today.

        Raises
        ------
        NotAllowed
            The groups grant nothing, the user is disabled, or a user of ours has this name.
        """
        grant = grant_of(identity.groups, self.settings)
        with self.database.write() as connection:
            refusal = self._refusal(connection, identity, grant)
            if refusal is None and grant is not None:
                name = _keep(connection, identity, grant, address)
                return enter(connection, self.sessions, name, address)
            who = Actor("user", identity.name, address)
            record(connection, "log_in_failed", by=who, reason=refusal)
        raise NotAllowed(
            f"'{identity.name[:100]}' may not use this service: {refusal}.", remedy=Remedy.ASK_ADMIN
        )

    def _refusal(
        self, connection: sa.Connection, identity: Identity, grant: Grant | None
    ) -> str | None:
        """Why the person may not log in; her sessions end, too."""
        row = _row(connection, users.c.subject == identity.subject)
        if row is not None and (grant is None or row["disabled"]):
            end_sessions(connection, row["name"])
        if grant is None:
            return f"none of the groups in '{self.settings.oidc_role_claim}' has a role here"
        if row is not None:
            return "the user is disabled" if row["disabled"] else None
        taken = _row(connection, users.c.name == checked_user_name(identity.name))
        return None if taken is None else "another user has this name"


def _row(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> sa.RowMapping | None:
    statement = sa.select(users).where(condition).with_for_update()
    return connection.execute(statement).mappings().one_or_none()


def _keep(connection: sa.Connection, identity: Identity, grant: Grant, address: str | None) -> str:
    """Make the user, or change what the groups grant now; return the name."""
    by = Actor("service", PROVIDER, address)
    own = users.c.subject == identity.subject
    row = _row(connection, own)
    if row is None:
        name = checked_user_name(identity.name)
        values = checked_row(name, {**grant.columns(), "subject": identity.subject})
        return insert_user(connection, name, values, by=by).name
    name = row["name"]
    changed = {key: value for key, value in grant.columns().items() if row[key] != value}
    if changed:
        connection.execute(sa.update(users).where(own).values(changed))
        record(connection, "user_changed", name, by=by, **changed)
    return str(name)
