"""Reads the current forecast: first the pointer, then cached bytes or the database."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from forecast_service.common.instants import today
from forecast_service.errors import NoForecast, Remedy
from forecast_service.reading.pointer import PointerReader
from forecast_service.reading.questions import Question
from forecast_service.reading.staleness import served_staleness
from forecast_service.reading.store_reader import StoreReader
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.groups import DatasetGroup, Pointer, read_group
from forecast_service.storage.limits import UNLIMITED, Limits
from forecast_service.storage.stores import existing_stores

__all__ = [
    "Answer",
    "ByteCache",
    "CurrentForecast",
    "Documents",
    "Encode",
    "Headers",
    "etag_of",
    "imported_group",
]

CACHE_BYTES = 64 * 1024 * 1024
ENTRY_BYTES = 500  # of an answer in the cache, besides its body and its question


Headers = tuple[tuple[str, str], ...]
Encoded = tuple[bytes, Headers]
"""A body, and its headers besides those of every answer."""


@dataclass(frozen=True)
class Answer:
    """The bytes of an answer, and a tag that changes when they change."""

    body: bytes
    etag: str
    headers: Headers = ()
    """Further headers of this representation, such as the name of a file."""


Documents = Iterable[dict[str, Any]]
Encode = Callable[[Documents, Question], tuple[bytes, Headers]]
"""Makes a representation, its bytes and headers, of one document per store.

The documents are made while it runs: it need not hold all at once.
"""

Made = tuple[Pointer | None, bytes, Headers]
"""The pointer that an answer was made at, its body and its headers."""


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
        representation: Hashable,
        encode: Encode,
        question: Callable[[], Question],
        limits: Limits = UNLIMITED,
    ) -> Answer:
        """The answer to ``question()`` of a caller with these limits.

        The question is parsed only if no answer is cached under ``key`` for the same limits.

        Raises
        ------
        NoForecast, UnknownStore, UnknownItem, OutsideHorizon, InvalidRequest
            The sentence gives the reason and names what exists.
        """

        def make(day: date) -> Made:
            asked = question()
            with self._documents(asked, day, limits) as (pointer, documents):
                return pointer, *encode(documents, asked)

        return self._kept((key, None if limits.are_none else limits), representation, make)

    def cached(
        self,
        key: Hashable,
        representation: Hashable,
        encode: Callable[[date], tuple[bytes, Headers]],
    ) -> Answer:
        """Another answer that depends on the pointer and the day only, kept under ``key``."""

        def make(day: date) -> Made:
            pointer = self._pointer.read()
            return pointer, *encode(day)

        return self._kept(key, representation, make)

    def _kept(
        self, key: Hashable, representation: Hashable, make: Callable[[date], Made]
    ) -> Answer:
        day = today(self.settings.timezone)
        place = (day, representation, key)
        answer = self._cache.get(self._pointer.read(), place)
        if answer is not None:
            return answer
        pointer, body, headers = make(day)
        answer = Answer(body, etag_of(tuple(pointer or ()), representation, body), headers)
        if pointer is not None:
            self._cache.put(pointer, place, answer)
        return answer

    def is_ready(self) -> bool:
        """Whether a forecast is served."""
        pointer = self._pointer.read()
        return pointer is not None and pointer.current_forecast_arn is not None

    def documents(self, question: Question, limits: Limits = UNLIMITED) -> list[dict[str, Any]]:
        """One document per store, in the order of the question; nothing is cached."""
        with self._documents(question, today(self.settings.timezone), limits) as (_, documents):
            return list(documents)

    def staleness(self) -> str | None:
        """Why the served forecast is stale; None if it is not, or if there is none."""
        with self.database.read() as connection:
            group = read_group(connection, self.settings.dataset_group)
            day = today(self.settings.timezone)
            return None if group is None else served_staleness(connection, group, day)

    def close(self) -> None:
        """Close the idle connections."""
        self._pointer.close()

    @contextmanager
    def _documents(
        self, question: Question, day: date, limits: Limits
    ) -> Iterator[tuple[Pointer, Iterator[dict[str, Any]]]]:
        with self.database.read() as connection:
            group = imported_group(connection, self.settings.dataset_group)
            rows = existing_stores(connection, group.name, question.stores, limits)
            reader = StoreReader(connection, self.settings, group, question, day)
            reader.refuse_too_much(list(rows))
            numbers = question.stores
            yield group.pointer, (reader.document(rows[str(n)], n) for n in numbers)


class ByteCache:
    """Keeps the answers that were used last, up to a number of bytes, for one pointer at a time.

    Nobody can ask for answers of an earlier pointer any more. Kept, they would fill the memory.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._bytes = 0
        self._pointer: Hashable = None
        self._answers: OrderedDict[Hashable, tuple[Answer, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, pointer: Hashable, key: Hashable) -> Answer | None:
        """The answer that is kept under this key, or None."""
        with self._lock:
            if pointer != self._pointer:
                self._begin(pointer)
            kept = self._answers.get(key)
            if kept is None:
                return None
            self._answers.move_to_end(key)
        return kept[0]

    def put(self, pointer: Hashable, key: Hashable, answer: Answer) -> None:
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

    def _begin(self, pointer: Hashable) -> None:
        self._answers.clear()
        self._bytes = 0
        self._pointer = pointer


def _size_of(key: Hashable) -> int:
    """About as many bytes as a key and its place in the cache take; a question may be long."""
    return ENTRY_BYTES + len(repr(key))


def imported_group(connection: sa.Connection, name: str) -> DatasetGroup:
    """The dataset group of this name.

    Raises
    ------
    NoForecast
        It does not exist before the first import.
    """
    group = read_group(connection, name)
    if group is None:
        raise NoForecast(
            "There is no forecast: no sales were imported yet.", remedy=Remedy.IMPORT_THEN_TRAIN
        )
    return group


def etag_of(version: Hashable, key: Hashable, body: bytes) -> str:
    """The tag of an answer: it changes with the version, with the key and with the bytes."""
    digest = blake2b(f"{version} {key} ".encode() + body, digest_size=16)
    return f'"{digest.hexdigest()}"'
