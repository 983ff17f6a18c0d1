"""Forecasts of stores that sell items: totals, pages, several items."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from forecast_service.common.keys import series_key
from forecast_service.resources.contract.forecast_answers import Forecast
from forecast_service.storage import forecast_store, tables
from forecast_service.storage.database import Database
from forecast_service.storage.forecast_store import totals_of
from forecast_service.storage.stored_forecast import StoredForecast

from .conftest import Refusal
from .rows import DAYS, FORECAST, GROUP, START


def add_total(database: Database, store: str) -> None:
    """Store the total of a store, as a forecast job does."""
    values = 150.0 + np.zeros(DAYS) + np.array([[-10.0], [0.0], [10.0]])
    facts = {"total": {"items": 2, "comovement": 0.25}}
    total = StoredForecast(
        totals_of(FORECAST),
        series_key([store]),
        START,
        "D",
        ("0.1", "0.5", "0.9"),
        values,
        facts=facts,
    )
    with database.write() as connection:
        forecast_store.write(connection, [total])


def add_items(database: Database, store: str, items: list[str]) -> None:
    with database.write() as connection:
        for item in items:
            connection.execute(
                sa.insert(tables.series).values(
                    dataset_group=GROUP, store=store, item=item, last_sale_on="2015-06-13"
                )
            )
        rows = forecast_store.read(connection, FORECAST, series_key(["milk", "1"]))
        assert rows is not None
        forecast_store.write(
            connection,
            [
                StoredForecast(
                    FORECAST,
                    series_key([item, store]),
                    START,
                    "D",
                    rows.forecast_types,
                    rows.values,
                )
                for item in items
            ],
        )


def points(document: dict[str, Any], name: str) -> list[float]:
    return [point["Value"] for point in document["result"]["Forecast"]["Predictions"][name]]


@pytest.mark.usefixtures("with_items")
class TestAStoreWithItems:
    def test_is_answered_by_its_total_and_its_items(
        self, client: FlaskClient, with_items: Database
    ) -> None:
        add_total(with_items, "1")

        answer = client.get("/forecast?store_number=1").get_json()

        Forecast.model_validate(answer)
        assert points(answer, "p90")[0] == 160.0
        assert answer["total"] == {"items": 2, "comovement": 0.25}
        assert [item["item"] for item in answer["items"]] == ["bread", "milk"]
        assert points(answer["items"][0], "p90")[0] == 110.0
        assert (answer["count"], answer["next"]) == (2, None)
        assert "quantiles of the sum of 2 items" in answer["provenance"]["assumptions"][0]

    def test_of_an_older_forecast_has_the_widest_total(self, client: FlaskClient) -> None:
        answer = client.get("/forecast?store_number=1").get_json()

        assert answer["total"] == {"items": 2, "comovement": None}
        assert points(answer, "p90")[0] == 220.0
        assert "widest possible" in answer["provenance"]["assumptions"][0]

    def test_has_pages_that_follow_each_other(
        self, client: FlaskClient, with_items: Database
    ) -> None:
        add_items(with_items, "1", [f"item {n}" for n in range(1, 13)])
        address, seen, pages = "/forecast?store_number=1&limit=5", [], 0

        while address:
            answer = client.get(address).get_json()
            seen += [item["item"] for item in answer["items"]]
            assert answer["count"] == 14
            address, pages = answer["next"], pages + 1

        assert seen == ["bread", *(f"item {n}" for n in range(1, 13)), "milk"]
        assert pages == 3

    def test_names_items_that_are_newer_than_the_forecast(
        self, client: FlaskClient, with_items: Database
    ) -> None:
        with with_items.write() as connection:
            values = {"dataset_group": GROUP, "store": "1", "last_sale_on": "2015-06-13"}
            connection.execute(sa.insert(tables.series).values(item="new", **values))

        answer = client.get("/forecast?store_number=1").get_json()

        assert [item["item"] for item in answer["items"]] == ["bread", "milk"]
        assert any("'new'" in text for text in answer["provenance"]["assumptions"])

    def test_in_a_list_has_its_total_only(self, client: FlaskClient) -> None:
        answer = client.post("/forecast", json={"store_numbers": [1, 2]}).get_json()

        Forecast.model_validate(answer)
        assert [store["store_number"] for store in answer["forecasts"]] == [1, 2]
        assert [store["total"]["items"] for store in answer["forecasts"]] == [2, 1]
        assert all("items" not in store for store in answer["forecasts"])

    @pytest.mark.parametrize("names", [["milk", "bread"], ["bread", "milk", "bread"]])
    def test_is_asked_for_several_items(self, client: FlaskClient, names: list[str]) -> None:
        query = "&".join(f"item={name}" for name in names)
        by_query = client.get(f"/forecast?store_number=1&{query}")
        by_body = client.post("/forecast", json={"store_number": 1, "item": names})

        answer = by_query.get_json()
        assert [item["item"] for item in answer["items"]] == list(dict.fromkeys(names))
        assert by_body.data == by_query.data
        Forecast.model_validate(answer)

    def test_refuses_an_unknown_item_among_several(self, refusal: Refusal) -> None:
        problem = refusal("GET", "/forecast?store_number=1&item=milk&item=tea", 404)

        assert problem["detail"].startswith("Item 'tea' is unknown")

    @pytest.mark.parametrize("query", ["item=milk&limit=3", "item=milk&after=bread"])
    def test_has_no_pages_of_named_items(self, refusal: Refusal, query: str) -> None:
        problem = refusal("GET", f"/forecast?store_number=1&{query}", 422)

        assert "leave 'item' and 'store_numbers' out" in problem["detail"]

    def test_is_named_by_item_in_a_what_if(self, refusal: Refusal) -> None:
        changes = [{"covariate": "promo", "value": 1, "from": "2015-06-20"}]
        problem = refusal("POST", "/what-if", 422, json={"store_number": 1, "changes": changes})

        assert problem["detail"].startswith("'item' is missing")


@pytest.mark.usefixtures("three_stores")
def test_an_answer_that_would_be_too_long_is_refused(
    refusal: Refusal, three_stores: Database
) -> None:
    with three_stores.write() as connection:
        row = connection.execute(sa.select(tables.stores).limit(1)).mappings().one()
        names = [str(number) for number in range(100, 2100)]
        connection.execute(sa.insert(tables.stores), [{**row, "store": name} for name in names])

    problem = refusal("POST", "/forecast", 400, json={"store_numbers": names})

    assert problem["detail"] == (
        "The answer would have 288,000 values: 2,000 series with 144 each. An answer has at most "
        "250,000 values and 5,000 series. Ask for 1,736 stores at a time, or for fewer days."
    )
