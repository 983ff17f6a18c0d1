"""GET and POST /forecast: shapes, ranges, many stores, provenance."""

from __future__ import annotations

import time
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from forecast_service.reading.pointer import MOMENT_SECONDS
from forecast_service.resources.contract.forecast_answers import Forecast
from forecast_service.storage import tables
from forecast_service.storage.database import Database
from forecast_service.storage.groups import move_pointer

from .conftest import Refusal
from .rows import DAYS, FORECAST, GROUP, PREDICTOR, import_group, insert_store, serve_forecast


@pytest.mark.usefixtures("three_stores")
class TestOneStore:
    def test_answers_amazons_shape_and_where_it_comes_from(self, client: FlaskClient) -> None:
        answer = client.post("/forecast", json={"store_number": 1}).get_json()

        predictions = answer["result"]["Forecast"]["Predictions"]
        assert answer["store_number"] == 1
        assert [len(predictions[name]) for name in ("p10", "p50", "p90")] == [DAYS] * 3
        assert predictions["p50"][0] == {"Timestamp": "2015-06-14T00:00:00", "Value": 100.0}
        assert answer["provenance"] == {
            "source": "local",
            "algorithm": "prophet",
            "members": None,
            "coverage": None,
            "demand": None,
            "fallback": None,
            "predictor": PREDICTOR,
            "trained_at": "2015-06-14T16:40:00Z",
            "fresh_until": "2015-06-16T16:40:00Z",
            "data_until": "2015-06-13",
            "forecast": FORECAST,
            "created_at": "2015-06-14T16:41:00Z",
            "horizon": {"first": "2015-06-14", "last": "2015-07-31", "periods": DAYS},
            "stale": "all of its days have passed: it goes from 2015-06-14 to 2015-07-31; import "
            "newer sales",
            "ladder": None,
            "assumptions": [],
        }

    def test_get_and_post_give_the_same_bytes(self, client: FlaskClient) -> None:
        by_body = client.post("/forecast", json={"store_number": 1})
        by_query = client.get("/forecast?store_number=1")

        assert by_body.data == by_query.data

    @pytest.mark.parametrize("sent", [1, "1"])
    def test_echoes_the_store_as_it_was_sent(self, client: FlaskClient, sent: int | str) -> None:
        answer = client.post("/forecast", json={"store_number": sent}).get_json()

        assert answer["store_number"] == sent
        assert type(answer["store_number"]) is type(sent)

    def test_is_there_under_v1_too(self, client: FlaskClient) -> None:
        assert (
            client.get("/v1/forecast?store_number=1").data
            == client.get("/forecast?store_number=1").data
        )

    @pytest.mark.parametrize(
        ("start", "end", "first", "last", "count"),
        [
            ("2015-07-01", None, "2015-07-01", "2015-07-31", 31),
            ("2015-07-01T09:30:00", "2015-07-02T00:00:00", "2015-07-01", "2015-07-02", 2),
            ("2015-07-01T00:00:00Z", "2015-07-01", "2015-07-01", "2015-07-01", 1),
            (None, "2015-06-15", "2015-06-14", "2015-06-15", 2),
            ("2001-01-01", "2015-06-14", "2015-06-14", "2015-06-14", 1),
            ("2015-07-31", "2099-01-01", "2015-07-31", "2015-07-31", 1),
        ],
    )
    def test_a_range_gives_what_it_shares_with_the_horizon(
        self, client: FlaskClient, start: str, end: str, first: str, last: str, count: int
    ) -> None:
        body = {"store_number": 1, "forecast_start_date": start, "forecast_end_date": end}

        points = client.post("/forecast", json=body).get_json()["result"]["Forecast"]["Predictions"]

        assert points["p90"][0]["Timestamp"] == f"{first}T00:00:00"
        assert points["p90"][-1]["Timestamp"] == f"{last}T00:00:00"
        assert len(points["p90"]) == count

    @pytest.mark.parametrize(
        ("range_sent", "start"),
        [
            ({"forecast_start_date": "2015-08-01"}, "'2015-08-01' and later has no day"),
            ({"forecast_end_date": "2015-06-13T23:00:00"}, "'2015-06-13' and earlier"),
        ],
    )
    def test_a_range_outside_the_horizon_names_its_days(
        self, refusal: Refusal, range_sent: dict[str, str], start: str
    ) -> None:
        problem = refusal("POST", "/forecast", 422, json={"store_number": 1, **range_sent})

        assert problem["type"] == "urn:forecast-service:outside-horizon"
        assert problem["detail"].startswith(start)
        assert "from 2015-06-14 to 2015-07-31" in problem["detail"]

    def test_an_unknown_store_is_refused_with_those_that_exist(self, refusal: Refusal) -> None:
        problem = refusal("GET", "/forecast?store_number=999", 404)

        assert problem["type"] == "urn:forecast-service:unknown-store"
        assert problem["detail"] == (
            "Store '999' is unknown: there are 3 stores, 1, 2, 10. GET /stores lists them."
        )

    def test_an_item_where_there_are_none_is_unknown(self, refusal: Refusal) -> None:
        problem = refusal("GET", "/forecast?store_number=1&item=milk", 404)

        assert problem["type"] == "urn:forecast-service:unknown-item"

    def test_a_start_after_the_end_is_refused(self, refusal: Refusal) -> None:
        query = "store_number=1&forecast_start_date=2015-07-02&forecast_end_date=2015-07-01"

        assert "is after" in refusal("GET", f"/forecast?{query}", 422)["detail"]


