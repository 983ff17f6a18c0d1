"""Scopes and roles: what a caller may do, and what a route needs."""

from __future__ import annotations

from typing import Final, Literal

__all__ = ["COMMAND_LINE", "KNOWN", "PUBLIC", "ROLES", "SCOPES", "Need", "Scope"]

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

COMMAND_LINE = "command line"
"""Name under which runs, imports and keys of commands are recorded."""
