"""What the tests know of their users, and what the audit log says of them."""

from __future__ import annotations

from typing import Any

from forecast_service.accounts.audit import AuditFilter
from forecast_service.service import Service

PASSWORD = "river sand copper moon"
NEW_PASSWORD = "cloud tin meadow piano"
HERE, THERE = "192.0.2.1", "192.0.2.2"


def recorded(service: Service) -> list[tuple[Any, ...]]:
    """Kind, who, action and subject of all entries, oldest first."""
    entries = service.audit.list(AuditFilter())[::-1]
    return [(entry.kind, entry.who, entry.action, entry.subject) for entry in entries]
