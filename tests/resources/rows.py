"""Rows like those of an import and a training, written straight into the tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import sqlalchemy as sa

from forecast_service.common.keys import series_key
from forecast_service.storage import forecast_store, tables
from forecast_service.storage.groups import DatasetGroup, move_pointer, record_import
from forecast_service.storage.stored_forecast import StoredForecast

GROUP = "store_demand_group"
FORECAST = "arn:aws:forecast:eu-west-1:000000000000:forecast/first"
PREDICTOR = "arn:aws:forecast:eu-west-1:000000000000:predictor/first"
TRAINED_AT = 1_434_300_000.0  # 2015-06-14T16:40:00Z
DAYS = 48
START = "2015-06-14T00:00:00"


def import_group(
    connection: sa.Connection, *, has_items: bool = False, last_sale_on: str = "2015-06-13"
) -> None:
    """Write the dataset group as an import does, the first or a later one."""
    imported = DatasetGroup(
        name=GROUP,
        arn=f"arn:aws:forecast:eu-west-1:000000000000:dataset-group/{GROUP}",
        horizon=DAYS,
        frequency="D",
        covariates=(),
        has_items=has_items,
        last_sale_on=last_sale_on,
    )
    record_import(connection, imported)


def insert_store(connection: sa.Connection, store: str, **overrides: Any) -> None:
    """Insert a store with two and a half years of sales."""
    values = {
        "dataset_group": GROUP,
        "store": store,
        "region": "all",
        "attributes": {},
        "first_sale_on": "2013-01-01",
        "last_sale_on": "2015-06-13",
        "days": 894,
        "assumed_from": None,
        "imported_at": TRAINED_AT,
    }
    connection.execute(sa.insert(tables.stores).values({**values, **overrides}))


def serve_forecast(
    connection: sa.Connection,
    keys: list[list[str]],
    *,
    arn: str = FORECAST,
    level: float = 100.0,
    **overrides: Any,
) -> None:
    """Store a forecast of these series and move the pointer to it."""
    values = level + np.arange(DAYS) + np.array([[-10.0], [0.0], [10.0]])
    forecast_store.write(
        connection,
        [
            StoredForecast(
                forecast_arn=arn,
                series_key=series_key(key),
                start=START,
                frequency="D",
                forecast_types=("0.1", "0.5", "0.9"),
                values=values,
                algorithm="prophet",
                note=None,
            )
            for key in keys
        ],
    )
    columns = {
        "forecast_arn": arn,
        "dataset_group": GROUP,
        "predictor_arn": PREDICTOR,
        "source": "local",
        "algorithm": "auto",
        "trained_at": TRAINED_AT,
        "created_at": TRAINED_AT + 60,
        "data_until": "2015-06-13",
        "data_version": 1,
        "run_id": None,
        "assumptions": [],
    }
    connection.execute(sa.insert(tables.forecasts).values({**columns, **overrides}))
    move_pointer(connection, GROUP, arn)
