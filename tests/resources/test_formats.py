"""``format``: CSV and spreadsheets for people, and rounded JSON."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from forecast_service.common.keys import series_key
from forecast_service.common.rounding import decimals_of
from forecast_service.resources.representations import XLSX_TYPE
from forecast_service.resources.tables.delimited import as_csv
from forecast_service.resources.tables.table import Table
from forecast_service.resources.tables.workbook import as_xlsx
from forecast_service.storage import forecast_store, tables
from forecast_service.storage.database import Database
from forecast_service.storage.groups import move_pointer
from forecast_service.storage.stored_forecast import StoredForecast

from .conftest import Refusal
from .rows import DAYS, FORECAST, GROUP, insert_store, serve_forecast

DANGEROUS = ["=1+1", "+1", "-cmd", "@SUM(A1)", "\tx", "\rx", "＝1"]


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def sheet(data: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


@pytest.mark.usefixtures("three_stores")
class TestForecasts:
    def test_csv_for_people_has_days_and_no_arn(self, client: FlaskClient) -> None:
        response = client.get("/forecast?store_number=1&format=csv")

        rows = table(response.text)
        assert response.content_type == "text/csv; charset=utf-8"
        assert len(rows) == DAYS
        assert rows[0]["date"] == "2015-06-14"
        assert [rows[0][name] for name in ("store_number", "p10", "p90")] == ["1", "90", "110"]
        assert "arn:" not in response.text

    def test_the_file_is_named_by_store_and_day(self, client: FlaskClient) -> None:
        disposition = client.get("/forecast?store_number=1&format=csv").headers

        assert disposition["Content-Disposition"] == (
            "attachment; filename=forecast-store-1-2015-06-14.csv"
        )

    def test_a_spreadsheet_has_real_days_and_numbers(self, client: FlaskClient) -> None:
        response = client.get("/forecast?store_numbers=1,2&format=xlsx")

        rows = sheet(response.data)
        header = rows[0]
        assert response.content_type == XLSX_TYPE
        assert "forecast-2-stores-2015-06-14.xlsx" in response.headers["Content-Disposition"]
        assert len(rows) == 1 + 2 * DAYS
        assert rows[1][header.index("date")] == date(2015, 6, 14)
        assert rows[1][header.index("p50")] == 100.0

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_accept_names_the_format_too(self, client: FlaskClient, kind: str) -> None:
        media_type = {"csv": "text/csv", "xlsx": XLSX_TYPE}[kind]

        response = client.get("/forecast?store_number=1", headers={"Accept": media_type})

        assert response.content_type.startswith(media_type)

    def test_format_counts_more_than_accept(self, client: FlaskClient) -> None:
        response = client.get(
            "/forecast?store_number=1&format=json", headers={"Accept": "text/csv"}
        )

        assert response.content_type == "application/json"

    def test_a_post_takes_the_format_in_its_address(self, client: FlaskClient) -> None:
        by_body = client.post("/forecast?format=csv", json={"store_number": 1})

        assert by_body.data == client.get("/forecast?store_number=1&format=csv").data

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ("format=csv", "0.123"),
            ("format=csv&full=true", "0.123456"),
            ("format=csv&full=0", "0.123"),
        ],
    )
    def test_numbers_are_rounded_unless_all_digits_are_asked_for(
        self, client: FlaskClient, three_stores: Database, query: str, shown: str
    ) -> None:
        serve_level(three_stores, ["1"], 0.123456)

        rows = table(
            client.get(f"/forecast?store_number=1&forecast_end_date=2015-06-14&{query}").text
        )

        assert rows[0]["p50"] == shown

    def test_json_is_rounded_only_on_request(
        self, client: FlaskClient, three_stores: Database
    ) -> None:
        serve_level(three_stores, ["1"], 0.123456)

        values = [
            client.get(f"/forecast?store_number=1&forecast_end_date=2015-06-14{query}").get_json()[
                "result"
            ]["Forecast"]["Predictions"]["p50"][0]["Value"]
            for query in ("", "&format=json", "&format=json&full=true", "&full=false")
        ]

        assert values == [0.123456, 0.123, 0.123456, 0.123]

    @pytest.mark.parametrize("name", [n for n in DANGEROUS if n.strip() == n])
    def test_no_name_is_run_as_a_formula(
        self, client: FlaskClient, three_stores: Database, name: str
    ) -> None:
        with three_stores.write() as connection:
            insert_store(connection, name)
            serve_forecast(connection, [[name]], arn=f"{FORECAST}-2")
        body = {"store_number": name}

        as_csv = client.post("/forecast?format=csv", json=body)
        as_xlsx = client.post("/forecast?format=xlsx", json=body)

        assert table(as_csv.text)[0]["store_number"] == f"'{name}"
        assert sheet(as_xlsx.data)[1][0] == name
        assert "\n" not in as_csv.headers["Content-Disposition"]

    def test_the_name_of_a_store_is_shown(
        self, client: FlaskClient, three_stores: Database
    ) -> None:
        with three_stores.write() as connection:
            insert_store(connection, "77", attributes={"name": "=Köln Süd"})
            serve_forecast(connection, [["77"]], arn=f"{FORECAST}-2")

        assert table(client.get("/forecast?store_number=77&format=csv").text)[0]["store_name"] == (
            "'=Köln Süd"
        )
        assert client.get("/forecast?store_number=77").get_json()["store_name"] == "=Köln Süd"

    @pytest.mark.parametrize("path", ["/forecast?store_number=1", "/stores?", "/stores/1/history?"])
    @pytest.mark.parametrize("name", ["pdf", "CSV", "", "excel"])
    def test_an_unknown_format_is_400_and_names_the_known(
        self, refusal: Refusal, path: str, name: str
    ) -> None:
        detail = refusal("GET", f"{path}&format={name}", 400)["detail"]

        assert detail == (
            f"'format' is '{name}'. Send 'csv', 'json' or 'xlsx', or leave it out for JSON."
        )


@pytest.mark.usefixtures("with_items")
class TestItems:
    def test_the_table_has_the_total_first_and_a_link_to_the_next_page(
        self, client: FlaskClient
    ) -> None:
        first = client.get("/forecast?store_number=1&limit=1&format=csv")
        link = first.headers["Link"]
        second = client.get(link.removeprefix("<").split(">")[0])

        assert [row["item"] for row in table(first.text)[::DAYS]] == ["(all items)", "bread"]
        assert [row["item"] for row in table(second.text)[::DAYS]] == ["milk"]
        assert "Link" not in second.headers

    def test_the_next_page_has_all_digits_too(self, client: FlaskClient) -> None:
        first = client.get("/forecast?store_number=1&limit=1&format=csv&full=true")

        assert "&format=csv&full=true>" in first.headers["Link"]

    def test_all_items_are_in_one_spreadsheet(self, client: FlaskClient) -> None:
        rows = sheet(client.get("/forecast?store_number=1&format=xlsx").data)

        assert len(rows) == 1 + 3 * DAYS

    def test_programs_get_the_total_without_an_item(self, client: FlaskClient) -> None:
        response = client.get("/forecast?store_number=1", headers={"Accept": "text/csv"})

        assert [row["item"] for row in table(response.text)[::DAYS]] == ["", "bread", "milk"]


@pytest.mark.usefixtures("three_stores")
class TestStores:
    def test_are_a_table_with_a_column_per_attribute(
        self, client: FlaskClient, three_stores: Database
    ) -> None:
        with three_stores.write() as connection:
            insert_store(connection, "=S", attributes={"size": "@large"})

        response = client.get("/stores?format=csv")

        rows = table(response.text)
        assert response.headers["Content-Disposition"] == "attachment; filename=stores.csv"
        assert [row["store_number"] for row in rows] == ["1", "2", "10", "'=S"]
        assert rows[3]["size"] == "'@large"
        assert rows[0]["first_sale_on"] == "2013-01-01"

    def test_pages_of_a_table_are_linked(self, client: FlaskClient) -> None:
        first = client.get("/stores?format=csv&limit=2")
        second = client.get(first.headers["Link"].removeprefix("<").split(">")[0])

        assert [row["store_number"] for row in table(second.text)] == ["10"]

    def test_are_a_spreadsheet_with_days(self, client: FlaskClient) -> None:
        rows = sheet(client.get("/stores?format=xlsx").data)

        assert rows[1][rows[0].index("first_sale_on")] == date(2013, 1, 1)


@pytest.mark.parametrize("name", DANGEROUS)
def test_a_text_never_starts_a_formula_in_any_column(name: str) -> None:
    written = Table("Names", [name, "x"], [[1, name], [2, f"a{name}"]])

    rows = list(csv.reader(io.StringIO(as_csv(written).decode(), newline="")))

    assert rows == [[f"'{name}", "x"], ["1", f"'{name}"], ["2", f"a{name}"]]
    assert sheet(as_xlsx(written))[2][1].strip() == f"a{name}".strip()


def test_a_spreadsheet_of_the_same_values_has_the_same_bytes_at_any_time() -> None:
    with zipfile.ZipFile(io.BytesIO(as_xlsx(Table("Names", ["x"], [[1]])))) as book:
        properties = book.read("docProps/core.xml")

    assert b'<dcterms:created xsi:type="dcterms:W3CDTF">2000-01-01T00:00:00Z' in properties


def test_a_long_number_in_a_spreadsheet_is_a_name_with_all_digits() -> None:
    written = Table("Names", ["store_number"], [[123456789012], [9007199254740993]])

    assert sheet(as_xlsx(written))[1:] == [[123456789012.0], ["9007199254740993"]]


@pytest.mark.parametrize(
    ("values", "decimals"),
    [([74220.3, 12.5], 0), ([950.0], 0), ([99.4, 3.0], 1), ([0.05, 0.0], 4), ([], 0), ([0.0], 0)],
)
def test_decimals_follow_the_largest_value(values: list[float], decimals: int) -> None:
    assert decimals_of(values) == decimals


def serve_level(database: Database, key: list[str], level: float) -> None:
    """Serve a forecast whose median of the first day is ``level``, and p90 hardly more."""
    values = np.array([[0.5], [1.0], [1.5]]) * level * np.ones(DAYS)
    arn = f"{FORECAST}-level"
    with database.write() as connection:
        row = connection.execute(sa.select(tables.forecasts)).mappings().first()
        assert row is not None
        connection.execute(sa.insert(tables.forecasts).values({**row, "forecast_arn": arn}))
        types = ("0.1", "0.5", "0.9")
        start = "2015-06-14T00:00:00"
        stored = StoredForecast(arn, series_key(key), start, "D", types, values, algorithm="auto")
        forecast_store.write(connection, [stored])
        move_pointer(connection, GROUP, arn)
