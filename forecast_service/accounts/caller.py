"""Caller: who makes a request, what they may do, and which stores they may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

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

Scope = Literal["read", "train", "force", "import", "admin"]
Need = Literal["public", "known", "read", "train", "force", "import", "admin"]
"""What a route needs of its caller: a scope, or one of the two below."""

PUBLIC: Final = "public"
"""Anybody may call."""
KNOWN: Final = "known"
"""Every caller who is known may call, with any scopes."""

SCOPES: tuple[Scope, ...] = ("read", "train", "force", "import", "admin")
ROLES: dict[str, frozenset[Scope]] = {
    "viewer": frozenset({"read"}),
    "planner": frozenset({"read", "train", "import"}),
    "admin": frozenset(SCOPES),
}


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
