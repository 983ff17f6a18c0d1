"""Collection: fetches the rows of a new forecast that our table does not have yet."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import sqlalchemy as sa

from forecast_service.common.keys import prediction_key, series_key
from forecast_service.errors import InvalidRequest, NotFound
from forecast_service.forecaster import Forecaster
from forecast_service.runs import run_rows
from forecast_service.runs.run import TrainingRun
from forecast_service.session import ForecastSession
from forecast_service.settings import Settings
from forecast_service.storage import forecast_store
from forecast_service.storage.groups import DatasetGroup, read_group
from forecast_service.storage.queue import Claim, Queue
from forecast_service.storage.stored_forecast import StoredForecast
from forecast_service.storage.tables import series

__all__ = ["collect"]

BATCH_SERIES = 100  # per step; AWS needs about 100 ms for each
THREADS = 8  # threads may share boto3's clients


def collect(
    session: ForecastSession,
    settings: Settings,
    queue: Queue,
    claim: Claim,
    run: TrainingRun,
    description: Mapping[str, Any],
) -> bool:
    """Fetch the next batch, store it and give the run back; False if no row is missing.

    Our own engine writes its forecasts into the table itself, so no row is ever missing. A series
    without a forecast is skipped: Amazon leaves out series that it cannot model.
    """
    with queue.database.read() as connection:
        group = read_group(connection, run.dataset_group)
        if group is None:
            return False
        missing = _missing(connection, group, run)[:BATCH_SERIES]
    if not missing:
        return False
    forecaster = Forecaster(session, settings, group)

    def fetch(entry: tuple[str, str, str | None]) -> StoredForecast | None:
        key, store, item = entry
        return _fetch(forecaster, description, group.frequency, key, store, item)

    with ThreadPoolExecutor(THREADS) as threads:
        rows = [row for row in threads.map(fetch, missing) if row is not None]
    with queue.fenced(claim) as connection:
        forecast_store.write(connection, rows)
        run_rows.change(connection, run.id, collected_until=missing[-1][0])
        queue.go_on(connection, claim, delay_seconds=0)
    return True


def _missing(
    connection: sa.Connection, group: DatasetGroup, run: TrainingRun
) -> list[tuple[str, str, str | None]]:
    """Key, store and item of every series without a row, sorted by key."""
    statement = sa.select(series.c.store, series.c.item).where(series.c.dataset_group == group.name)
    stored = forecast_store.keys(connection, str(run.forecast_arn))
    entries = []
    for store, item in connection.execute(statement):
        key = series_key([item, store] if group.has_items else [store])
        if key not in stored and key > (run.collected_until or ""):
            entries.append((key, store, item if group.has_items else None))
    return sorted(entries, key=lambda entry: entry[0])


def _fetch(
    forecaster: Forecaster,
    description: Mapping[str, Any],
    frequency: str,
    key: str,
    store: str,
    item: str | None,
) -> StoredForecast | None:
    arn, types = description["ForecastArn"], tuple(description["ForecastTypes"])
    try:
        answer = forecaster.get_forecast(store, item, arn)
    except (NotFound, InvalidRequest):
        return None
    points = [answer["Forecast"]["Predictions"].get(prediction_key(name), []) for name in types]
    if not all(points):
        return None
    return StoredForecast(
        forecast_arn=arn,
        series_key=key,
        start=str(points[0][0]["Timestamp"])[:19],
        frequency=frequency,
        forecast_types=types,
        values=np.array([[point["Value"] for point in row] for row in points], dtype=np.float64),
    )
