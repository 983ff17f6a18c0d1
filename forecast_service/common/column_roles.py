"""Roles of columns that a request or a setting can name: ``store=Filiale``."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["COLUMN_ROLES", "read_column_roles"]

COLUMN_ROLES = ("store", "date", "sales", "item", "open", "stockout", "region")


def read_column_roles(texts: Iterable[str]) -> dict[str, str]:
    """Role -> name of the column, from texts such as ``store=Filiale``.

    Raises
    ------
    ValueError
        A text has another form, or a role or a column stands twice; the message says which.
    """
    roles: dict[str, str] = {}
    for text in texts:
        role, sign, name = (part.strip() for part in text.partition("="))
        role = role.lower()
        if not sign or not name or role not in COLUMN_ROLES:
            raise ValueError(
                f"'{text}' does not name a column. Write role=name, such as store=Filiale; the "
                f"roles are {', '.join(COLUMN_ROLES)}."
            )
        if role in roles or name in roles.values():
            raise ValueError(f"'{text}' names a role or a column twice. Name each of them once.")
        roles[role] = name
    return roles