@pytest.mark.usefixtures("three_stores")
class TestManyStores:
    def test_are_answered_in_the_order_of_the_request(self, client: FlaskClient) -> None:
        answer = client.post("/forecast", json={"store_numbers": [10, "2", 1]}).get_json()

        assert [part["store_number"] for part in answer["forecasts"]] == [10, "2", 1]
        Forecast.model_validate(answer)

    @pytest.mark.parametrize("query", ["store_numbers=10,2", "store_numbers=10&store_numbers=2"])
    def test_are_separated_by_commas_or_repeated_in_a_query(
        self, client: FlaskClient, query: str
    ) -> None:
        answer = client.get(f"/forecast?{query}").get_json()

        assert [part["store_number"] for part in answer["forecasts"]] == [10, 2]

    def test_one_unknown_refuses_all_and_every_unknown_is_named(self, refusal: Refusal) -> None:
        problem = refusal("POST", "/forecast", 404, json={"store_numbers": [1, 7, 2, 8]})

        assert problem["detail"].startswith("Stores '7', '8' are unknown: there are 3 stores")

    def test_one_of_them_is_still_a_list(self, client: FlaskClient) -> None:
        answer = client.post("/forecast", json={"store_numbers": [1]}).get_json()

        assert len(answer["forecasts"]) == 1


@pytest.mark.usefixtures("with_items")
class TestItems:
    def test_are_read_by_store_and_item(self, client: FlaskClient) -> None:
        answer = client.get("/forecast?store_number=1&item=milk").get_json()

        assert (answer["store_number"], answer["item"]) == (1, "milk")
        Forecast.model_validate(answer)

    def test_that_the_store_never_sold_are_unknown(self, refusal: Refusal) -> None:
        problem = refusal("GET", "/forecast?store_number=2&item=bread", 404)

        assert problem["detail"] == "Item 'bread' is unknown: store '2' sells 'milk'."


