"""Entries of the audit log as JSON and as a table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson

from forecast_service.accounts.audit import Entry
from forecast_service.common.instants import utc_text
from forecast_service.resources.tables.table import Table

__all__ = ["audit_table", "entry_document"]

COLUMNS = ("at_utc", "kind", "who", "action", "subject", "details", "address", "request_id")


def entry_document(entry: Entry) -> dict[str, Any]:
    """The JSON of an entry; the time in UTC."""
    return {
        "id": entry.id,
        "at": utc_text(entry.at),
        "kind": entry.kind,
        "who": entry.who,
        "action": entry.action,
        "subject": entry.subject,
        "details": entry.details,
        "address": entry.address,
        "request_id": entry.request_id,
    }


def audit_table(entries: Iterable[Entry]) -> Table:
    """A row per entry; details as JSON."""
    rows = (
        [
            datetime.fromtimestamp(entry.at, UTC).replace(tzinfo=None),
            entry.kind,
            entry.who,
            entry.action,
            entry.subject,
            None if entry.details is None else orjson.dumps(entry.details).decode(),
            entry.address,
            entry.request_id,
        ]
        for entry in entries
    )
    return Table("Audit log", COLUMNS, rows)
