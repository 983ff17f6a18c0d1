"""Outlooks and items as tables: what is on the screen, a row per period or item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forecast_service.common.rounding import decimals_of
from forecast_service.resources.tables.table import Number, Table, as_time

__all__ = ["ITEM_COLUMNS", "as_rows", "items_table", "outlook_table"]

Document = Mapping[str, Any]
ITEM_COLUMNS = ("next_7_days", "low", "high", "last_7_days")


def as_rows(columns: Document) -> list[dict[str, Any]]:
    """Columns as a list with an object per period; inner columns stay inside."""
    count = len(columns["date"])
    return [_at(columns, place) for place in range(count)]


def _at(value: Any, place: int) -> Any:
    if isinstance(value, Mapping):
        return {name: _at(part, place) for name, part in value.items()}
    return value[place] if isinstance(value, list) else value


def outlook_table(document: Document, *, full: bool) -> Table:
    """A row per period of history and forecast: sales, forecast, last year, plan."""
    history, forecast = document["history"], document["forecast"]
    types = list(history["then"])
    covariates = list(forecast["covariates"])
    parts = list(forecast["parts"] or ())
    columns = [
        *("store_number", "store_name", "item", "date", "sales", *types, "last_year"),
        *("closed", "holiday", *covariates),
        *(f"forecast_before_{name}" for name in types),
        *(f"part_{name}" for name in parts),
    ]
    decimals = None if full else decimals_of(v for name in types for v in forecast[name])
    names = [document["store_number"], document["store_name"], document["item"]]

    def rows() -> Any:
        for kind in (history, forecast):
            for row in as_rows(kind):
                then, of_parts = row.get("then") or {}, row.get("parts") or {}
                yield [
                    *names,
                    as_time(f"{row['date']}T00:00:00"),
                    _number(row.get("sales"), decimals),
                    *(_number(row.get(name), decimals) for name in types),
                    _number(row["last_year"], decimals),
                    int(row["closed"]),
                    document["holidays"].get(row["date"]),
                    *(_number(row["covariates"].get(name), None) for name in covariates),
                    *(_number(then.get(name), decimals) for name in types),
                    *(_number(of_parts.get(name), decimals) for name in parts),
                ]

    return Table("Outlook", columns, rows())


def items_table(document: Document, *, full: bool) -> Table:
    """A row per item."""
    items: Sequence[Document] = document["items"]
    values = (row[name] for row in items for name in ITEM_COLUMNS if row[name] is not None)
    decimals = None if full else decimals_of(values)
    columns = ["store_number", "item", "state", *ITEM_COLUMNS, "change"]
    rows = (
        [
            document["store_number"],
            row["item"],
            row["state"],
            *(_number(row[name], decimals) for name in ITEM_COLUMNS),
            _number(row["change"], None if full else 3),
        ]
        for row in items
    )
    return Table("Items", columns, rows)


def _number(value: float | None, decimals: int | None) -> int | Number | None:
    if value is None:
        return None
    whole = decimals is None and float(value).is_integer()
    return int(value) if whole else Number(value, decimals)
