"""What exists: stores and items by name, and the sentences that say so to who asked for others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from forecast_service.errors import (
    InvalidRequest,
    Remedy,
    UnknownItem,
    UnknownRegion,
    UnknownStore,
)
from forecast_service.storage.groups import DatasetGroup
from forecast_service.storage.tables import series, stores

__all__ = [
    "existing_stores",
    "natural_order",
    "refuse_missing_item",
    "refuse_unknown_region",
    "stores_after",
]

NAMED = 10  # names that a sentence lists before it says how many more there are
NUMBER_DIGITS = 18  # of a store's number that decide its place: what a database's integer holds
BATCH = 500  # names in one statement; databases limit the number of parameters


def existing_stores(
    connection: sa.Connection, group: str, asked: Sequence[int | str]
) -> dict[str, sa.RowMapping]:
    """Rows of the stores asked for, by identifier.

    Raises
    ------
    UnknownStore
        One or more do not exist; the sentence names all of them, and what does exist.
    """
    names = list(dict.fromkeys(str(sent) for sent in asked))
    found: dict[str, sa.RowMapping] = {}
    for start in range(0, len(names), BATCH):
        statement = sa.select(stores).where(
            stores.c.dataset_group == group, stores.c.store.in_(names[start : start + BATCH])
        )
        found.update({row["store"]: row for row in connection.execute(statement).mappings()})
    missing = [name for name in names if name not in found]
    if missing:
        known = connection.execute(
            sa.select(stores.c.store).where(stores.c.dataset_group == group)
        ).scalars()
        raise UnknownStore(_unknown_stores(missing, list(known)), remedy=Remedy.LIST_STORES)
    return found


def refuse_missing_item(
    connection: sa.Connection, group: DatasetGroup, store: str, item: str | None
) -> None:
    """Refuse an item that this store never sold, or its absence where one is needed.

    Raises
    ------
    UnknownItem, InvalidRequest
        The sentence names the items of the store.
    """
    if not group.has_items:
        if item is not None:
            raise UnknownItem(
                f"Item '{item}' is unknown: these sales are per store, without items. "
                "Leave 'item' out."
            )
        return
    of_store = sa.select(series.c.item).where(
        series.c.dataset_group == group.name, series.c.store == store
    )
    if item is not None and connection.execute(of_store.where(series.c.item == item)).first():
        return
    names = _names(list(connection.execute(of_store).scalars()))
    if item is None:
        raise InvalidRequest(f"'item' is missing: store '{store}' sells {names}. Name one of them.")
    raise UnknownItem(f"Item '{item}' is unknown: store '{store}' sells {names}.")


def refuse_unknown_region(connection: sa.Connection, group: str, region: str) -> None:
    """Refuse a region in which no store is.

    Raises
    ------
    UnknownRegion
        The sentence names the regions that exist.
    """
    known = connection.execute(
        sa.select(stores.c.region).where(stores.c.dataset_group == group).distinct()
    ).scalars()
    names = list(known)
    if region not in names:
        raise UnknownRegion(
            f"Region '{region}' is unknown: there is {_names(names)}.",
            remedy=Remedy.LIST_REGIONS,
        )


class _is_number(FunctionElement[bool]):
    """Whether a text is digits only."""

    type = sa.Boolean()
    inherit_cache = True


@compiles(_is_number, "sqlite")
def _sqlite_is_number(element: Any, compiler: Any, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)} NOT GLOB '*[^0-9]*')"


@compiles(_is_number, "postgresql")
def _postgresql_is_number(element: Any, compiler: Any, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)} ~ '^[0-9]+$')"


class _code_points(FunctionElement[str]):
    """A text that is compared by its code points, as Python does."""

    type = sa.String()
    inherit_cache = True


@compiles(_code_points, "sqlite")
def _sqlite_code_points(element: Any, compiler: Any, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)} COLLATE BINARY)"


@compiles(_code_points, "postgresql")
def _postgresql_code_points(element: Any, compiler: Any, **kw: Any) -> str:
    return f'({compiler.process(element.clauses, **kw)} COLLATE "C")'


def stores_after(last: str | None, limit: int) -> sa.Select[Any]:
    """At most ``limit`` stores in natural order, from the one after ``last`` on."""
    is_number = _is_number(stores.c.store)
    number = sa.cast(sa.func.substr(stores.c.store, 1, NUMBER_DIGITS), sa.BigInteger)
    place = (
        sa.case((is_number, 0), else_=1),
        sa.case((is_number, number), else_=0),
        _code_points(stores.c.store),
    )
    statement = sa.select(stores).order_by(*place).limit(limit)
    if last is None:
        return statement
    return statement.where(sa.tuple_(*place) > sa.tuple_(*natural_order(last)))


def natural_order(name: str) -> tuple[int, int, str]:
    """Sort key that puts ``2`` before ``10``, and numbers before other names."""
    if name.isascii() and name.isdigit():
        return (0, int(name[:NUMBER_DIGITS]), name)
    return (1, 0, name)


def _unknown_stores(missing: list[str], known: list[str]) -> str:
    if len(missing) == 1:
        subject = f"Store '{missing[0]}' is unknown"
    else:
        subject = f"Stores {_quoted(missing)} are unknown"
    count = f"there is {len(known)} store" if len(known) == 1 else f"there are {len(known)} stores"
    return f"{subject}: {count}, {_range(known)}."


def _range(known: Collection[str]) -> str:
    ordered = sorted(known, key=natural_order)
    if len(ordered) <= NAMED:
        return ", ".join(ordered) if ordered else "none"
    return f"{ordered[0]} … {ordered[-1]}"


def _names(names: list[str]) -> str:
    return _quoted(sorted(names, key=natural_order)) if names else "nothing"


def _quoted(names: list[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED} more"
