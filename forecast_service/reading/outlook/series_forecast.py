"""SeriesForecast: the forecast of one series by columns, and what was stored beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sqlalchemy as sa

from forecast_service.common.keys import (
    MEAN,
    middle_type,
    parse_forecast_type,
    prediction_key,
    series_key,
)
from forecast_service.reading.outlook.timeline import Dates, Floats
from forecast_service.reading.totals import total_of_store
from forecast_service.storage import forecast_store
from forecast_service.storage.groups import DatasetGroup
from forecast_service.storage.planning import forecast_parts
from forecast_service.storage.stored_forecast import StoredForecast, period_starts
from forecast_service.storage.stores import items_of

__all__ = ["SeriesForecast", "address_of", "read_series"]


@dataclass(frozen=True)
class SeriesForecast:
    """The forecast of a store or an item."""

    stored: StoredForecast
    parts: Mapping[str, Floats] | None
    """Parts by the names of the engine, without the level; None if none were stored."""

    @cached_property
    def dates(self) -> Dates:
        """First day of each period."""
        return np.array([text[:10] for text in period_starts(self.stored)], dtype="datetime64[D]")

    @cached_property
    def values(self) -> dict[str, Floats]:
        """Values by prediction key, such as ``p50``."""
        rows = zip(self.stored.forecast_types, self.stored.values, strict=True)
        return {prediction_key(forecast_type): values for forecast_type, values in rows}

    @property
    def levels(self) -> dict[str, float]:
        """The quantiles by prediction key, ascending; the mean is none."""
        quantiles = {t: parse_forecast_type(t) for t in self.stored.forecast_types if t != MEAN}
        ordered = sorted(quantiles.items(), key=lambda pair: pair[1])
        return {prediction_key(name): level for name, level in ordered}

    @property
    def middle_key(self) -> str:
        """Key of the type that stands for the forecast: ``p50``, or what is nearest to it."""
        return prediction_key(middle_type(self.stored.forecast_types))

    @property
    def middle(self) -> Floats:
        """The values of that type."""
        return self.values[self.middle_key]

    @property
    def facts(self) -> Mapping[str, Any]:
        """Further facts, as they were stored."""
        return self.stored.facts or {}

    @property
    def state(self) -> str:
        """``dormant`` or ``active``."""
        return "dormant" if self.facts.get("state") == "dormant" else "active"


def read_series(
    connection: sa.Connection, group: DatasetGroup, arn: str, store: str, item: str | None
) -> SeriesForecast | None:
    """The forecast of a store (its total, if it sells items) or an item; None if it has none.

    Raises
    ------
    DamagedData
        Stored values are not those that were written.
    """
    address = address_of(group, arn, store, item)
    stored = forecast_store.read(connection, *address)
    if stored is None and group.has_items and item is None:
        total = total_of_store(connection, arn, store, items_of(connection, group.name, store))
        stored = None if total is None else total.forecast
    if stored is None:
        return None
    return SeriesForecast(stored, forecast_parts.read(connection, *address))


def address_of(group: DatasetGroup, arn: str, store: str, item: str | None) -> tuple[str, str]:
    """Name of the forecast and key of the series that hold a store (or item)."""
    if item is not None:
        return arn, series_key([item, store])
    return (forecast_store.totals_of(arn) if group.has_items else arn), series_key([store])
