"""Stores and sales as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forecast_service.resources.tables.table import Number, Table, as_time

__all__ = ["history_table", "stores_table"]

STORE_COLUMNS = ("store_number", "region", "state")
STORE_DAYS = ("first_sale_on", "last_sale_on")

Documents = Sequence[Mapping[str, Any]]


def stores_table(stores: Documents, stale: str | None) -> Table:
    """A row per store, with a column per attribute."""
    names = list(dict.fromkeys(name for store in stores for name in store["attributes"]))
    columns = [*STORE_COLUMNS, *names, *STORE_DAYS, "days", "assumed_from", "forecast_stale"]
    rows = (
        [
            *(store[name] for name in STORE_COLUMNS),
            *(store["attributes"].get(name) for name in names),
            *(_day(store[name]) for name in STORE_DAYS),
            store["days"],
            _day(store["assumed_from"]),
            stale,
        ]
        for store in stores
    )
    return Table("Stores", columns, rows)


def history_table(store_number: int | str, days: Documents) -> Table:
    """A row per day and item, with a column per covariate."""
    names = list(dict.fromkeys(name for day in days for name in day["covariates"]))
    columns = ["store_number", "item", "date", "sales", "stockout", *names]
    rows = (
        [
            store_number,
            day.get("item"),
            _day(day["date"]),
            _number(day["sales"]),
            int(day["stockout"]),
            *(_number(day["covariates"].get(name)) for name in names),
        ]
        for day in days
    )
    return Table("Sales", columns, rows)


def _day(text: str | None) -> Any:
    return None if text is None else as_time(f"{text}T00:00:00")


def _number(value: float | None) -> int | Number | None:
    """A number as people write it: 12 and not 12.0."""
    if value is None:
        return None
    return int(value) if value == int(value) else Number(value)
