"""Fixtures of the HTTP tests: an app with production settings, and stored forecasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from forecast_service.app import create_app
from forecast_service.settings import Settings
from forecast_service.storage import tables
from forecast_service.storage.database import Database

from .rows import GROUP, import_group, insert_store, serve_forecast


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The app with production settings: TESTING is off, so errors become answers."""
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


@pytest.fixture
def three_stores(own_database: Database) -> Database:
    """Stores 1, 2 and 10 with a forecast from 2015-06-14 on for 48 days."""
    with own_database.write() as connection:
        import_group(connection)
        for store in ("1", "2", "10"):
            insert_store(connection, store)
        serve_forecast(connection, [["1"], ["2"], ["10"]])
    return own_database


@pytest.fixture
def with_items(own_database: Database) -> Database:
    """Store 1 sells milk and bread; store 2 sells only milk."""
    pairs = [("milk", "1"), ("bread", "1"), ("milk", "2")]
    with own_database.write() as connection:
        import_group(connection, has_items=True)
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


Refusal = Callable[..., dict[str, Any]]


@pytest.fixture
def refusal(client: FlaskClient) -> Refusal:
    """Send a request that must be refused, and return the problem document."""
    return sender(client)


@pytest.fixture(scope="session")
def empty_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One app without data, for all tests that do not reach the database."""
    app = create_app(Settings(home=tmp_path_factory.mktemp("empty")))
    yield app
    app.extensions["forecast_service"].close()


@pytest.fixture
def rejection(empty_app: Flask) -> Refusal:
    """Like ``refusal``, for requests that are refused before the database is read."""
    return sender(empty_app.test_client())


def sender(client: FlaskClient) -> Refusal:
    """A function that sends a request and checks the problem document."""

    def send(method: str, path: str, status: int, **options: Any) -> dict[str, Any]:
        response = client.open(path, method=method, **options)
        assert response.status_code == status, response.get_data(as_text=True)
        assert response.content_type == "application/problem+json"
        document: dict[str, Any] = response.get_json(force=True)
        assert document["status"] == status
        assert document["request_id"] == response.headers["X-Request-ID"]
        return document

    return send
