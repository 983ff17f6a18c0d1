"""Unknown series: what Amazon left out of its forecast gets our seasonal naive forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from forecast_service.common.arrow import to_numpy, to_times
from forecast_service.common.keys import series_key
from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.calendar import next_periods, period_starts, periods_between
from forecast_service.engine.panel import KnownFuture, Panel
from forecast_service.engine.simple.seasonal_naive import NAME, SeasonalNaive
from forecast_service.session import ForecastSession
from forecast_service.settings import Settings
from forecast_service.storage import forecast_store
from forecast_service.storage.database import Database
from forecast_service.storage.groups import DatasetGroup
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.stored_forecast import StoredForecast
from forecast_service.storage.tables import series

__all__ = ["naive_forecasts", "unknown_keys"]

MEDIAN = 0.5
LEFT_OUT = "Amazon Forecast left this series out of its forecast."
LADDER = {"step": NAME, "reason": "unknown_store", "detail": LEFT_OUT}

Key = tuple[str, ...]


def unknown_keys(connection: sa.Connection, group: DatasetGroup, forecast_arn: str) -> list[Key]:
    """Keys of the series without a row in a forecast; none if it has no row at all."""
    stored = forecast_store.keys(connection, forecast_arn)
    if not stored:
        return []
    statement = sa.select(series.c.store, series.c.item).where(series.c.dataset_group == group.name)
    keys = [
        (item, store) if group.has_items else (store,)
        for store, item in connection.execute(statement)
    ]
    return [key for key in keys if series_key(list(key)) not in stored]


def naive_forecasts(
    local: ForecastSession,
    settings: Settings,
    database: Database,
    group: DatasetGroup,
    description: Mapping[str, Any],
    keys: Sequence[Key],
) -> list[StoredForecast]:
    """Forecasts of these series over the days of Amazon's forecast.

    Their past comes from our own data. Covariates do not count; a mean is written as the median.
    """
    arn, types = description["ForecastArn"], tuple(description["ForecastTypes"])
    with database.read() as connection:
        model = forecast_store.any_of(connection, arn)
    table = _target(local, settings, database, group)
    panel = None if table is None else _panel(table, group, keys)
    if model is None or panel is None:
        return []
    start, horizon = np.datetime64(model.start, "s"), model.values.shape[1]
    following = [start, *next_periods(start, group.frequency, horizon - 1)]
    fitted = SeasonalNaive().fit(panel, FitConfig(horizon=horizon, seed=settings.seed))
    levels = sorted({_level(name) for name in types})
    values = fitted.forecast(KnownFuture(np.array(following)), levels)
    places = [levels.index(_level(name)) for name in types]
    return [
        StoredForecast(
            forecast_arn=arn,
            series_key=series_key(list(key)),
            start=model.start,
            frequency=model.frequency,
            forecast_types=types,
            values=np.ascontiguousarray(values[place].T[places]),
            algorithm=NAME,
            note=LEFT_OUT,
            facts={"ladder": LADDER},
        )
        for place, key in enumerate(panel.keys)
    ]


def _level(name: str) -> float:
    return MEDIAN if name == "mean" else float(name)


def _target(
    local: ForecastSession, settings: Settings, database: Database, group: DatasetGroup
) -> pa.Table | None:
    """Our rows of the target."""
    arns = local.forecast.describe_dataset_group(DatasetGroupArn=group.arn)["DatasetArns"]
    store = SnapshotStore(database, settings.home)
    for arn in arns:
        dataset = local.forecast.describe_dataset(DatasetArn=arn)
        if dataset["DatasetType"] == "TARGET_TIME_SERIES" and store.version(arn):
            return store.read(arn)
    return None


def _panel(table: pa.Table, group: DatasetGroup, keys: Sequence[Key]) -> Panel | None:
    """The past of these series until the last day of all; None if none of them has rows."""
    last = to_times(table.column("timestamp")).max().astype("datetime64[s]")
    columns = ("item_id", *group.dimensions)
    for place, name in enumerate(columns):
        wanted = pa.array(sorted({key[place] for key in keys}))
        table = table.filter(pc.is_in(table.column(name).cast(pa.string()), value_set=wanted))
    rows = zip(*(table.column(name).cast(pa.string()).to_pylist() for name in columns), strict=True)
    at = {key: row for row, key in enumerate(dict.fromkeys(keys))}
    places = np.array([at.get(key, -1) for key in rows], dtype=np.int64)
    if not (places >= 0).any():
        return None
    times = to_times(table.column("timestamp")).astype("datetime64[s]")
    starts = period_starts(times.min(), last, group.frequency)
    target = np.full((len(at), len(starts)), np.nan)
    kept = places >= 0
    periods = periods_between(starts[0], times[kept], group.frequency)
    target[places[kept], periods] = to_numpy(table.column("demand").cast(pa.float64()))[kept]
    known = [row for row in range(len(at)) if not np.isnan(target[row]).all()]
    names = list(at)
    return Panel(
        keys=tuple(names[row] for row in known),
        timestamps=starts,
        frequency=group.frequency,
        target=target[known],
    )
