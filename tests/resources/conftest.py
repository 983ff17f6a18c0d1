"""The cast of the HTTP tests: an app with production settings, and forecasts to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from forecast_service import forecast_store, tables
from forecast_service.app import create_app
from forecast_service.database import Database
from forecast_service.forecast_store import StoredForecast
from forecast_service.keys import series_key
from forecast_service.settings import Settings

GROUP = "store_demand_group"
FORECAST = "arn:aws:forecast:eu-west-1:000000000000:forecast/first"
PREDICTOR = "arn:aws:forecast:eu-west-1:000000000000:predictor/first"
TRAINED_AT = 1_434_300_000.0  # 2015-06-14T16:40:00Z
DAYS = 48
START = "2015-06-14T00:00:00"


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The app as it is served: not testing, nothing propagates."""
    app = create_app(settings)
    yield app
    app.extensions["forecast_service"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of the app."""
    return app.test_client()


@pytest.fixture
def own_database(app: Flask) -> Database:
    """The database that the app reads."""
    database: Database = app.extensions["forecast_service"].database
    return database


def insert_group(connection: sa.Connection, **overrides: Any) -> None:
    """A dataset group that has been imported once; ``overrides`` are columns."""
    values = {
        "name": GROUP,
        "arn": f"arn:aws:forecast:eu-west-1:000000000000:dataset-group/{GROUP}",
        "horizon": DAYS,
        "frequency": "D",
        "has_items": False,
        "covariates": [],
        "data_version": 1,
        "last_sale_on": "2015-06-13",
        "version": 0,
        "runs_version": 0,
        "created_at": TRAINED_AT,
    }
    connection.execute(sa.insert(tables.dataset_groups).values({**values, **overrides}))


def insert_store(connection: sa.Connection, store: str, **overrides: Any) -> None:
    """A store with two and a half years of sales."""
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
    groups = tables.dataset_groups
    connection.execute(
        sa.update(groups).values(current_forecast_arn=arn, version=groups.c.version + 1)
    )


@pytest.fixture
def three_stores(own_database: Database) -> Database:
    """Stores 1, 2 and 10 with a forecast from 2015-06-14 on for 48 days."""
    with own_database.write() as connection:
        insert_group(connection)
        for store in ("1", "2", "10"):
            insert_store(connection, store)
        serve_forecast(connection, [["1"], ["2"], ["10"]])
    return own_database


@pytest.fixture
def with_items(own_database: Database) -> Database:
    """Store 1 sells milk and bread; store 2 milk alone."""
    pairs = [("milk", "1"), ("bread", "1"), ("milk", "2")]
    with own_database.write() as connection:
        insert_group(connection, has_items=True)
        for store in ("1", "2"):
            insert_store(connection, store)
        for item, store in pairs:
            connection.execute(
                sa.insert(tables.series).values(
                    dataset_group=GROUP, store=store, item=item, last_sale_on="2015-06-13"
                )
            )
        serve_forecast(connection, [list(pair) for pair in pairs])
    return own_database


@pytest.fixture
def refusal(client: FlaskClient) -> Callable[..., dict[str, Any]]:
    """Sends a request that must be refused, and gives the problem document."""

    def send(method: str, path: str, status: int, **options: Any) -> dict[str, Any]:
        response = client.open(path, method=method, **options)
        assert response.status_code == status, response.get_data(as_text=True)
        assert response.content_type == "application/problem+json"
        document: dict[str, Any] = response.get_json(force=True)
        assert document["status"] == status
        assert document["request_id"] == response.headers["X-Request-ID"]
        return document

    return send
