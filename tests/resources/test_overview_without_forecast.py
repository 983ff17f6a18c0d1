"""The overview before the first import, before the first forecast, and before its summary."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from forecast_service.resources.contract.answers import Accuracy, Overview
from forecast_service.storage.database import Database
from forecast_service.storage.tables import forecast_values

from .rows import import_group, insert_store


def test_there_is_nothing_before_the_first_import(client: FlaskClient) -> None:
    document = client.get("/overview").get_json()

    Overview.model_validate(document)
    assert (document["stores"], document["week"], document["forecast"]) == ([], None, None)
    assert document["tiles"]["next_7_days"] is None
    assert client.get("/regions").get_json() == {"regions": []}
    accuracy = client.get("/accuracy").get_json()
    Accuracy.model_validate(accuracy)
    assert (accuracy["source"], accuracy["lags"]) == (None, {})


def test_stores_without_a_forecast_say_so(client: FlaskClient, own_database: Database) -> None:
    with own_database.write() as connection:
        import_group(connection)
        insert_store(connection, "1")

    (store,) = client.get("/overview").get_json()["stores"]

    assert store["next_7_days"] is None
    assert [problem["code"] for problem in store["problems"]] == ["no_forecast", "sales_late"]
    assert store["problems"][0]["text"] == "There is no forecast yet."


@pytest.mark.usefixtures("three_stores")
def test_an_older_home_is_served_before_its_summary_is_made(client: FlaskClient) -> None:
    document = client.get("/overview").get_json()

    Overview.model_validate(document)
    assert document["week"] == {"from": "2015-06-14", "to": "2015-06-20"}
    assert document["forecast"]["stale"].startswith("all of its days have passed")
    for store in document["stores"]:
        assert store["low"] < store["next_7_days"] < store["high"]
        assert store["last_7_days"] is None


@pytest.mark.usefixtures("three_stores")
def test_a_damaged_forecast_is_named_and_the_others_are_shown(
    client: FlaskClient, own_database: Database
) -> None:
    with own_database.write() as connection:
        broken = sa.update(forecast_values).where(forecast_values.c.series_key == '["2"]')
        connection.execute(broken.values(checksum=1))

    stores = client.get("/overview").get_json()["stores"]

    damaged = stores[0]
    assert (damaged["store_number"], damaged["problems"][0]["code"]) == (2, "damaged")
    assert damaged["next_7_days"] is None
    assert all(store["next_7_days"] is not None for store in stores[1:])


@pytest.mark.usefixtures("three_stores")
def test_the_backtest_is_shown_where_nothing_was_served_yet(
    client: FlaskClient, own_database: Database
) -> None:
    facts = {"backtest": {"wape": 0.08, "bias": -0.01, "days": 96}}
    with own_database.write() as connection:
        tested = sa.update(forecast_values).where(forecast_values.c.series_key == '["2"]')
        connection.execute(tested.values(facts=facts))

    stores = {s["store_number"]: s for s in client.get("/overview").get_json()["stores"]}
    accuracy = client.get("/accuracy").get_json()

    assert (stores[2]["accuracy"], stores[2]["accuracy_source"]) == (facts, "backtest")
    assert (stores[1]["accuracy"], stores[1]["accuracy_source"]) == (None, None)
    Accuracy.model_validate(accuracy)
    assert accuracy["source"] == "backtest"
    assert accuracy["backtest"] == {"wape": 0.08, "bias": -0.01, "stores": 1}
    assert [store["store_number"] for store in accuracy["stores"]] == [2]
