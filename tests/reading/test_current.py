"""The cache of ready bytes: limited in size, the least recently used answers go first."""

from __future__ import annotations

from forecast_service.reading.current import Answer, ByteCache


def test_the_answer_with_the_oldest_use_goes_first() -> None:
    cache = ByteCache(max_bytes=20)
    for name in "abc":
        cache.put(name, Answer(b"x" * 6, name))
    cache.get("a")

    cache.put("d", Answer(b"x" * 6, "d"))

    assert [name for name in "abcd" if cache.get(name)] == ["a", "c", "d"]


def test_an_answer_larger_than_the_cache_is_not_kept() -> None:
    cache = ByteCache(max_bytes=5)

    cache.put("a", Answer(b"x" * 6, "a"))

    assert cache.get("a") is None


def test_replacing_an_answer_counts_its_bytes_once() -> None:
    cache = ByteCache(max_bytes=10)
    for _ in range(5):
        cache.put("a", Answer(b"x" * 6, "a"))

    cache.put("b", Answer(b"x" * 4, "b"))

    assert cache.get("a")
    assert cache.get("b")
