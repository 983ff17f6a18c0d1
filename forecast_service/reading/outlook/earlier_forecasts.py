"""What was forecast for a day before it came, from the forecasts that are kept."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import sqlalchemy as sa

from forecast_service.monitoring.served_forecasts import ServedForecasts
from forecast_service.reading.outlook.series_forecast import SeriesForecast, address_of
from forecast_service.reading.outlook.timeline import Dates, Floats
from forecast_service.storage import forecast_store
from forecast_service.storage.groups import DatasetGroup

__all__ = ["forecast_back_then"]

LAG = 7  # days of data between the newest sales of the forecast and the day


def forecast_back_then(
    connection: sa.Connection,
    group: DatasetGroup,
    series: tuple[str, str | None],
    dates: Dates,
    keys: Collection[str],
) -> dict[str, Floats]:
    """For each date, what was forecast for it with sales until ``LAG`` days before it.

    It is the newest of the served forecasts that had no later sales. By prediction key; NaN where
    no kept forecast says it.
    """
    then = {key: np.full(len(dates), np.nan) for key in keys}
    asked: dict[str, list[int]] = {}
    for place, arn in enumerate(ServedForecasts(connection, group).newest(dates, LAG)):
        if arn is not None:
            asked.setdefault(arn, []).append(place)
    addresses = {address_of(group, arn, *series)[0]: arn for arn in asked}
    key = address_of(group, "", *series)[1]
    for address, stored in forecast_store.read_each(connection, list(addresses), key).items():
        _fill(then, SeriesForecast(stored, None), dates, asked[addresses[address]])
    return then


def _fill(then: dict[str, Floats], series: SeriesForecast, dates: Dates, places: list[int]) -> None:
    column = {day: index for index, day in enumerate(series.dates.tolist())}
    for place in places:
        at = column.get(dates[place].item())
        for name in then.keys() & series.values.keys() if at is not None else ():
            then[name][place] = series.values[name][at]
