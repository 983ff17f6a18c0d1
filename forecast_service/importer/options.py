"""Options of an import, and the check of its mode and files."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from forecast_service.common.column_roles import read_column_roles
from forecast_service.common.names import listed_names
from forecast_service.errors import InvalidRequest, Remedy, UnknownField
from forecast_service.storage.limits import Limits

__all__ = ["CHOICES", "MODES", "ROLES", "ImportOptions", "check_request"]

MODES = ("FULL", "INCREMENTAL")
ROLES = ("sales", "features", "future", "stores")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "date_order": ("dmy", "mdy", "ymd"),
    "decimal": ("point", "comma"),
    "duplicates": ("refuse", "sum", "last"),
    "missing": ("unknown", "zero"),
}


@dataclass(frozen=True)
class ImportOptions:
    """Options of one import; all may be left out."""

    only: tuple[str, ...] = ()
    """Stores to import; the rows of the others are checked, but not kept. A text may name several,
    separated by commas; so may one of ``ignore``."""
    stores_limit: int | None = None
    """Import at most this many stores, in the order of their numbers."""
    allow_returns: bool = False
    """Whether days with negative sales are allowed."""
    ignore: tuple[str, ...] = ()
    """Columns that are left out."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Role -> column, for columns that are not recognised by their names."""
    store: str | None = None
    """Name of the only store, for files without a column for it."""
    encoding: str | None = None
    """Encoding of text files; recognised without it."""
    sheet: str | None = None
    """Sheet of a spreadsheet file; the one with sales without it."""
    wide: bool = False
    """Whether the file of sales has a column per day, or a column per store."""
    date_order: str | None = None
    """``dmy``, ``mdy`` or ``ymd``: the order of dates like 1/2/2024, if nothing else tells."""
    decimal: str | None = None
    """``point`` or ``comma``: the decimal mark of all numbers; None: each column shows its own."""
    duplicates: str | None = None
    """``sum`` or ``last``: what several rows of a day mean; None or ``refuse``: a mistake."""
    missing: str | None = None
    """``unknown`` or ``zero``: what a day without a row means; None: as in earlier imports."""

    empty_sales: str = "keep"
    """What an empty cell does to an earlier figure: ``keep``, ``forget`` or ``remove`` the row.

    ``keep`` counts as ``forget`` between the first and the last sale of the same file.
    """
    known_stores: bool = False
    """Whether stores that were never imported are refused."""
    limits: Limits | None = None
    """Stores of the caller; rows of other stores are refused. None: all stores."""
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
            ``stores_limit`` is below 1, there is no such role or encoding, or an option has a
            value that does not exist.
        """
        names = [field.name for field in fields(cls)]
        unknown = sorted(set(values) - set(names))
        if unknown:
            allowed = ", ".join(f"'{name}'" for name in names)
            raise UnknownField(
                f"'{unknown[0]}' is not an option of an import. Allowed are {allowed}."
            )
        lists = {n: tuple(str(v) for v in values[n]) for n in ("only", "ignore") if n in values}
        columns = _columns(values.get("columns", {}))
        limits = values.get("limits")
        if isinstance(limits, Mapping):
            values = {**values, "limits": Limits.from_document(limits)}
        options = cls(**{**values, **lists, "columns": columns})
        _refuse_unknown_encoding(options.encoding)
        if options.stores_limit is not None and options.stores_limit < 1:
            raise InvalidRequest(
                f"'stores_limit' is {options.stores_limit}; it must be at least 1. "
                "Leave it out to import all stores."
            )
        for name, choices in CHOICES.items():
            _refuse_other_value(name, getattr(options, name), choices)
        return options

    def ignored(self, header: Sequence[str]) -> list[str]:
        """The columns to leave out of a file with these columns."""
        known = frozenset(header)
        return [name for text in self.ignore for name in listed_names(text, known)]

    @property
    def remedy_of_stores(self) -> Remedy:
        """What helps with a store that was never imported: rows can be added, but not removed."""
        adds_none = self.empty_sales == "remove" or self.limits is not None
        return Remedy.LIST_STORES if adds_none else Remedy.CREATE_STORES

    @property
    def may_repeat_days(self) -> bool:
        """Whether a series may have several rows of a day."""
        return self.duplicates in ("sum", "last")

    def to_dict(self) -> dict[str, Any]:
        """The options as JSON values; choices that are not made are left out."""
        values = {n: value for n, value in asdict(self).items() if value or n not in CHOICES}
        del values["limits"]
        return values if self.limits is None else {**values, "limits": self.limits.document()}


def _refuse_other_value(name: str, value: str | None, allowed: Sequence[str]) -> None:
    if value is not None and value not in allowed:
        listed = ", ".join(f"'{each}'" for each in allowed)
        raise InvalidRequest(f"'{name}' is '{value}'. Allowed are {listed}.")


def _columns(value: Mapping[str, str] | list[str]) -> dict[str, str]:
    texts = [f"{r}={n}" for r, n in value.items()] if isinstance(value, Mapping) else value
    try:
        return read_column_roles(texts)
    except ValueError as error:
        raise InvalidRequest(str(error)) from error


def _refuse_unknown_encoding(name: str | None) -> None:
    try:
        is_text = name is None or codecs.lookup(name)._is_text_encoding
    except LookupError:
        is_text = False
    if not is_text:
        raise InvalidRequest(
            f"'{name}' is not a known encoding. Name one such as 'utf-8', 'cp1252' or 'utf-16'."
        )


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
            "Send the files as 'sales', 'features', 'future' or 'stores'."
        )
    needed = ("sales",) if mode == "FULL" else ("sales", "features", "future")
    if not any(role in files for role in needed):
        raise InvalidRequest(
            f"An import in mode '{mode}' needs a file for "
            f"{' or '.join(repr(role) for role in needed)}, but none was sent. Add one."
        )
