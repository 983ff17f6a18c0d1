"""The audit log: who did what, when and from where. Entries are added and never changed.

An entry is written in the transaction of the change that it tells of, so that both or none exist.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import sqlalchemy as sa

from forecast_service.accounts.actor import Actor, actor
from forecast_service.accounts.tables import audit_log
from forecast_service.common.logs import request_id
from forecast_service.storage.database import Database, database_now

__all__ = ["ACTIONS", "Action", "AuditFilter", "AuditLog", "Entry", "prune_audit_log", "record"]

Action = Literal[
    "trained",
    "forced",
    "cancelled",
    "imported",
    "sales_added",
    "sales_removed",
    "undid",
    "rolled_back",
    "scenario_saved",
    "scenario_deleted",
    "logged_in",
    "log_in_failed",
    "logged_out",
    "password_changed",
    "user_created",
    "user_changed",
    "user_deleted",
    "key_created",
    "key_revoked",
    "admin_link_made",
    "resource_created",
    "resource_changed",
    "resource_deleted",
    "pruned_audit_log",
]
ACTIONS: tuple[Action, ...] = get_args(Action)

SUBJECT_LENGTH = audit_log.c.subject.type.length  # type: ignore[attr-defined]
WHO_LENGTH = audit_log.c.who.type.length  # type: ignore[attr-defined]
PAGE = 1000  # entries that are read at once for a file


@dataclass(frozen=True)
class Entry:
    """One entry of the audit log."""

    id: int
    at: float
    kind: str
    """Of the actor: ``user``, ``key``, ``open``, ``command`` or ``service``."""
    who: str
    action: str
    subject: str | None
    """What was changed: the id of a run or an import, the name of a user."""
    details: dict[str, Any] | None
    address: str | None
    request_id: str | None


@dataclass(frozen=True)
class AuditFilter:
    """Which entries to read; None: all."""

    who: str | None = None
    action: str | None = None
    since: float | None = None
    """Epoch seconds."""
    until: float | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """The filter as conditions on rows."""
        columns = audit_log.c
        conditions = []
        if self.who is not None:
            conditions.append(columns.who == self.who)
        if self.action is not None:
            conditions.append(columns.action == self.action)
        if self.since is not None:
            conditions.append(columns.at >= self.since)
        if self.until is not None:
            conditions.append(columns.at < self.until)
        return conditions


def record(
    connection: sa.Connection,
    action: Action,
    subject: str | None = None,
    *,
    by: Actor | None = None,
    **details: Any,
) -> None:
    """Add an entry in the transaction of the change; ``by`` is who acts now by default."""
    who = by or actor()
    connection.execute(
        sa.insert(audit_log).values(
            at=database_now(),
            kind=who.kind,
            who=who.name[:WHO_LENGTH],
            action=action,
            subject=None if subject is None else subject[:SUBJECT_LENGTH],
            details=details or None,
            address=who.address,
            request_id=request_id.get(),
        )
    )


def prune_audit_log(connection: sa.Connection, days: float) -> int:
    """Delete entries older than this many days, and record how many; the database keeps the
    entries of the last 90 days whatever is asked for."""
    old = sa.delete(audit_log).where(audit_log.c.at < database_now() - days * 86400.0)
    count = connection.execute(old).rowcount
    if count:
        record(connection, "pruned_audit_log", count=count)
    return count


class AuditLog:
    """Reads the entries."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def list(
        self, chosen: AuditFilter, *, limit: int = 100, before: int | None = None
    ) -> builtins.list[Entry]:
        """The newest entries, newest first; ``before`` continues after the entry with this id."""
        statement = sa.select(audit_log).where(*chosen.conditions())
        if before is not None:
            statement = statement.where(audit_log.c.id < before)
        with self.database.read() as connection:
            rows = connection.execute(statement.order_by(audit_log.c.id.desc()).limit(limit))
            return [Entry(**row) for row in rows.mappings()]

    def all(self, chosen: AuditFilter, limit: int, before: int | None = None) -> Iterator[Entry]:
        """The newest entries, newest first, read page by page."""
        while limit > 0 and (page := self.list(chosen, limit=min(PAGE, limit), before=before)):
            yield from page
            before = page[-1].id
            limit -= len(page)
