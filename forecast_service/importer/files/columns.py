"""Columns by role: recognises store, date, sales and item by name, or takes them as named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from forecast_service.importer.files.column_names import OPEN, folded, known_name, snake
from forecast_service.importer.files.role_words import (
    ALIASES,
    ID_WORDS,
    OPEN_WORDS,
    SALES_UNITS,
    TOTALS,
    WHOLE,
)
from forecast_service.importer.files.stockouts import find_mark_column

__all__ = ["ROW_NUMBERS", "Roles", "find_column", "is_total", "recognise", "recognised_names",
           "role_of", "store_column"]  # fmt: skip

ROW_NUMBERS = frozenset(("", "id", "index", "row", "row_id", "row_number", "unnamed_0"))
SHOWN_NAMES = 8
TARGET = "target"  # the role that requests call sales


@dataclass(frozen=True)
class Roles:
    """The columns of a file by role; ``others`` become covariates, or are left out."""

    store: str | None
    """None: all rows are of one store."""
    date: str
    target: str | None
    item: str | None
    others: tuple[str, ...]
    stockout: str | None = None
    open: str | None = None
    """The one of the others that says whether a store is open."""


def recognise(
    header: Sequence[str],
    *,
    ignore: Iterable[str] = (),
    covariates: Sequence[str] = (),
    named: Mapping[str, str] | None = None,
) -> Roles | None:
    """The columns by role; None without a date.

    Without a store column, ``item_id`` is the store, as in Amazon's own store-only files.
    A column among the ``covariates`` of the dataset group does not mark stock-outs.
    ``named`` maps roles to names; a name that is not in the header counts for nothing.
    """
    ignored = {snake(name) for name in ignore}
    free = [name for name in header if snake(name) not in ignored]
    roles = {
        TARGET if role == "sales" else role: find_column(free, name)
        for role, name in (named or {}).items()
    }
    for role in ALIASES:
        if roles.get(role) is None:
            taken = {name for name in roles.values() if name is not None}
            roles[role] = _by_words(role, [name for name in free if name not in taken])
    if roles["store"] is None and folded(roles["item"] or "") == "item_id":
        roles["store"], roles["item"] = roles["item"], None
    if roles["date"] is None:
        return None
    marks = roles.get("stockout") or _marks(free, roles, covariates)
    keys = {roles[role] for role in ALIASES} | {marks}
    others = tuple(name for name in free if name not in keys)
    opening = roles.get(OPEN) or _opening(others)
    return Roles(
        roles["store"], roles["date"], roles["target"], roles["item"], others, marks, opening
    )


def store_column(header: Sequence[str], named: str | None = None) -> str | None:
    """The column of the store in a table with a row per store."""
    column = None if named is None else find_column(header, named)
    column = column or _by_words("store", header)
    return column or next((name for name in header if folded(name) == "item_id"), None)


@lru_cache(maxsize=4096)
def role_of(name: str) -> str | None:
    """The role that a name stands for by itself: store, date, target or item."""
    return next((role for role in ALIASES if _by_words(role, [name]) is not None), None)


def find_column(header: Sequence[str], name: str) -> str | None:
    """The column with this name; capital letters and signs need not be the same."""
    if name in header:
        return name
    alike = [each for each in header if snake(each) == snake(name)]
    return alike[0] if len(alike) == 1 else None


def is_total(text: str | None) -> bool:
    """Whether a cell is the label of a row of totals: ``Grand Total``, ``Summe Filiale 3``."""
    if text is None:
        return False
    first, *others = folded(text).split("_", 2)
    return first in TOTALS or (first in WHOLE and bool(others) and others[0] in TOTALS)


def recognised_names(role: str) -> str:
    """Some recognised names of a role, as a list for people."""
    shown = ", ".join(f"'{name}'" for name in ALIASES[role][:SHOWN_NAMES])
    return f"{shown} and others, also in other languages"


def _by_words(role: str, header: Sequence[str]) -> str | None:
    """The column whose name comes first in the words of the role."""
    spellings: dict[str, str] = {}
    for shortened in (False, True):
        for name in header:
            word = _core(role, folded(name)) if shortened else folded(name)
            spellings.setdefault(word, name)
    return next((spellings[word] for word in ALIASES[role] if word in spellings), None)


def _core(role: str, word: str) -> str:
    """A name without the words that often stand beside a role."""
    if role == TARGET:
        parts = word.split("_")
        while len(parts) > 1 and parts[-1] in SALES_UNITS:
            parts.pop()
        return "_".join(parts)
    if role == "date":
        return word
    kept = [part for part in word.split("_") if part not in ID_WORDS]
    core = "_".join(kept)
    for ending in ("编号", "编码", "代码", "編號", "nummer", "nr", "id"):
        if core.endswith(ending) and core.removesuffix(ending) in ALIASES[role]:
            return core.removesuffix(ending)
    return core


def _marks(
    header: Sequence[str], roles: Mapping[str, str | None], covariates: Sequence[str]
) -> str | None:
    taken = set(roles.values())
    return find_mark_column(
        (folded(name), name)
        for name in header
        if name not in taken and known_name(name, covariates) is None
    )


def _opening(others: Sequence[str]) -> str | None:
    """The column that says whether a store is open, if no column is called so."""
    if any(snake(name) == OPEN for name in others):
        return None
    return next((name for name in others if folded(name) in OPEN_WORDS), None)
