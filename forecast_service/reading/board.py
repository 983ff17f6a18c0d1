"""Board: every store in one line, as the overview shows them on one day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa

from forecast_service.common.instants import utc_text
from forecast_service.engine.calendar import last_day
from forecast_service.monitoring.accuracy import read_weeks
from forecast_service.monitoring.forecast_values import read_forecast
from forecast_service.monitoring.measures import Measure, measures_by_store
from forecast_service.monitoring.problems import Problem, State, problems_of
from forecast_service.monitoring.summary import Summary, read_summary, summarise
from forecast_service.reading.staleness import served_staleness
from forecast_service.reading.store_reader import store_name
from forecast_service.storage import forecast_store
from forecast_service.storage.groups import DatasetGroup
from forecast_service.storage.tables import stores

__all__ = ["ACCURACY_WEEKS", "Board", "Line", "read_board"]

ACCURACY_WEEKS = 13
SHOWN_LAGS = (1, 7, 14)


@dataclass(frozen=True)
class Line:
    """One store. Numbers are None where they are not known; shares have the base 1."""

    store: str
    name: str | None
    region: str
    is_dormant: bool
    next_week: float | None
    low: float | None
    high: float | None
    last_week: float | None
    last_year: float | None
    accuracy: dict[str, Measure] | None
    accuracy_source: str | None
    data_until: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Board:
    """All stores, and what holds for all of them."""

    as_of: date
    week: tuple[str, str] | None
    """First and last day of the coming week; None without a forecast."""
    forecast: dict[str, Any] | None
    lines: tuple[Line, ...]


def read_board(connection: sa.Connection, group: DatasetGroup, today: date) -> Board:
    """The board of a dataset group on a day."""
    rows = _store_rows(connection, group.name)
    arn = group.current_forecast_arn
    forecast = None if arn is None else forecast_store.forecast_row(connection, arn)
    summary = None if forecast is None else _summary(connection, group, str(arn))
    names = tuple(row["store"] for row in rows)
    weeks = read_weeks(connection, group.name, ACCURACY_WEEKS)
    served = measures_by_store(weeks, names, SHOWN_LAGS)
    reader = _Reader(group, summary, forecast, np.datetime64(today, "D"))
    return Board(
        as_of=today,
        week=reader.week,
        forecast=None if forecast is None else _forecast(connection, group, forecast, today),
        lines=tuple(reader.line(row, each) for row, each in zip(rows, served, strict=True)),
    )


def _store_rows(connection: sa.Connection, group: str) -> Sequence[Mapping[str, Any]]:
    statement = sa.select(stores).where(stores.c.dataset_group == group)
    return [dict(row) for row in connection.execute(statement).mappings()]


def _summary(connection: sa.Connection, group: DatasetGroup, arn: str) -> Summary | None:
    """The summary of the served forecast; without one, what the forecast alone tells."""
    summary = read_summary(connection, arn)
    if summary is not None:
        return summary
    forecast = read_forecast(connection, arn, has_items=group.has_items)
    return None if forecast is None else summarise(forecast, None, None)


def _forecast(
    connection: sa.Connection, group: DatasetGroup, forecast: sa.RowMapping, today: date
) -> dict[str, Any]:
    return {
        "id": forecast["forecast_arn"].rpartition("/")[2],
        "created_at": utc_text(forecast["created_at"]),
        "data_until": forecast["data_until"],
        "source": forecast["source"],
        "algorithm": forecast["algorithm"],
        "stale": served_staleness(connection, group, today),
    }


class _Reader:
    """Makes the lines of stores from the summary of the served forecast."""

    def __init__(
        self,
        group: DatasetGroup,
        summary: Summary | None,
        forecast: sa.RowMapping | None,
        today: np.datetime64,
    ) -> None:
        self.group = group
        self.summary = summary
        self.today = today
        self.data_until = None if forecast is None else str(forecast["data_until"])
        self.rows: dict[str, int] = {}
        self.week: tuple[str, str] | None = None
        if summary is not None:
            self.rows = {name: row for row, name in enumerate(summary.stores)}
            self.start = summary.start_on(today)
            first, last = summary.week(self.start)
            self.week = str(first), str(last)

    def line(self, store: Mapping[str, Any], served: dict[str, Measure] | None) -> Line:
        """The line of a store; ``served`` is the accuracy of what was served for it."""
        row = self.rows.get(store["store"])
        state = self._state(row)
        accuracy, source = self._accuracy(state, served)
        return Line(
            store=store["store"],
            name=store_name(store),
            region=store["region"],
            is_dormant=state.is_dormant,
            next_week=self._number("middle", row),
            low=self._number("low", row),
            high=self._number("high", row),
            last_week=self._number("last_week", row),
            last_year=self._number("last_year", row),
            accuracy=accuracy,
            accuracy_source=source,
            data_until=last_day(store["last_sale_on"], self.group.frequency),
            problems=tuple(problems_of(store, state)),
        )

    def _number(self, name: str, row: int | None) -> float | None:
        if row is None or self.summary is None:
            return None
        values = getattr(self.summary, name)[row]
        value = float(values if values.ndim == 0 else values[self.start])
        return value if np.isfinite(value) else None

    def _state(self, row: int | None) -> State:
        facts, resting = None, frozenset[np.datetime64]()
        if row is not None and self.summary is not None:
            facts = self.summary.facts[row]
            closed = self.summary.is_expected[row] == 0
            resting = frozenset(self.summary.periods[closed & (self.summary.periods < self.today)])
        return State(self.today, self.group.frequency, self.data_until, facts, resting)

    @staticmethod
    def _accuracy(
        state: State, served: dict[str, Measure] | None
    ) -> tuple[dict[str, Measure] | None, str | None]:
        if served is not None:
            return served, "served"
        facts = {} if state.facts is None else state.facts.facts or {}
        tested = facts.get("backtest")
        return (None, None) if tested is None else ({"backtest": tested}, "backtest")
