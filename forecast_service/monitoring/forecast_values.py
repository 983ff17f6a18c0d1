"""ForecastValues: the values of a whole forecast per store, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from forecast_service.common.keys import MEAN, parse_forecast_type, split_key
from forecast_service.engine.panel import FloatArray
from forecast_service.engine.periods.frequency import Times
from forecast_service.storage import forecast_store
from forecast_service.storage.stored_forecast import StoredForecast, period_starts

__all__ = ["ForecastValues", "StoreFacts", "read_forecast"]


@dataclass(frozen=True)
class StoreFacts:
    """What is stored with the forecast of a store."""

    algorithm: str | None = None
    note: str | None = None
    facts: Any = None
    is_damaged: bool = False


@dataclass(frozen=True)
class ForecastValues:
    """The forecast of every store; with items, the totals of the stores."""

    stores: tuple[str, ...]
    levels: tuple[float, ...]
    """Quantiles, ascending."""
    periods: Times
    quantiles: FloatArray
    """(n, levels, horizon); NaN for a damaged one."""
    facts: tuple[StoreFacts, ...]

    @property
    def middle(self) -> int:
        """Place of the median, or of the quantile that is nearest to it."""
        return int(np.argmin(np.abs(np.array(self.levels) - 0.5)))

    @property
    def band(self) -> tuple[int, int] | None:
        """Places of p10 and p90; None if the forecast has not both."""
        places = {round(level, 6): place for place, level in enumerate(self.levels)}
        return (places[0.1], places[0.9]) if {0.1, 0.9} <= set(places) else None

    def rows(self, stores: tuple[str, ...]) -> np.ndarray[Any, np.dtype[np.intp]]:
        """The row of each of these stores; -1 for one that is not in the forecast."""
        at = {name: row for row, name in enumerate(self.stores)}
        return np.array([at.get(name, -1) for name in stores], dtype=np.intp)


def read_forecast(
    connection: sa.Connection, forecast_arn: str, *, has_items: bool
) -> ForecastValues | None:
    """The values of a forecast; None if it has none of stores, or no quantiles."""
    arn = forecast_store.totals_of(forecast_arn) if has_items else forecast_arn
    series = [
        (split_key(key)[0], stored) for key, stored in forecast_store.read_whole(connection, arn)
    ]
    first = next((stored for _, stored in series if stored is not None), None)
    places = [] if first is None else _places(first)
    if first is None or not places:
        return None
    shape = len(places), first.values.shape[1]
    empty = np.full(shape, np.nan)
    values = [_values(stored, places, shape) for _, stored in series]
    return ForecastValues(
        stores=tuple(name for name, _ in series),
        levels=tuple(level for level, _ in places),
        periods=np.array(period_starts(first), dtype="datetime64[s]"),
        quantiles=np.stack([empty if each is None else each for each in values]),
        facts=tuple(_facts(stored) for _, stored in series),
    )


def _places(stored: StoredForecast) -> list[tuple[float, int]]:
    """Quantiles, ascending, and their rows in the values."""
    types = enumerate(stored.forecast_types)
    return sorted((parse_forecast_type(text), place) for place, text in types if text != MEAN)


def _values(
    stored: StoredForecast | None, places: list[tuple[float, int]], shape: tuple[int, int]
) -> FloatArray | None:
    if stored is None or stored.values.shape[1] != shape[1]:
        return None
    chosen: FloatArray = stored.values[[place for _, place in places]]
    return chosen


def _facts(stored: StoredForecast | None) -> StoreFacts:
    if stored is None:
        return StoreFacts(is_damaged=True)
    return StoreFacts(stored.algorithm, stored.note, stored.facts)
