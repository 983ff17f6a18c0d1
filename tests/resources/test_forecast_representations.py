"""ETag and 304, CSV, and the media types of answers."""

from __future__ import annotations

import csv
import io
import time

import pytest
from flask.testing import FlaskClient

from forecast_service.reading.pointer import MOMENT_SECONDS
from forecast_service.storage.database import Database
from forecast_service.storage.groups import move_pointer

from .conftest import Refusal
from .rows import DAYS, FORECAST, GROUP, insert_store, serve_forecast


@pytest.mark.usefixtures("three_stores")
class TestRepresentations:
    def test_an_etag_that_is_sent_back_gives_304_without_a_body(self, client: FlaskClient) -> None:
        etag = client.get("/forecast?store_number=1").headers["ETag"]

        again = client.get("/forecast?store_number=1", headers={"If-None-Match": f'"x", W/{etag}'})

        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)

    def test_head_has_the_etag_and_no_body(self, client: FlaskClient) -> None:
        response = client.head("/forecast?store_number=1")

        assert (response.status_code, response.data) == (200, b"")
        assert response.headers["ETag"]

    def test_a_post_is_always_answered_in_full(self, client: FlaskClient) -> None:
        answer = client.post("/forecast", json={"store_number": 1}, headers={"If-None-Match": "*"})

        assert answer.status_code == 200

    def test_the_etag_changes_with_the_pointer(
        self, client: FlaskClient, three_stores: Database
    ) -> None:
        before = client.get("/forecast?store_number=1").headers["ETag"]
        with three_stores.write() as connection:
            move_pointer(connection, GROUP, FORECAST)

        time.sleep(MOMENT_SECONDS)
        after = client.get("/forecast?store_number=1", headers={"If-None-Match": before})

        assert after.status_code == 200
        assert after.headers["ETag"] != before

    def test_the_etag_differs_between_stores_and_representations(self, client: FlaskClient) -> None:
        etags = {
            client.get(f"/forecast?store_number={store}", headers={"Accept": kind}).headers["ETag"]
            for store in (1, 2)
            for kind in ("application/json", "text/csv")
        }

        assert len(etags) == 4

    def test_csv_has_a_line_per_day(self, client: FlaskClient) -> None:
        response = client.get("/forecast?store_numbers=1,2", headers={"Accept": "text/csv"})

        rows = list(csv.DictReader(io.StringIO(response.text)))
        assert response.content_type == "text/csv; charset=utf-8"
        assert len(rows) == 2 * DAYS
        assert rows[0]["timestamp"] == "2015-06-14T00:00:00"
        assert [float(rows[0][name]) for name in ("p10", "p50", "p90")] == [90.0, 100.0, 110.0]
        assert rows[0]["algorithm"] == "prophet"

    @pytest.mark.parametrize("store", ["=1+1", "@SUM(A1)", "-cmd", "+1"])
    def test_csv_never_starts_a_formula(
        self, client: FlaskClient, three_stores: Database, store: str
    ) -> None:
        with three_stores.write() as connection:
            insert_store(connection, store)
            serve_forecast(connection, [[store]], arn=f"{FORECAST}-2")

        response = client.post(
            "/forecast", json={"store_number": store}, headers={"Accept": "text/csv"}
        )

        assert next(csv.DictReader(io.StringIO(response.text)))["store_number"] == f"'{store}"

    @pytest.mark.parametrize("accept", ["*/*", "application/*", "text/html, */*;q=0.1", ""])
    def test_json_is_answered_unless_csv_is_preferred(
        self, client: FlaskClient, accept: str
    ) -> None:
        response = client.get("/forecast?store_number=1", headers={"Accept": accept})

        assert response.content_type == "application/json"

    def test_anything_else_is_406(self, refusal: Refusal) -> None:
        problem = refusal("GET", "/forecast?store_number=1", 406, headers={"Accept": "image/png"})

        assert "Accept 'application/json' or 'text/csv'" in problem["detail"]
