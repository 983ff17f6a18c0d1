"""User: a person with a role, limits and (unless she logs in elsewhere) a password."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forecast_service.accounts.caller import ROLES, Caller
from forecast_service.errors import InvalidRequest
from forecast_service.storage.limits import Limits

__all__ = [
    "LANGUAGES",
    "NAME_LENGTH",
    "User",
    "checked_user_name",
    "user_from",
    "user_name",
]

NAME_LENGTH = 100
LANGUAGES = ("de", "en")


@dataclass(frozen=True)
class User:
    """One user, without the password."""

    name: str
    role: str
    limits: Limits
    language: str | None
    """Of the pages; None: the browser's."""
    disabled: bool
    has_password: bool
    """False if the user logs in at the identity provider only."""
    is_external: bool
    """Whether the identity provider knows the user; each log-in then sets role and limits."""
    created_at: float
    logged_in_at: float | None

    @property
    def caller(self) -> Caller:
        """The user as a caller."""
        return Caller("user", self.name, ROLES[self.role], self.limits, self.role)


def user_from(row: Mapping[Any, Any]) -> User:
    """The user in a row of the table."""
    return User(
        name=row["name"],
        role=row["role"],
        limits=Limits.from_document(row),
        language=row["language"],
        disabled=bool(row["disabled"]),
        has_password=row["password"] is not None,
        is_external=row["subject"] is not None,
        created_at=row["created_at"],
        logged_in_at=row["logged_in_at"],
    )


def user_name(text: str) -> str:
    """A name as it is stored: ``Ann`` and ``ann `` are the same user.

    Example
    -------
    >>> user_name(" Ann@Example.com ")
    'ann@example.com'
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()


def checked_user_name(text: str) -> str:
    """The name of a new user, as it is stored.

    Raises
    ------
    InvalidRequest
        It is empty, too long or has characters that cannot be seen.
    """
    name = user_name(text)
    if not 0 < len(name) <= NAME_LENGTH or not name.isprintable():
        raise InvalidRequest(
            f"'{text[:NAME_LENGTH]}' is not a name of a user. A name has 1 to {NAME_LENGTH} "
            "characters that can be seen, for example 'ann' or 'ann@example.com'."
        )
    return name
