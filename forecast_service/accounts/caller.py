"""Caller: who makes a request, what they may do, and which stores they may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from forecast_service.accounts.scopes import (
    KNOWN,
    PUBLIC,
    ROLES,
    SCOPES,
    Need,
    Scope,
)
from forecast_service.errors import NotAllowed, Remedy
from forecast_service.storage.limits import UNLIMITED, Limits

__all__ = [
    "KNOWN",
    "NOBODY",
    "OPEN_CALLER",
    "PUBLIC",
    "ROLES",
    "SCOPES",
    "Caller",
    "Need",
    "Scope",
]


@dataclass(frozen=True)
class Caller:
    """Who makes a request."""

    kind: Literal["open", "key", "user", "nobody"]
    """``open``: anybody on this machine, while there are no accounts."""
    name: str
    scopes: frozenset[Scope]
    limits: Limits = UNLIMITED
    role: str | None = None
    """Role of a user."""
    account_id: str | None = None
    """AWS account whose resources a key uses as an AWS access key; None: that of the settings."""

    def may(self, scope: Scope) -> bool:
        """Whether the caller has this scope. Who sees only some stores administers nothing."""
        return scope in self.scopes and (scope != "admin" or self.limits.are_none)

    def require(self, scope: Scope) -> None:
        """Refuse a caller without this scope.

        Raises
        ------
        NotAllowed
            The sentence names the scope.
        """
        if not self.may(scope):
            raise NotAllowed(
                f"'{self.name}' may not do this: the scope '{scope}' is missing. "
                f"The scopes of '{self.name}' are {self._scopes_in_words()}.",
                remedy=Remedy.ASK_ADMIN,
            )

    def require_all_stores(self, what: str) -> None:
        """Refuse a caller who may see only some stores; ``what`` would change others, too.

        Raises
        ------
        NotAllowed
            The sentence names what was asked for.
        """
        if not self.limits.are_none:
            raise NotAllowed(
                f"'{self.name}' may not do this: {what}, and '{self.name}' is limited to some "
                "stores.",
                remedy=Remedy.ASK_ADMIN,
            )

    def _scopes_in_words(self) -> str:
        return ", ".join(scope for scope in SCOPES if self.may(scope)) or "none"


OPEN_CALLER = Caller("open", "local", frozenset(SCOPES))
NOBODY = Caller("nobody", "nobody", frozenset(), Limits(frozenset(), frozenset()))
"""Who calls a public route without being known: may do nothing and sees no store."""
