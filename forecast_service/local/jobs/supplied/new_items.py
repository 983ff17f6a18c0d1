"""Forecasts of items that have never been sold, from those of the items most like them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from forecast_service.common.keys import series_key
from forecast_service.engine.panel import FloatArray
from forecast_service.local.jobs.panels import attributes_of
from forecast_service.local.jobs.sources import Sources
from forecast_service.storage.stored_forecast import StoredForecast

__all__ = ["forecasts_of_new_items"]

SIMILAR_ITEMS = "similar_items"  # in place of an algorithm

Key = tuple[str, ...]


def forecasts_of_new_items(
    sources: Sources, keys: Sequence[Key], rows: Sequence[StoredForecast]
) -> list[StoredForecast]:
    """Forecasts of the items that have metadata, but no row in the target time series.

    Each gets the mean, period by period, of the forecasts of the items that share most fields of
    the metadata with it. ``rows`` are the forecasts of the series ``keys``, in the same order.
    Series with dimensions have no new items: nobody knows where they will be sold.
    """
    metadata, target = sources.metadata, sources.target
    if metadata is None or len(keys[0]) > 1:
        return []
    known = set(target.table[target.schema.item].unique().to_pylist())
    listed = metadata.table[metadata.schema.item].unique().to_pylist()
    new = [(str(item),) for item in listed if item not in known]
    if not new:
        return []
    attributes = attributes_of(metadata, [*keys, *new])
    codes = [np.unique(values, return_inverse=True)[1] for values in attributes.values()]
    table = np.array(codes, dtype=np.intp).reshape(len(codes), len(keys) + len(new))
    values = np.stack([row.values for row in rows])
    of_kind: dict[tuple[int, ...], FloatArray] = {}
    found = []
    for key, fields in zip(new, table[:, len(keys) :].T, strict=True):
        kind = tuple(fields.tolist())
        if kind not in of_kind:
            shared = (table[:, : len(keys)] == fields[:, None]).sum(axis=0)
            of_kind[kind] = values[shared == shared.max()].mean(axis=0)
        found.append(_forecast(rows[0], key, of_kind[kind]))
    return found


def _forecast(like: StoredForecast, key: Key, values: FloatArray) -> StoredForecast:
    return replace(
        like,
        series_key=series_key(key),
        values=values,
        algorithm=SIMILAR_ITEMS,
        note=None,
        facts=None,
    )
