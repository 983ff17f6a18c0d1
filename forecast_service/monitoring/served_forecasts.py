"""ServedForecasts: which forecast was the newest for a day, some days before it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa

from forecast_service.engine.panel import FloatArray
from forecast_service.monitoring.forecast_values import ForecastValues, read_forecast
from forecast_service.monitoring.last_year import Days
from forecast_service.storage.groups import DatasetGroup
from forecast_service.storage.tables import forecasts

__all__ = ["ServedForecasts"]

MOST_LOADED = 40  # forecasts in memory; 1,115 stores with 48 days take 1.3 MB each


class ServedForecasts:
    """The forecasts that a dataset group served, from those made at ``since`` (epoch seconds) on.

    Their values are read when they are needed.
    """

    def __init__(
        self, connection: sa.Connection, group: DatasetGroup, *, since: float = 0.0
    ) -> None:
        self.connection = connection
        self.group = group
        statement = (
            sa.select(forecasts.c.forecast_arn, forecasts.c.data_until)
            .where(forecasts.c.dataset_group == group.name)
            .where(forecasts.c.created_at >= since)
            .order_by(forecasts.c.data_until, forecasts.c.created_at)
        )
        rows = connection.execute(statement).all()
        self._arns = [row.forecast_arn for row in rows]
        self._until = np.array([row.data_until for row in rows], dtype="datetime64[D]")
        self._loaded: OrderedDict[str, ForecastValues | None] = OrderedDict()

    @property
    def first_day(self) -> np.datetime64 | None:
        """The first day that any of them could have forecast; None without one."""
        return None if not self._arns else self._until[0] + np.timedelta64(1, "D")

    def newest(self, days: Days, lag: int) -> list[str | None]:
        """For each day, the newest forecast whose data end ``lag`` days before it or earlier."""
        places = np.searchsorted(self._until, days - np.timedelta64(lag, "D"), side="right") - 1
        return [self._arns[place] if place >= 0 else None for place in places.tolist()]

    def values(self, arn: str, day: np.datetime64, stores: Sequence[str]) -> FloatArray:
        """p10, the median and p90 of these stores on a day, (3, n); NaN where there is none."""
        found = np.full((3, len(stores)), np.nan)
        forecast = self._load(arn)
        if forecast is None:
            return found
        columns = np.flatnonzero(forecast.periods.astype("datetime64[D]") == day)
        if not len(columns):
            return found
        rows = forecast.rows(tuple(stores))
        of_day = forecast.quantiles[:, :, columns[0]]
        low, high = forecast.band or (None, None)
        for number, place in enumerate((low, forecast.middle, high)):
            if place is not None:
                found[number] = np.where(rows >= 0, of_day[rows, place], np.nan)
        return found

    def _load(self, arn: str) -> ForecastValues | None:
        if arn not in self._loaded:
            self._loaded[arn] = read_forecast(self.connection, arn, has_items=self.group.has_items)
            if len(self._loaded) > MOST_LOADED:
                self._loaded.popitem(last=False)
        self._loaded.move_to_end(arn)
        return self._loaded[arn]