class TestNothingToServe:
    def test_before_the_first_import(self, refusal: Refusal) -> None:
        problem = refusal("GET", "/forecast?store_number=1", 404)

        assert problem["type"] == "urn:forecast-service:no-forecast"
        assert problem["detail"] == (
            "There is no forecast: no sales were imported yet. "
            "Import them with POST /imports, then start a training with POST /training."
        )

    def test_before_the_first_training(self, refusal: Refusal, own_database: Database) -> None:
        with own_database.write() as connection:
            import_group(connection)
            insert_store(connection, "1")

        problem = refusal("GET", "/forecast?store_number=1", 404)

        assert problem["detail"] == (
            "There is no forecast yet. Start a training with POST /training."
        )

    def test_a_store_newer_than_the_forecast(
        self, refusal: Refusal, three_stores: Database
    ) -> None:
        with three_stores.write() as connection:
            insert_store(connection, "11")
            insert_run(connection, state="forecasting")

        problem = refusal("GET", "/forecast?store_number=11", 404)

        assert problem["detail"] == (
            "Store '11' is not in the current forecast, which was made before its sales were "
            "imported. A training run is making a new one. GET /training/run1 shows it; ask again "
            "when it is 'serving'."
        )


class TestProvenance:
    def test_names_newer_data_and_the_run_that_failed(
        self, client: FlaskClient, three_stores: Database
    ) -> None:
        client.get("/forecast?store_number=1")
        with three_stores.write() as connection:
            insert_run(connection, state="failed", message="no space", finished_at=2.0)
            import_group(connection, last_sale_on="2015-06-20")

        stale = client.get("/forecast?store_number=1").get_json()["provenance"]["stale"]

        assert "2015-06-13, and the newest sales are of 2015-06-20" in stale
        assert stale.endswith("training run 'run1' failed: no space")

    def test_names_the_days_whose_covariates_are_assumed(
        self, client: FlaskClient, own_database: Database
    ) -> None:
        with own_database.write() as connection:
            import_group(connection)
            insert_store(connection, "1", assumed_from="2015-07-20")
            serve_forecast(connection, [["1"]], assumptions=["holidays of DE"])

        answer = client.get("/forecast?store_number=1").get_json()

        assert answer["provenance"]["assumptions"][0] == "holidays of DE"
        assert answer["provenance"]["assumptions"][1].startswith(
            "no plan for store '1' from 2015-07-20 on:"
        )

    def test_assumptions_begin_with_the_forecast_at_the_earliest(
        self, client: FlaskClient, own_database: Database
    ) -> None:
        with own_database.write() as connection:
            import_group(connection)
            insert_store(connection, "1", assumed_from="2015-01-01")
            serve_forecast(connection, [["1"]])

        answer = client.get("/forecast?store_number=1").get_json()

        assert answer["provenance"]["assumptions"][0].startswith(
            "no plan for store '1' from 2015-06-14 on:"
        )

    def test_follows_a_rollback_of_the_pointer(
        self, client: FlaskClient, three_stores: Database
    ) -> None:
        with three_stores.write() as connection:
            serve_forecast(connection, [["1"]], arn=f"{FORECAST}-2", level=500.0)
        second = client.get("/forecast?store_number=1").get_json()["provenance"]["forecast"]
        with three_stores.write() as connection:
            move_pointer(connection, GROUP, FORECAST)

        time.sleep(MOMENT_SECONDS)
        first = client.get("/forecast?store_number=1").get_json()["provenance"]["forecast"]

        assert (second, first) == (f"{FORECAST}-2", FORECAST)


def insert_run(connection: sa.Connection, **columns: Any) -> None:
    values = {
        "id": "run1",
        "dataset_group": GROUP,
        "trains": False,
        "reason": "new_sales",
        "detail": "newer sales",
        "requested_at": 1.0,
    }
    connection.execute(sa.insert(tables.training_runs).values({**values, **columns}))


@pytest.mark.parametrize("sent", [[1] * 5000, [1, "1", 1], ["1", 1], [1, 2, 1, 2, 10, 1]])
def test_a_repeated_store_is_answered_once(
    client: FlaskClient, three_stores: Database, sent: list[int | str]
) -> None:
    answer = client.post("/forecast", json={"store_numbers": sent}).get_json()

    numbers = [str(document["store_number"]) for document in answer["forecasts"]]
    assert numbers == list(dict.fromkeys(map(str, sent)))
