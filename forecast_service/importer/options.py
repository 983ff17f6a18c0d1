"""Options of an import, and the check of its mode and files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from forecast_service.errors import InvalidRequest, UnknownField

__all__ = ["MODES", "ROLES", "ImportOptions", "check_request"]

MODES = ("FULL", "INCREMENTAL")
ROLES = ("sales", "future", "stores")


@dataclass(frozen=True)
class ImportOptions:
    """Options of one import; all may be left out."""

    only: tuple[str, ...] = ()
    """Stores to import; the rows of the others are checked, but not kept."""
    stores_limit: int | None = None
    """Import at most this many stores, in the order of their numbers."""
    allow_returns: bool = False
    """Whether days with negative sales are allowed."""
    ignore: tuple[str, ...] = ()
    """Columns that are left out."""

    empty_sales: str = "keep"
    """What an empty cell does to an earlier figure: ``keep``, ``forget`` or ``remove`` the row.

    ``keep`` counts as ``forget`` between the first and the last sale of the same file.
    """
    known_stores: bool = False
    """Whether stores that were never imported are refused."""
    replace: bool = False
    """Whether a full import may drop stores or much of the history."""

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ImportOptions:
        """Options from values as sent or stored; the inverse of ``to_dict``.

        Raises
        ------
        UnknownField
            An option does not exist.
        InvalidRequest
            ``stores_limit`` is below 1.
        """
        names = [field.name for field in fields(cls)]
        unknown = sorted(set(values) - set(names))
        if unknown:
            allowed = ", ".join(f"'{name}'" for name in names)
            raise UnknownField(
                f"'{unknown[0]}' is not an option of an import. Allowed are {allowed}."
            )
        lists = {n: tuple(str(v) for v in values[n]) for n in ("only", "ignore") if n in values}
        options = cls(**{**values, **lists})
        if options.stores_limit is not None and options.stores_limit < 1:
            raise InvalidRequest(
                f"'stores_limit' is {options.stores_limit}; it must be at least 1. "
                "Leave it out to import all stores."
            )
        return options

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def check_request(files: Mapping[str, object], mode: str) -> None:
    """Refuse an unknown mode, an unknown role, or files that do not fit the mode.

    Raises
    ------
    InvalidRequest
        The mode or a role of a file is unknown, or neither sales nor future days were sent.
    """
    if mode not in MODES:
        raise InvalidRequest(
            f"'mode' is '{mode}'. Allowed are 'FULL' (replaces all sales) and 'INCREMENTAL' "
            "(adds days and corrects those that exist)."
        )
    unknown = sorted(set(files) - set(ROLES))
    if unknown:
        raise UnknownField(
            f"'{unknown[0]}' is not a role of a file. "
            "Send the files as 'sales', 'future' or 'stores'."
        )
    needed = ("sales",) if mode == "FULL" else ("sales", "future")
    if not any(role in files for role in needed):
        raise InvalidRequest(
            f"An import in mode '{mode}' needs a file for "
            f"{' or '.join(repr(role) for role in needed)}, but none was sent. Add one."
        )
