"""What groups of an identity provider grant: ``sales=planner``, ``north=region:North``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

__all__ = ["GROUP_LIMITS", "ROLE_NAMES", "read_group_limits", "read_group_roles"]

ROLE_NAMES = ("viewer", "planner", "admin")  # the strongest last
GROUP_LIMITS = ("region", "store")


def read_group_roles(texts: Iterable[str]) -> dict[str, str]:
    """Group -> role.

    Raises
    ------
    ValueError
        A text has another form; the message says which.
    """
    roles = {}
    for text in texts:
        group, _, role = (part.strip() for part in text.rpartition("="))
        if not group or role not in ROLE_NAMES:
            raise ValueError(f"'{text}' is not group=role; the roles are {', '.join(ROLE_NAMES)}")
        roles[group] = role
    return roles


def read_group_limits(texts: Iterable[str]) -> Mapping[str, list[tuple[str, str]]]:
    """Group -> the regions and stores that it opens, such as ``("region", "north")``.

    Raises
    ------
    ValueError
        A text has another form; the message says which.
    """
    limits = defaultdict(list)
    for text in texts:
        group, _, limit = (part.strip() for part in text.rpartition("="))
        kind, _, name = (part.strip() for part in limit.partition(":"))
        if not group or not name or kind not in GROUP_LIMITS:
            raise ValueError(f"'{text}' is not group=region:NAME or group=store:NAME")
        limits[group].append((kind, name))
    return limits
