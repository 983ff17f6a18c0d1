"""The cache of ready bytes: limited in size, and only for the forecast that is served."""

from __future__ import annotations

import pytest

from forecast_service.reading.current import ENTRY_BYTES, Answer, ByteCache
from forecast_service.storage.groups import Pointer

NOW = Pointer(1, 1, 1, "now")
ENTRY = ENTRY_BYTES + len("'a'")


@pytest.fixture
def cache() -> ByteCache:
    """Room for three answers of six bytes."""
    cache = ByteCache(max_bytes=3 * (ENTRY + 6))
    cache.get(NOW, "a")
    return cache


def test_the_answer_with_the_oldest_use_goes_first(cache: ByteCache) -> None:
    for name in "abc":
        cache.put(NOW, name, Answer(b"x" * 6, name))
    cache.get(NOW, "a")

    cache.put(NOW, "d", Answer(b"x" * 6, "d"))

    assert [name for name in "abcd" if cache.get(NOW, name)] == ["a", "c", "d"]


def test_an_answer_larger_than_the_cache_is_not_kept(cache: ByteCache) -> None:
    cache.put(NOW, "a", Answer(b"x" * 3 * (ENTRY + 6), "a"))

    assert cache.get(NOW, "a") is None


def test_replacing_an_answer_counts_its_bytes_once(cache: ByteCache) -> None:
    for _ in range(5):
        cache.put(NOW, "a", Answer(b"x" * 6, "a"))

    cache.put(NOW, "b", Answer(b"x" * 6, "b"))

    assert cache.get(NOW, "a")
    assert cache.get(NOW, "b")


def test_a_long_question_counts(cache: ByteCache) -> None:
    cache.put(NOW, "a" * 4 * ENTRY, Answer(b"x", "a"))

    assert len(cache) == 0


def test_answers_of_earlier_forecasts_are_dropped(cache: ByteCache) -> None:
    for version in range(200):
        pointer = Pointer(version, 1, 1, f"forecast {version}")
        cache.get(pointer, "a")
        cache.put(pointer, "a", Answer(b"x", "a"))

        assert len(cache) == 1
    cache.put(NOW, "b", Answer(b"x", "b"))  # it was computed before the pointer moved
    assert cache.get(pointer, "a")
    assert len(cache) == 1
