"""What a user may ask of an import, beside its files."""

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
    """Options of one import; all of them may be left out."""

    only: tuple[str, ...] = ()
    """Stores to import; the others' rows are read and checked, but not kept."""
    stores_limit: int | None = None
    """Import no more than this many stores, in the order of their numbers."""
    allow_returns: bool = False
    """Whether days with negative sales are allowed."""
    ignore: tuple[str, ...] = ()
    """Columns that are left out."""

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ImportOptions:
        """Options as sent or stored; the inverse of ``to_dict``.

        Raises
        ------
        UnknownField
            There is no such option.
        """
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(values) - set(known))
        if unknown:
            allowed = ", ".join(f"'{name}'" for name in known)
            raise UnknownField(
                f"'{unknown[0]}' is no option of an import. Allowed are {allowed}: use one of them."
            )
        lists = {n: tuple(str(v) for v in values[n]) for n in ("only", "ignore") if n in values}
        options = cls(**{**values, **lists})
        if options.stores_limit is not None and options.stores_limit < 1:
            raise InvalidRequest(
                f"'stores_limit' is {options.stores_limit}; at least 1 store must be left. "
                "Leave it out to import all."
            )
        return options

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def check_request(files: Mapping[str, object], mode: str) -> None:
    """Refuse a mode or a combination of files that no import can have.

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
            f"'{unknown[0]}' is no role of a file. Send the files as 'sales', 'future' or 'stores'."
        )
    needed = ("sales",) if mode == "FULL" else ("sales", "future")
    if not any(role in files for role in needed):
        raise InvalidRequest(
            f"No file of sales was sent; an import in mode '{mode}' needs "
            f"{' or '.join(repr(role) for role in needed)}. Name one."
        )
