"""Reads the current forecast: first the pointer, then cached bytes or the database."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from forecast_service.common.keys import series_key
from forecast_service.errors import NoForecast, OutsideHorizon, Remedy
from forecast_service.reading.pointer import PointerReader
from forecast_service.reading.provenance import forecast_row, provenance, staleness
from forecast_service.settings import Settings
from forecast_service.storage import forecast_store
from forecast_service.storage.database import Database
from forecast_service.storage.groups import DatasetGroup, Pointer, read_group
from forecast_service.storage.stores import existing_stores, refuse_missing_item
from forecast_service.storage.tables import training_runs

__all__ = ["Answer", "CurrentForecast", "Encode", "Question"]

CACHE_BYTES = 64 * 1024 * 1024
ENTRY_BYTES = 500  # of an answer in the cache, besides its body and its question
DATE_LENGTH = len("2015-08-01")


@dataclass(frozen=True)
class Question:
    """A question about the forecast: the stores as they were sent, an item, a range of times."""

    stores: tuple[int | str, ...]
    many: bool = False
    """Whether the answer is a list, even of one store."""
    item: str | None = None
    start: str | None = None
    """First period, ``yyyy-MM-ddTHH:mm:ss``; it may be outside the horizon."""
    end: str | None = None


@dataclass(frozen=True)
class Answer:
    """The bytes of an answer, and a tag that changes when they change."""

    body: bytes
    etag: str


Encode = Callable[[list[dict[str, Any]], bool], bytes]
"""Makes the bytes of a representation from one document per store and ``Question.many``."""


class CurrentForecast:
    """Answers questions about the forecast that is served now."""

    def __init__(
        self, database: Database, settings: Settings, *, cache_bytes: int = CACHE_BYTES
    ) -> None:
        self.database = database
        self.settings = settings
        self._pointer = PointerReader(database, settings.dataset_group)
        self._cache = ByteCache(cache_bytes)

    def answer(
        self,
        key: Hashable,
        representation: str,
        encode: Encode,
        question: Callable[[], Question],
    ) -> Answer:
        """The answer to ``question()``; it is parsed only if no answer is cached under ``key``.

        Raises
        ------
        NoForecast, UnknownStore, UnknownItem, OutsideHorizon, InvalidRequest
            The sentence gives the reason and names what exists.
        """
        answer = self._cache.get(self._pointer.read(), (representation, key))
        if answer is not None:
            return answer
        pointer, documents, many = self._ask(question())
        body = encode(documents, many)
        answer = Answer(body, _etag(pointer, representation, body))
        self._cache.put(pointer, (representation, key), answer)
        return answer

    def is_ready(self) -> bool:
        """Whether a forecast is served."""
        pointer = self._pointer.read()
        return pointer is not None and pointer.current_forecast_arn is not None

    def documents(self, question: Question) -> list[dict[str, Any]]:
        """One document per store, in the order of the question; nothing is cached."""
        return self._ask(question)[1]

    def close(self) -> None:
        """Close the idle connections."""
        self._pointer.close()

    def _ask(self, question: Question) -> tuple[Pointer, list[dict[str, Any]], bool]:
        with self.database.read() as connection:
            group = read_group(connection, self.settings.dataset_group)
            if group is None:
                raise NoForecast(
                    "There is no forecast: no sales were imported yet.",
                    remedy=Remedy.IMPORT_THEN_TRAIN,
                )
            rows = existing_stores(connection, group.name, question.stores)
            reader = StoreReader(connection, self.settings, group)
            documents = [
                reader.document(rows[str(number)], number, question) for number in question.stores
            ]
        return group.pointer, documents, question.many


class StoreReader:
    """Makes the documents of stores, all from one consistent view of the database."""

    def __init__(self, connection: sa.Connection, settings: Settings, group: DatasetGroup) -> None:
        self.connection = connection
        self.settings = settings
        self.group = group
        served = group.current_forecast_arn
        forecast = None if served is None else forecast_row(connection, served)
        if forecast is None:
            raise _no_forecast(connection, group, "There is no forecast yet.")
        self.forecast = forecast
        self.stale = staleness(connection, group, forecast)

    def document(self, store: Any, number: int | str, question: Question) -> dict[str, Any]:
        """``{"store_number", "item"?, "result", "provenance"}`` of one store."""
        stored = self._stored(store["store"], question.item)
        document: dict[str, Any] = {"store_number": number}
        if question.item is not None:
            document["item"] = question.item
        document["result"] = {"Forecast": {"Predictions": _predictions(stored, question)}}
        document["provenance"] = provenance(
            stored,
            self.forecast,
            store,
            stale=self.stale,
            covariates=self.group.planned_covariates,
            tolerance_days=self.settings.tolerance_days,
        )
        return document

    def _stored(self, store: str, item: str | None) -> forecast_store.StoredForecast:
        refuse_missing_item(self.connection, self.group, store, item)
        key = series_key([store] if item is None else [item, store])
        stored = forecast_store.read(self.connection, self.forecast["forecast_arn"], key)
        if stored is None:
            subject = f"Store '{store}'" if item is None else f"Item '{item}' of store '{store}'"
            raise _no_forecast(
                self.connection,
                self.group,
                f"{subject} is not in the current forecast, which was made before its sales were "
                "imported.",
            )
        return stored


class ByteCache:
    """Keeps the answers that were used last, up to a number of bytes, for one pointer at a time.

    Nobody can ask for answers of an earlier pointer any more. Kept, they would fill the memory.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._bytes = 0
        self._pointer: Pointer | None = None
        self._answers: OrderedDict[Hashable, tuple[Answer, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, pointer: Pointer | None, key: Hashable) -> Answer | None:
        """The answer that is kept under this key, or None."""
        with self._lock:
            if pointer != self._pointer:
                self._begin(pointer)
            kept = self._answers.get(key)
            if kept is None:
                return None
            self._answers.move_to_end(key)
        return kept[0]

    def put(self, pointer: Pointer, key: Hashable, answer: Answer) -> None:
        """Keep an answer, and drop those whose last use is longest ago."""
        size = len(answer.body) + _size_of(key)
        with self._lock:
            if pointer != self._pointer or size > self.max_bytes:
                return
            _, replaced = self._answers.pop(key, (None, 0))
            self._answers[key] = answer, size
            self._bytes += size - replaced
            while self._bytes > self.max_bytes:
                self._bytes -= self._answers.popitem(last=False)[1][1]

    def _begin(self, pointer: Pointer | None) -> None:
        self._answers.clear()
        self._bytes = 0
        self._pointer = pointer


def _size_of(key: Hashable) -> int:
    """About as many bytes as a key and its place in the cache take; a question may be long."""
    return ENTRY_BYTES + len(repr(key))


def _predictions(
    stored: forecast_store.StoredForecast, question: Question
) -> dict[str, list[dict[str, Any]]]:
    predictions = forecast_store.predictions(stored, question.start, question.end)
    if any(predictions.values()):
        return predictions
    first, last = forecast_store.horizon_days(stored)
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


def _etag(pointer: Pointer, representation: str, body: bytes) -> str:
    digest = blake2b(f"{tuple(pointer)} {representation} ".encode() + body, digest_size=16)
    return f'"{digest.hexdigest()}"'
