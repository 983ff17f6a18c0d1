"""Accuracy report: how far off the served forecasts were, by lag, by week and by store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from forecast_service.engine.panel import FloatArray
from forecast_service.monitoring.accuracy import FIELDS, LAGS, Week, read_weeks
from forecast_service.monitoring.measures import measure, measure_naive, sums_of
from forecast_service.reading.board import Line

__all__ = ["WORST", "accuracy_document"]

WORST = 20  # stores
PREFERRED = (7, 1, 14, 28)  # the first lag with enough days is shown by week and by store
ENOUGH = 0.5  # of the days of lag 1

Document = dict[str, Any]


def accuracy_document(
    connection: sa.Connection, group: str, lines: Sequence[Line], weeks: int
) -> Document:
    """The accuracy of some stores over the newest weeks, and the stores with the largest errors.

    Where nothing was served yet, ``source`` is ``backtest``: then ``backtest`` and ``stores`` have
    the errors of the predictor's backtest.
    """
    read = read_weeks(connection, group, weeks)
    stores = tuple(line.store for line in lines)
    by_store = sums_of(read, stores)
    summed = by_store.sum(axis=2)
    lags = {str(lag): measure(summed[place]) for place, lag in enumerate(LAGS)}
    shown = _shown_lag(summed)
    document: Document = {
        "lags": {lag: measured for lag, measured in lags.items() if measured is not None},
        "naive": _without_none(
            {str(lag): measure_naive(summed[place]) for place, lag in enumerate(LAGS)}
        ),
        "lag": shown,
        "weeks": [],
        "stores": [],
        "backtest": _backtest(lines),
        "source": "served",
    }
    if shown is None:
        tested = [line for line in lines if line.accuracy_source == "backtest"]
        document["stores"] = _worst([_tested(line) for line in tested])
        document["source"] = "backtest" if tested else None
        return document
    place = LAGS.index(shown)
    document["weeks"] = [_week(week, stores, place) for week in read]
    rows = (_served(line, by_store[place, :, row]) for row, line in enumerate(lines))
    document["stores"] = _worst([row for row in rows if row is not None])
    return document


def _shown_lag(sums: FloatArray) -> int | None:
    """A week ahead, if enough days were measured; None if nothing was."""
    days = dict(zip(LAGS, sums[:, FIELDS.index("days")].tolist(), strict=True))
    least = max(1.0, ENOUGH * days[1])
    return next((lag for lag in PREFERRED if days[lag] >= least), None)


def _without_none(values: Document) -> Document:
    return {name: value for name, value in values.items() if value is not None}


def _week(week: Week, stores: tuple[str, ...], place: int) -> Document:
    measured = measure(sums_of([week], stores)[place].sum(axis=1)) or {}
    return {
        "from": str(week.monday),
        "wape": measured.get("wape"),
        "bias": measured.get("bias"),
        "days": measured.get("days", 0),
    }


def _named(line: Line) -> Document:
    return {"store_number": line.store, "store_name": line.name, "region": line.region}


def _served(line: Line, sums: FloatArray) -> Document | None:
    measured = measure(sums)
    if measured is None:
        return None
    naive = measure_naive(sums)
    return {**_named(line), **measured, "naive_wape": None if naive is None else naive["wape"]}


def _tested(line: Line) -> Document:
    tested = (line.accuracy or {})["backtest"]
    return {**_named(line), **tested, "coverage": None, "naive_wape": None}


def _worst(rows: list[Document]) -> list[Document]:
    """The rows with the largest errors first."""
    return sorted(rows, key=lambda row: -(row["wape"] or 0.0))[:WORST]


def _backtest(lines: Sequence[Line]) -> Document | None:
    """The mean errors of the backtests, where nothing was served yet; every store counts alike."""
    tested = [
        line.accuracy["backtest"]
        for line in lines
        if line.accuracy is not None and line.accuracy_source == "backtest"
    ]
    if not tested:
        return None
    return {
        "wape": round(float(np.mean([each["wape"] for each in tested])), 4),
        "bias": round(float(np.mean([each["bias"] for each in tested])), 4),
        "stores": len(tested),
    }
