"""Reading the current forecast: a lookup of the pointer, then ready bytes or one database read."""

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
DATE_LENGTH = len("2015-08-01")


@dataclass(frozen=True)
class Question:
    """What is asked: the stores as they were sent, an item, and a range of times."""

    stores: tuple[int | str, ...]
    many: bool = False
    """Whether the answer is a list, even of one store."""
    item: str | None = None
    start: str | None = None
    """First period wanted, ``yyyy-MM-ddTHH:mm:ss``; it need not be inside the horizon."""
    end: str | None = None


@dataclass(frozen=True)
class Answer:
    """Ready bytes and the tag that changes whenever they may."""

    body: bytes
    etag: str


Encode = Callable[[list[dict[str, Any]], bool], bytes]
"""Makes the bytes of a representation from one document per store, and ``Question.many``."""


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
        """The answer to ``question()``; ``key`` stands for it, so that a known one is not parsed.

        Raises
        ------
        NoForecast, UnknownStore, UnknownItem, OutsideHorizon, InvalidRequest
            What the sentence says; it names what exists.
        """
        answer = self._cache.get((self._pointer.read(), representation, key))
        if answer is not None:
            return answer
        pointer, documents, many = self._ask(question())
        body = encode(documents, many)
        answer = Answer(body, _etag(pointer, representation, body))
        self._cache.put((pointer, representation, key), answer)
        return answer

    def is_ready(self) -> bool:
        """Whether some forecast is being served."""
        pointer = self._pointer.read()
        return pointer is not None and pointer.current_forecast_arn is not None

    def documents(self, question: Question) -> list[dict[str, Any]]:
        """One document per store, in the order asked; nothing is cached."""
        return self._ask(question)[1]

    def close(self) -> None:
        """Close the connections that wait for the next request."""
        self._pointer.close()

    def _ask(self, question: Question) -> tuple[Pointer, list[dict[str, Any]], bool]:
        with self.database.read() as connection:
            group = read_group(connection, self.settings.dataset_group)
            if group is None:
                raise NoForecast(
                    "There is no forecast: no sales were imported yet.",
                    remedy=Remedy.IMPORT_THEN_TRAIN,
                )
            known = existing_stores(connection, group.name, question.stores)
            reader = StoreReader(connection, self.settings, group)
            documents = [
                reader.document(known[str(sent)], sent, question) for sent in question.stores
            ]
        return group.pointer, documents, question.many


class StoreReader:
    """Makes the document of one store after the other from one view of the database."""

    def __init__(self, connection: sa.Connection, settings: Settings, group: DatasetGroup) -> None:
        self.connection = connection
        self.settings = settings
        self.group = group
        served = group.current_forecast_arn
        made = None if served is None else forecast_row(connection, served)
        if made is None:
            raise _no_forecast(connection, group, "There is no forecast yet.")
        self.made = made
        self.stale = staleness(connection, group, made)

    def document(self, store: Any, sent: int | str, question: Question) -> dict[str, Any]:
        """``{"store_number", "item"?, "result", "provenance"}`` of one store."""
        stored = self._stored(store["store"], question.item)
        document: dict[str, Any] = {"store_number": sent}
        if question.item is not None:
            document["item"] = question.item
        document["result"] = {"Forecast": {"Predictions": _predictions(stored, question)}}
        document["provenance"] = provenance(
            stored,
            self.made,
            store,
            stale=self.stale,
            covariates=self.group.planned_covariates,
            tolerance_days=self.settings.tolerance_days,
        )
        return document

    def _stored(self, store: str, item: str | None) -> forecast_store.StoredForecast:
        refuse_missing_item(self.connection, self.group, store, item)
        key = series_key([store] if item is None else [item, store])
        stored = forecast_store.read(self.connection, self.made["forecast_arn"], key)
        if stored is None:
            what = f"Store '{store}'" if item is None else f"Item '{item}' of store '{store}'"
            raise _no_forecast(
                self.connection,
                self.group,
                f"{what} is not in the current forecast, which was made before its sales were "
                "imported.",
            )
        return stored


class ByteCache:
    """The answers used last, bounded by the bytes they hold."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._bytes = 0
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Answer | None:
        """The answer kept under this key, or None."""
        with self._lock:
            answer = self._answers.get(key)
            if answer is not None:
                self._answers.move_to_end(key)
        return answer

    def put(self, key: Hashable, answer: Answer) -> None:
        """Keep an answer, and let go of those that were not used for longest."""
        if len(answer.body) > self.max_bytes:
            return
        with self._lock:
            before = self._answers.pop(key, None)
            self._answers[key] = answer
            self._bytes += len(answer.body) - (len(before.body) if before else 0)
            while self._bytes > self.max_bytes:
                self._bytes -= len(self._answers.popitem(last=False)[1].body)


def _predictions(
    stored: forecast_store.StoredForecast, question: Question
) -> dict[str, list[dict[str, Any]]]:
    found = forecast_store.predictions(stored, question.start, question.end)
    if any(found.values()):
        return found
    first, last = forecast_store.horizon_days(stored)
    raise OutsideHorizon(
        f"{_range(question)} has no day in common with the forecast, which goes from {first} to "
        f"{last}. "
        "Ask for a range that touches those days."
    )


def _range(question: Question) -> str:
    start, end = (question.start or "")[:DATE_LENGTH], (question.end or "")[:DATE_LENGTH]
    if start and end:
        return f"'{start}' to '{end}'"
    return f"'{start}' and later" if start else f"'{end}' and earlier"


def _no_forecast(connection: sa.Connection, group: DatasetGroup, detail: str) -> NoForecast:
    """The error with the way to a forecast: the run that makes one, or a training."""
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
