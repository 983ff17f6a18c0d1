"""Recent history: what imports found that are checked one by one and loaded together."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection
from dataclasses import replace

import numpy as np

from forecast_service.importer.long_rows import LongRows, sorted_rows
from forecast_service.importer.merging.earlier_imports import EarlierImports
from forecast_service.importer.understanding.understanding import Understanding

__all__ = ["RecentHistory"]

NONE = np.empty(0, dtype=np.intp)


class RecentHistory:
    """The history after the imports that were added; only a few stores of it are looked at.

    A small import is checked against the rows of its own stores. That takes milliseconds, and
    against a million rows it would take seconds.
    """

    def __init__(self, earlier: EarlierImports) -> None:
        self.earlier = earlier
        self._stores = dict(earlier.stores)
        self._changed: dict[str, tuple[LongRows, LongRows]] = {}

    def of(self, stores: Collection[str]) -> EarlierImports:
        """The rows of these stores and of the one that sold last; what is known of all stores."""
        newest = max(self._stores, key=lambda name: self._stores[name].last_sale_on, default=None)
        parts = [self._rows(store) for store in sorted({*stores, *([newest] if newest else [])})]
        sales, related = (_joined([part[at] for part in parts]) for at in (0, 1))
        return replace(
            self.earlier, stores=self._stores, sales=sales or self.earlier.sales.take(NONE),
            related=related or self.earlier.related.take(NONE),
        )  # fmt: skip

    def add(self, understanding: Understanding, stores: Collection[str]) -> None:
        """Count an import of these stores as done."""
        for store in stores:
            if store in understanding.stores:
                self._stores[store] = understanding.stores[store]
            old = self._rows(store)[1]
            sales = _of_store(understanding.sales.whole, store)
            related = understanding.related
            new = old if related is None else _newer(old, _of_store(related.rows, store))
            self._changed[store] = (sales, new)

    def _rows(self, store: str) -> tuple[LongRows, LongRows]:
        if store in self._changed:
            return self._changed[store]
        return _of_store(self.earlier.sales, store), _of_store(self.earlier.related, store)


def _of_store(rows: LongRows, store: str) -> LongRows:
    """The rows of one store; the keys are sorted."""
    start = bisect_left(rows.keys, (store, ""))
    stop = bisect_left(rows.keys, (f"{store}\0", ""))
    first, last = np.searchsorted(rows.series, [start, stop])
    values = {name: column[first:last] for name, column in rows.values.items()}
    series = rows.series[first:last] - start
    return LongRows(rows.keys[start:stop], series, rows.day[first:last], values)


def _newer(old: LongRows, new: LongRows) -> LongRows:
    keys = sorted({*old.keys, *new.keys})
    return old.with_keys(keys).merged_with(new.with_keys(keys))


def _joined(parts: list[LongRows]) -> LongRows | None:
    """Rows of several stores as one; None without rows."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return None
    starts = np.cumsum([0, *(len(part.keys) for part in parts)])
    return sorted_rows(
        tuple(key for part in parts for key in part.keys),
        np.concatenate([part.series + start for part, start in zip(parts, starts, strict=False)]),
        np.concatenate([part.day for part in parts]),
        {name: np.concatenate([part.values[name] for part in parts]) for name in parts[0].values},
    )
