"""Fills a home with forecasts, written directly into the tables without any training."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from forecast_service.common.keys import series_key
from forecast_service.settings import Settings
from forecast_service.storage import forecast_store, tables
from forecast_service.storage.database import Database
from forecast_service.storage.groups import DatasetGroup, move_pointer, record_import
from forecast_service.storage.stored_forecast import StoredForecast

ARN = "arn:aws:forecast:eu-west-1:000000000000"
DAYS = 48
LAST_SALE = dt.date(2026, 6, 28)  # of the sample data, whatever today is: figures stay comparable


def fill(home: Path, *, stores: int) -> None:
    """Write forecasts for this number of stores: 48 days, three quantiles."""
    settings = Settings(home=home)
    database = Database(settings.resolved_database_url)
    database.migrate()
    forecast = f"{ARN}:forecast/benchmark"
    with database.write() as connection:
        _insert_group(connection, settings.dataset_group, forecast)
        names = [str(number + 1) for number in range(stores)]
        connection.execute(sa.insert(tables.stores), [_store(settings, name) for name in names])
        forecast_store.write(connection, [_forecast(forecast, name) for name in names])
    database.dispose()


def _insert_group(connection: sa.Connection, name: str, forecast: str) -> None:
    group = DatasetGroup(
        name=name,
        arn=f"{ARN}:dataset-group/{name}",
        horizon=DAYS,
        frequency="D",
        covariates=(),
        has_items=False,
        last_sale_on="2015-06-13",
    )
    record_import(connection, group)
    move_pointer(connection, name, forecast)
    connection.execute(
        sa.insert(tables.forecasts).values(
            forecast_arn=forecast,
            dataset_group=name,
            predictor_arn=f"{ARN}:predictor/benchmark",
            source="local",
            algorithm="auto",
            trained_at=time.time(),
            data_until="2015-06-13",
            created_at=time.time(),
            data_version=1,
            assumptions=[],
        )
    )


def _store(settings: Settings, name: str) -> dict[str, object]:
    return {
        "dataset_group": settings.dataset_group,
        "store": name,
        "region": "all",
        "attributes": {},
        "first_sale_on": "2013-01-01",
        "last_sale_on": "2015-06-13",
        "days": 894,
        "imported_at": time.time(),
    }


def _forecast(forecast: str, store: str) -> StoredForecast:
    random = np.random.default_rng(int(store))
    values = np.sort(random.uniform(2000, 9000, (3, DAYS)), axis=0)
    return StoredForecast(
        forecast_arn=forecast,
        series_key=series_key([store]),
        start="2015-06-14T00:00:00",
        frequency="D",
        forecast_types=("0.1", "0.5", "0.9"),
        values=values,
        algorithm="prophet",
        note=None,
    )
