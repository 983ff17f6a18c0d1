"""StoreReader: the documents of stores, their items and totals, from stored forecasts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from forecast_service.amazon.amazon_state import AmazonState, read_state
from forecast_service.common.keys import series_key
from forecast_service.common.names import natural_order
from forecast_service.errors import NoForecast, OutsideHorizon, Remedy, TooMuch
from forecast_service.importer.files.column_names import shown_name
from forecast_service.reading.ladder_step import ladder_step
from forecast_service.reading.provenance import provenance
from forecast_service.reading.questions import Question
from forecast_service.reading.staleness import staleness
from forecast_service.reading.totals import total_of_store
from forecast_service.settings import Settings
from forecast_service.storage import forecast_store
from forecast_service.storage.groups import DatasetGroup
from forecast_service.storage.stored_forecast import (
    StoredForecast,
    count_between,
    horizon_days,
    predictions,
)
from forecast_service.storage.stores import items_of, refuse_missing_item
from forecast_service.storage.tables import training_runs

__all__ = ["MOST_VALUES", "StoreReader", "store_name"]

MOST_VALUES, MOST_SERIES = 250_000, 5000  # of one answer; some 17 MB of JSON
NAME_COLUMNS = ("name", "store_name", "storename")  # attributes
SHOWN_ITEMS = 3  # items without a forecast that are named
DATE_LENGTH = len("2015-08-01")

Document = dict[str, Any]


class StoreReader:
    """Makes the documents of stores, all from one consistent view of the database."""

    def __init__(
        self,
        connection: sa.Connection,
        settings: Settings,
        group: DatasetGroup,
        question: Question,
        today: date,
    ) -> None:
        self.connection = connection
        self.settings = settings
        self.group = group
        self.question = question
        self.today = today
        served = group.current_forecast_arn
        forecast = None if served is None else forecast_store.forecast_row(connection, served)
        if forecast is None:
            raise _no_forecast(connection, group, "There is no forecast yet.")
        self.forecast = forecast
        self._stale: dict[tuple[str, str], str | None] = {}

    def document(self, store: Any, number: int | str) -> Document:
        """``{"store_number", "item"?, "result", "provenance"}`` of one store.

        If several items are asked for, ``items`` has a document for each. If none is, ``result``
        is the total of all items of the store, and ``items`` a page of them.
        """
        items = self.question.items
        if len(items) > 1:
            documents = [self._named(store, number, item) for item in items]
            return {"store_number": number, "items": documents, "count": len(items), "next": None}
        if self.group.has_items and not items:
            return self._whole(store, number)
        return self._named(store, number, self.question.item)

    def refuse_too_much(self, stores: Sequence[Any]) -> None:
        """Refuse a question whose answer would be too long.

        Raises
        ------
        TooMuch
            The sentence says what was asked for, and what an answer may have.
        """
        each = max(1, len(self.question.items))
        count = len(stores) * each
        values = self._values_of_a_series
        most = min(MOST_VALUES // values, MOST_SERIES)
        if count > max(most, 1):
            advice = f"{most // each:,} stores at a time" if most >= each else "fewer items"
            asked = f"{count * values:,} values: {count:,} series with {values:,} each"
            raise TooMuch(
                f"The answer would have {asked}. An answer has at most {MOST_VALUES:,} values and "
                f"{MOST_SERIES:,} series. Ask for {advice}, or for fewer days."
            )

    def _named(self, store: Any, number: int | str, item: str | None) -> Document:
        name = store["store"]
        refuse_missing_item(self.connection, self.group, name, item)
        key = series_key([name] if item is None else [item, name])
        stored = forecast_store.read(self.connection, self.forecast["forecast_arn"], key)
        if stored is None:
            subject = f"Store '{name}'" if item is None else f"Item '{item}' of store '{name}'"
            raise self._not_in_forecast(f"{subject} is")
        return self._document(stored, store, number, item)

    def _whole(self, store: Any, number: int | str) -> Document:
        """The total of a store and, if it is asked for alone, a page of its items."""
        names = items_of(self.connection, self.group.name, store["store"])
        arn = self.forecast["forecast_arn"]
        total = total_of_store(self.connection, arn, store["store"], names)
        if total is None:
            raise self._not_in_forecast(f"No item of store '{store['store']}' is")
        document = self._document(total.forecast, store, number, None)
        document["provenance"]["assumptions"].insert(0, total.sentence())
        document["total"] = total.document()
        if not self.question.many:
            document |= self._page(names, store, number, document["provenance"]["assumptions"])
        return document

    def _page(
        self, names: Sequence[str], store: Any, number: int | str, assumptions: list[str]
    ) -> Document:
        """A page of items; ``next`` is its last item if more follow, else None."""
        after = None if self.question.after is None else natural_order(self.question.after)
        following = [name for name in names if after is None or natural_order(name) > after]
        size = min(self.question.limit, max(1, MOST_VALUES // self._values_of_a_series))
        page = following[:size]
        keys = {item: series_key([item, store["store"]]) for item in page}
        arn = self.forecast["forecast_arn"]
        stored = forecast_store.read_many(self.connection, arn, list(keys.values()))
        missing = [f"'{item}'" for item, key in keys.items() if key not in stored]
        if missing:
            examples = ", ".join(missing[:SHOWN_ITEMS])
            assumptions.append(
                f"{len(missing):,} items on this page are not in the forecast, which was made "
                f"before their sales were imported, for example {examples}"
            )
        documents = [
            self._document(stored[key], store, number, item)
            for item, key in keys.items()
            if key in stored
        ]
        has_more = len(following) > len(page)
        return {"items": documents, "count": len(names), "next": page[-1] if has_more else None}

    def _document(
        self, stored: StoredForecast, store: Any, number: int | str, item: str | None
    ) -> Document:
        document: Document = {"store_number": number}
        name = store_name(store)
        if name is not None:
            document["store_name"] = name
        if item is not None:
            document["item"] = item
        document["result"] = {"Forecast": {"Predictions": _predictions(stored, self.question)}}
        document["provenance"] = provenance(
            stored,
            self.forecast,
            store,
            stale=self._staleness(stored),
            ladder=ladder_step(self.forecast, stored.facts or {}, self._amazon),
            covariates=self.group.planned_covariates,
            tolerance_days=self.settings.tolerance_days,
        )
        return document

    def _staleness(self, stored: StoredForecast) -> str | None:
        days = horizon_days(stored)
        if days not in self._stale:
            self._stale[days] = staleness(
                self.connection, self.group, self.forecast, days, self.today
            )
        return self._stale[days]

    @cached_property
    def _amazon(self) -> AmazonState:
        return read_state(self.connection, self.group.name)

    @cached_property
    def _values_of_a_series(self) -> int:
        """Number of values of one series in the range; 1 if nothing is in the range."""
        stored = forecast_store.any_of(self.connection, self.forecast["forecast_arn"])
        if stored is None:
            return 1
        return count_between(stored, self.question.start, self.question.end) or 1

    def _not_in_forecast(self, subject: str) -> NoForecast:
        detail = (
            f"{subject} not in the current forecast, which was made before its sales were imported."
        )
        return _no_forecast(self.connection, self.group, detail)


def store_name(store: Any) -> str | None:
    """The name of a store in words, if the table of stores has one."""
    for column, text in store["attributes"].items():
        if shown_name(column).lower().replace(" ", "_") in NAME_COLUMNS:
            return str(text)
    return None


def _predictions(stored: StoredForecast, question: Question) -> dict[str, list[dict[str, Any]]]:
    points = predictions(stored, question.start, question.end)
    if any(points.values()):
        return points
    first, last = horizon_days(stored)
    raise OutsideHorizon(
        f"{_range(question)} has no day in common with the forecast, which goes from {first} to "
        f"{last}. Ask for a range that includes some of those days."
    )


def _range(question: Question) -> str:
    start, end = (question.start or "")[:DATE_LENGTH], (question.end or "")[:DATE_LENGTH]
    if start and end:
        return f"'{start}' to '{end}'"
    return f"'{start}' and later" if start else f"'{end}' and earlier"


def _no_forecast(connection: sa.Connection, group: DatasetGroup, detail: str) -> NoForecast:
    """The error with its remedy: follow the run that makes a forecast, or start a training."""
    running = connection.execute(
        sa.select(training_runs.c.id)
        .where(training_runs.c.dataset_group == group.name)
        .where(training_runs.c.state.in_(("waiting", "training", "forecasting")))
        .limit(1)
    ).scalar_one_or_none()
    if running is None:
        return NoForecast(detail, remedy=Remedy.TRAIN)
    return NoForecast(detail, remedy=Remedy.FOLLOW_RUN, subject=running)
