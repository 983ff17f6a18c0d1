"""Totals of stores whose series are items: stored beside the forecast, or the widest possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import sqlalchemy as sa

from forecast_service.common.keys import series_key
from forecast_service.common.wording.coded import say
from forecast_service.storage import forecast_store
from forecast_service.storage.stored_forecast import StoredForecast

__all__ = ["Total", "total_of_store"]


@dataclass(frozen=True)
class Total:
    """The forecast of a whole store: quantiles of the sum of its items."""

    forecast: StoredForecast
    items: int
    comovement: float | None
    """From 0 (items independent) to 1 (always together); None if it was not measured."""

    def document(self) -> dict[str, float | int | None]:
        """The number of items and their co-movement, as JSON."""
        return {"items": self.items, "comovement": self.comovement}

    def sentence(self) -> str:
        """How the quantiles were made."""
        if self.comovement is None:
            return say("sum_of_items_unmeasured", items=self.items)
        return say("sum_of_items", items=self.items, comovement=f"{self.comovement:.2f}")


def total_of_store(
    connection: sa.Connection, forecast_arn: str, store: str, items: Sequence[str]
) -> Total | None:
    """The total of a store; None if the forecast has none of its items.

    A forecast that Amazon or an older version made has no stored totals. The sum of its items'
    quantiles is right if all items err together, and too wide otherwise.
    """
    key = series_key([store])
    stored = forecast_store.read(connection, forecast_store.totals_of(forecast_arn), key)
    if stored is not None:
        facts = (stored.facts or {})["total"]
        return Total(stored, facts["items"], facts["comovement"])
    keys = [series_key([item, store]) for item in items]
    found = list(forecast_store.read_many(connection, forecast_arn, keys).values())
    if not found:
        return None
    sums = np.sum([part.values for part in found], axis=0)
    whole = replace(found[0], values=sums, algorithm=None, note=None, facts=None)
    return Total(whole, len(found), None)
