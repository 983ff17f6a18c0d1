"""Caller: who makes a request, what they may do, and which stores they may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from forecast_service.storage.limits import UNLIMITED, Limits

__all__ = ["OPEN_CALLER", "ROLES", "SCOPES", "Caller", "Scope"]

Scope = Literal["read", "train", "force", "import", "admin"]

SCOPES: tuple[Scope, ...] = ("read", "train", "force", "import", "admin")
ROLES: dict[str, frozenset[Scope]] = {
    "viewer": frozenset({"read"}),
    "planner": frozenset({"read", "train", "import"}),
    "admin": frozenset(SCOPES),
}


@dataclass(frozen=True)
class Caller:
    """Who makes a request."""

    kind: Literal["open", "key", "user"]
    """``open``: anybody on this machine, while there are no accounts."""
    name: str
    scopes: frozenset[Scope]
    limits: Limits = UNLIMITED
    role: str | None = None
    """Role of a user."""

    def may(self, scope: Scope) -> bool:
        """Whether the caller has this scope."""
        return scope in self.scopes


OPEN_CALLER = Caller("open", "local", frozenset(SCOPES))
