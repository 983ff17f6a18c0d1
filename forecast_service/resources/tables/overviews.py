"""The overview as a table: a row per store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from forecast_service.resources.tables.table import Number, Table

__all__ = ["overview_table"]

UNITS = ("next_7_days", "low", "high", "last_7_days", "last_year")
COLUMNS = (
    *("store_number", "store_name", "region", "state", "week_from", "week_to"),
    *("next_7_days", "low", "high", "last_7_days", "change", "last_year", "change_to_last_year"),
    *("wape", "bias", "accuracy_lag", "accuracy_source", "data_until", "problems", "stale"),
)
PREFERRED = ("7", "14", "1", "backtest")

Document = dict[str, Any]


def overview_table(document: Document, stores: Sequence[Document]) -> Table:
    """A row per store; the accuracy is that of a week ahead, if it is known."""
    week = document["week"] or {}
    days = [_day(week.get("from")), _day(week.get("to"))]
    stale = (document["forecast"] or {}).get("stale")
    return Table("Overview", COLUMNS, ([*_cells(store, days), stale] for store in stores))


def _cells(store: Document, days: list[date | None]) -> list[Any]:
    lag = next((lag for lag in PREFERRED if lag in (store["accuracy"] or {})), None)
    measure = {} if lag is None else store["accuracy"][lag]
    return [
        *(store[name] for name in ("store_number", "store_name", "region", "state")),
        *days,
        *(_units(store[name]) for name in ("next_7_days", "low", "high", "last_7_days")),
        _share(store["change"]),
        _units(store["last_year"]),
        _share(store["change_to_last_year"]),
        _share(measure.get("wape")),
        _share(measure.get("bias")),
        int(lag) if lag is not None and lag.isdigit() else None,
        store["accuracy_source"],
        _day(store["data_until"]),
        " ".join(problem["text"] for problem in store["problems"]) or None,
    ]


def _units(value: float | None) -> int | Number | None:
    return None if value is None else value if isinstance(value, int) else Number(value, 1)


def _share(value: float | None) -> Number | None:
    return None if value is None else Number(value, 3)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
