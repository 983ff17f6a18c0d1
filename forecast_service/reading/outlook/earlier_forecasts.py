"""What was forecast for a day before it came, from the forecasts that are kept."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection

import numpy as np
import sqlalchemy as sa

from forecast_service.reading.outlook.series_forecast import SeriesForecast, address_of
from forecast_service.reading.outlook.timeline import Dates, Floats
from forecast_service.storage import forecast_store
from forecast_service.storage.groups import DatasetGroup
from forecast_service.storage.tables import forecasts

__all__ = ["LAG", "forecast_back_then"]

LAG = 7  # days of data between the newest sales of the forecast and the day


def forecast_back_then(
    connection: sa.Connection,
    group: DatasetGroup,
    series: tuple[str, str | None],
    dates: Dates,
    keys: Collection[str],
    lag: int = LAG,
) -> dict[str, Floats]:
    """For each date, what was forecast for it with sales until ``lag`` days before it.

    It is the newest of the served forecasts that had no later sales. By prediction key; NaN where
    no kept forecast says it.
    """
    then = {key: np.full(len(dates), np.nan) for key in keys}
    by_day = _newest_by_day(connection, group)
    days = list(by_day)
    asked: dict[str, list[int]] = {}
    for place, day in enumerate(dates - np.timedelta64(lag, "D")):
        at = bisect_right(days, str(day))
        if at:
            asked.setdefault(by_day[days[at - 1]], []).append(place)
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


def _newest_by_day(connection: sa.Connection, group: DatasetGroup) -> dict[str, str]:
    """The newest served forecast by the last day of its sales, in the order of the days."""
    statement = (
        sa.select(forecasts.c.data_until, forecasts.c.forecast_arn)
        .where(forecasts.c.dataset_group == group.name)
        .order_by(forecasts.c.data_until, forecasts.c.created_at)
    )
    return {row.data_until: row.forecast_arn for row in connection.execute(statement)}
