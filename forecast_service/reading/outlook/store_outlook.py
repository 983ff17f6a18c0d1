"""Outlooks: answers what a store (or an item) sold, will sell, and why."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import sqlalchemy as sa

from forecast_service.common.rounding import decimals_of
from forecast_service.engine.calendar import period_starts
from forecast_service.engine.periods.frequency import parse_frequency
from forecast_service.errors import NoForecast
from forecast_service.monitoring.forecast_values import StoreFacts
from forecast_service.monitoring.last_year import aligned_last_year
from forecast_service.monitoring.problems import State, problems_of
from forecast_service.monitoring.store_sales import KEPT_DAYS
from forecast_service.reading.current import Answer, CurrentForecast, Headers, imported_group
from forecast_service.reading.outlook.band_coverage import coverage_of
from forecast_service.reading.outlook.columns import numbers
from forecast_service.reading.outlook.covariate_kinds import promoted_on
from forecast_service.reading.outlook.earlier_forecasts import forecast_back_then
from forecast_service.reading.outlook.forecast_parts import named_parts
from forecast_service.reading.outlook.plan import planned_covariates
from forecast_service.reading.outlook.public_holidays import holidays_on
from forecast_service.reading.outlook.reasons import no_parts, reasons_of
from forecast_service.reading.outlook.series_forecast import SeriesForecast, read_series
from forecast_service.reading.outlook.store_items import ItemsQuestion, items_document
from forecast_service.reading.outlook.timeline import Dates, Timeline, read_timeline
from forecast_service.reading.outlook.weeks import next_7_days, weeks_of
from forecast_service.reading.questions import Question
from forecast_service.reading.store_reader import StoreReader
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.limits import UNLIMITED, Limits
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.stores import existing_stores, items_of

__all__ = ["OutlookQuestion", "Outlooks"]

SHOWN_DAYS = {"D": 91, "W": 2 * 364, "M": 3 * 365}
"""Days of history by unit of the frequency, unless the question has another number."""
YEAR = np.timedelta64(410, "D")  # the comparable day of last year is at most so far before a day
COMPARED = np.timedelta64(KEPT_DAYS, "D")  # before the forecast, to tell how days move together

Document = dict[str, Any]
Encode = Callable[[Document], tuple[bytes, Headers]]


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
        encode: Encode,
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

    def items(self, question: ItemsQuestion, representation: Hashable, encode: Encode) -> Answer:
        """A page of the items of a store in this representation.

        Raises
        ------
        NoForecast, UnknownStore, DamagedData
            The sentence gives the reason and names what exists.
        """

        def document(day: date) -> Document:
            with self.database.read() as connection:
                group = imported_group(connection, self.settings.dataset_group)
                existing_stores(connection, group.name, [question.store], question.limits)
                return items_document(connection, self.snapshots, group, question, day)

        return self.current.cached(
            ("items", question), representation, lambda day: encode(document(day))
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
        self.day = day
        self.name = str(question.store)
        self.group = imported_group(connection, self.settings.dataset_group)
        rows = existing_stores(connection, self.group.name, [self.name], question.limits)
        self.store = rows[self.name]
        items = () if question.item is None else (question.item,)
        asked = Question(stores=(question.store,), many=True, items=items)
        reader = StoreReader(connection, self.settings, self.group, asked, day)
        self.served = reader.document(self.store, question.store)

    def document(self) -> Document:
        parts = named_parts(self.series, self.group.texts or {})
        holidays = holidays_on(
            np.concatenate([self.past, self.series.dates]), self.settings.country
        )
        return {
            "store_number": self.question.store,
            "store_name": self.served.get("store_name"),
            "region": self.store["region"],
            "state": self.series.state,
            "item": self.question.item,
            "frequency": self.group.frequency,
            "history": self._history(),
            "forecast": {
                **_columns(self.timeline, self.series.dates),
                **{name: numbers(values) for name, values in self.series.values.items()},
                "last_year": numbers(self.last_year),
                "parts": None if parts is None else {n: numbers(v) for n, v in parts.items()},
            },
            "holidays": holidays,
            "next_7_days": next_7_days(
                self.series,
                self.timeline,
                self.last_year,
                self.day,
                is_item=self.question.item is not None,
            ),
            "weeks": weeks_of(self.series, self.timeline, self.last_year),
            "coverage": coverage_of(
                self.timeline.sales_on(self.past), self.then, self.series.facts
            ),
            "reasons": self._reasons(parts, holidays),
            "plan": self._plan(),
            "problems": self._problems(),
            "items": self._items(),
            "unusual_days": self._unusual_days(),
            "provenance": self.served["provenance"],
        }

    @cached_property
    def series(self) -> SeriesForecast:
        """The forecast of the store or item."""
        arn = str(self.group.current_forecast_arn)
        series = read_series(self.connection, self.group, arn, self.name, self.question.item)
        if series is None:  # the reader above has refused a missing one
            raise NoForecast(f"Store '{self.name}' is not in the current forecast.")
        return series

    @cached_property
    def past(self) -> Dates:
        """The periods of the history: they end with the newest sales of any store."""
        last = np.datetime64(self.group.last_sale_on or str(self.series.dates[0] - 1), "D")
        unit = parse_frequency(self.group.frequency).unit
        days = self.question.days or SHOWN_DAYS.get(unit, SHOWN_DAYS["D"])
        ends = (last - (days - 1)).astype("datetime64[s]"), last.astype("datetime64[s]")
        return period_starts(*ends, self.group.frequency).astype("datetime64[D]")

    @cached_property
    def timeline(self) -> Timeline:
        start = self.series.dates[0]
        first = min(self.past[0] - YEAR, start - YEAR, start - COMPARED)
        last = max(self.past[-1], self.series.dates[-1])
        series = self.name, self.question.item
        return read_timeline(self.snapshots, self.group, series, first, last)

    @cached_property
    def last_year(self) -> Any:
        """Sales of the comparable periods of last year, for each period of the forecast."""
        return self.timeline.sales_on(self._a_year_before(self.series.dates))

    @cached_property
    def then(self) -> Mapping[str, Any]:
        """What was forecast for the periods of the history about a week before them."""
        series = self.name, self.question.item
        return forecast_back_then(
            self.connection, self.group, series, self.past, self.series.values
        )

    def _history(self) -> Document:
        before = self.timeline.sales_on(self._a_year_before(self.past))
        return {
            **_columns(self.timeline, self.past),
            "sales": numbers(self.timeline.sales_on(self.past)),
            "last_year": numbers(before),
            "then": {name: numbers(values) for name, values in self.then.items()},
        }

    def _reasons(
        self, parts: Mapping[str, Any] | None, holidays: Mapping[str, str]
    ) -> list[Document]:
        origin = self.served["provenance"]
        if parts is None:
            return [no_parts(origin["source"], origin["algorithm"])]
        dates = self.series.dates
        closed, texts = self.timeline.closed_on(dates), self.group.texts or {}
        promoted = promoted_on(self.timeline.covariates_on(dates), texts)
        decimals = decimals_of(np.concatenate(list(self.series.values.values())))
        return reasons_of(parts, dates, holidays, closed, promoted, decimals)

    def _plan(self) -> list[Document]:
        """Only a model of our own, and of one series, can be asked what if."""
        is_total = self.group.has_items and self.question.item is None
        if is_total or self.served["provenance"]["source"] != "local":
            return []
        return planned_covariates(self.group, self.timeline, self.series.dates)

    def _problems(self) -> list[Document]:
        """What a person should look at, as in the overview."""
        stored = self.series.stored
        resting = self.series.dates[self.series.values[list(self.series.values)[-1]] == 0]
        state = State(
            today=np.datetime64(self.day, "D"),
            frequency=self.group.frequency,
            data_until=self.served["provenance"]["data_until"],
            facts=StoreFacts(stored.algorithm, stored.note, stored.facts),
            resting=frozenset(resting),
        )
        return problems_of(dict(self.store), state)

    def _a_year_before(self, dates: Dates) -> Dates:
        return _aligned(dates.tobytes(), self.settings.country, self.group.frequency)

    def _items(self) -> Document | None:
        if not self.group.has_items:
            return None
        return {"count": len(items_of(self.connection, self.group.name, self.name))}

    def _unusual_days(self) -> list[Document]:
        """The unusual days of the store, or of the item alone."""
        item = self.question.item
        days = self.store["unusual_days"] or []
        return [day for day in days if item is None or day["item"] == item]


@lru_cache(maxsize=64)  # all stores show the same days
def _aligned(dates: bytes, country: str | None, frequency: str) -> Dates:
    return aligned_last_year(np.frombuffer(dates, dtype="datetime64[D]"), country, frequency)


def _columns(timeline: Timeline, dates: Dates) -> Document:
    """What past and forecast have in common."""
    return {
        "date": [str(day) for day in dates],
        "closed": timeline.closed_on(dates).tolist(),
        "covariates": {
            name: numbers(values) for name, values in timeline.covariates_on(dates).items()
        },
    }
