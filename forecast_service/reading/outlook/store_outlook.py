"""Outlooks: answers what a store (or an item) sold, will sell, and why."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa

from forecast_service.engine.calendar import parse_frequency, period_starts
from forecast_service.errors import NoForecast, Remedy
from forecast_service.reading.current import Answer, CurrentForecast
from forecast_service.reading.outlook.columns import numbers
from forecast_service.reading.outlook.last_year import a_year_before
from forecast_service.reading.outlook.public_holidays import holidays_on
from forecast_service.reading.outlook.timeline import Dates, Timeline, read_timeline
from forecast_service.reading.outlook.weeks import weeks_of
from forecast_service.reading.questions import Question
from forecast_service.reading.store_reader import StoreReader
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.forecast_store import dormant_stores
from forecast_service.storage.groups import DatasetGroup, read_group
from forecast_service.storage.limits import UNLIMITED, Limits
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.stores import existing_stores, items_of

__all__ = ["OutlookQuestion", "Outlooks"]

SHOWN_DAYS = {"D": 91, "W": 2 * 364, "M": 3 * 365}
"""Days of history by unit of the frequency, unless the question has another number."""
YEAR = np.timedelta64(371, "D")  # the comparable days of a period are at most so far before it

Document = dict[str, Any]


@dataclass(frozen=True)
class OutlookQuestion:
    """One store, or one item in it; ``days`` of its history."""

    store: int | str
    item: str | None = None
    days: int | None = None
    limits: Limits = UNLIMITED


class Outlooks:
    """Makes the outlooks of stores; answers are cached like forecasts."""

    def __init__(self, database: Database, settings: Settings, current: CurrentForecast) -> None:
        self.database = database
        self.settings = settings
        self.current = current
        self.snapshots = SnapshotStore(database, settings.home)

    def answer(
        self,
        question: OutlookQuestion,
        representation: Hashable,
        encode: Callable[[Document], tuple[bytes, tuple[tuple[str, str], ...]]],
    ) -> Answer:
        """The outlook in this representation.

        Raises
        ------
        NoForecast, UnknownStore, UnknownItem, DamagedData
            The sentence gives the reason and names what exists.
        """
        return self.current.cached(
            ("outlook", question), representation, lambda day: encode(self.document(question, day))
        )

    def document(self, question: OutlookQuestion, day: date) -> Document:
        """The outlook as JSON; its numbers have all digits."""
        with self.database.read() as connection:
            return _Outlook(self, connection, question, day).document()


class _Outlook:
    """One outlook, from one consistent view of the database."""

    def __init__(
        self, parts: Outlooks, connection: sa.Connection, question: OutlookQuestion, day: date
    ) -> None:
        self.connection = connection
        self.settings = parts.settings
        self.snapshots = parts.snapshots
        self.question = question
        self.name = str(question.store)
        group = read_group(connection, self.settings.dataset_group)
        if group is None:
            raise NoForecast(
                "There is no forecast: no sales were imported yet.", remedy=Remedy.IMPORT_THEN_TRAIN
            )
        self.group: DatasetGroup = group
        self.store = existing_stores(connection, group.name, [self.name])[self.name]
        items = () if question.item is None else (question.item,)
        asked = Question(stores=(question.store,), many=True, items=items)
        reader = StoreReader(connection, self.settings, group, asked, day)
        self.served = reader.document(self.store, question.store)

    def document(self) -> Document:
        predictions = self.served["result"]["Forecast"]["Predictions"]
        points = next(iter(predictions.values()))
        ahead = np.array([point["Timestamp"][:10] for point in points], dtype="datetime64[D]")
        values = {
            name: np.array([point["Value"] for point in row]) for name, row in predictions.items()
        }
        past = self._past(ahead)
        timeline = self._timeline(past, ahead)
        before = timeline.sales_on(a_year_before(ahead, self.group.frequency))
        return {
            "store_number": self.question.store,
            "store_name": self.served.get("store_name"),
            "region": self.store["region"],
            "state": self._state(),
            "item": self.question.item,
            "frequency": self.group.frequency,
            "history": self._history(timeline, past, list(values)),
            "forecast": {
                **_columns(timeline, ahead),
                **{name: numbers(row) for name, row in values.items()},
                "last_year": numbers(before),
                "parts": None,
            },
            "holidays": holidays_on(np.concatenate([past, ahead]), self.settings.country),
            "weeks": weeks_of(ahead, values, before),
            "coverage": None,
            "reasons": [],
            "plan": [],
            "problems": [],
            "items": self._items(),
            "unusual_days": self.store["unusual_days"] or [],
            "provenance": self.served["provenance"],
        }

    def _past(self, ahead: Dates) -> Dates:
        """The periods of the history: they end with the newest sales of any store."""
        last = np.datetime64(self.group.last_sale_on or str(ahead[0] - 1), "D")
        unit = parse_frequency(self.group.frequency).unit
        days = self.question.days or SHOWN_DAYS.get(unit, SHOWN_DAYS["D"])
        first = last - (days - 1)
        starts = period_starts(
            first.astype("datetime64[s]"), last.astype("datetime64[s]"), self.group.frequency
        )
        return starts.astype("datetime64[D]")

    def _timeline(self, past: Dates, ahead: Dates) -> Timeline:
        first = min(past[0], ahead[0]) - YEAR
        last = max(past[-1], ahead[-1])
        series = self.name, self.question.item
        return read_timeline(self.snapshots, self.group, series, first, last)

    def _history(self, timeline: Timeline, past: Dates, types: Sequence[str]) -> Document:
        before = timeline.sales_on(a_year_before(past, self.group.frequency))
        return {
            **_columns(timeline, past),
            "sales": numbers(timeline.sales_on(past)),
            "last_year": numbers(before),
            "then": {name: [None] * len(past) for name in types},
        }

    def _state(self) -> str:
        arn = self.group.current_forecast_arn
        return "dormant" if dormant_stores(self.connection, arn, [self.name]) else "active"

    def _items(self) -> Document | None:
        if not self.group.has_items:
            return None
        return {"count": len(items_of(self.connection, self.group.name, self.name))}


def _columns(timeline: Timeline, dates: Dates) -> Document:
    """What past and forecast have in common."""
    return {
        "date": [str(day) for day in dates],
        "closed": timeline.closed_on(dates).tolist(),
        "covariates": {
            name: numbers(values) for name, values in timeline.covariates_on(dates).items()
        },
    }
