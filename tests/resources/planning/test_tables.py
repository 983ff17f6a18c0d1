"""Rows, CSV and spreadsheets of outlooks and forecasts."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

from flask.testing import FlaskClient

from forecast_service.resources.contract.forecast_answers import Forecast
from forecast_service.resources.contract.planning.outlook_answers import Outlook

from ..conftest import Refusal
from .conftest import HORIZON, LAST


def test_a_forecast_in_rows_has_an_object_per_day(client: FlaskClient) -> None:
    plain = client.get("/forecast?store_number=1").get_json()

    answer = client.get("/forecast?store_number=1&shape=rows").get_json()

    Forecast.model_validate(answer)
    assert "result" not in answer
    points = plain["result"]["Forecast"]["Predictions"]
    first = {name: round(points[name][0]["Value"]) for name in ("p10", "p50", "p90")}
    assert answer["rows"][0] == {"date": str(LAST + timedelta(days=1)), **first}
    assert len(answer["rows"]) == HORIZON
    assert answer["provenance"] == plain["provenance"]


def test_rows_of_many_stores_by_post(client: FlaskClient) -> None:
    body = {"store_numbers": [1, 2]}

    answer = client.post("/forecast?shape=rows&full=true", json=body).get_json()

    Forecast.model_validate(answer)
    plain = client.post("/forecast", json=body).get_json()
    for rows, points in zip(answer["forecasts"], plain["forecasts"], strict=True):
        p50 = points["result"]["Forecast"]["Predictions"]["p50"]
        assert [row["p50"] for row in rows["rows"]] == [point["Value"] for point in p50]


def test_another_shape_is_refused(refusal: Refusal) -> None:
    problem = refusal("POST", "/forecast?shape=cube", 422, json={"store_number": 1})

    assert problem["detail"] == "'shape' is 'cube'. Send 'rows' or 'columns'."


def test_an_outlook_in_rows_has_the_same_numbers(client: FlaskClient) -> None:
    columns = client.get("/stores/1/outlook").get_json()

    rows = client.get("/stores/1/outlook?shape=rows").get_json()

    Outlook.model_validate(rows)
    assert [row["p50"] for row in rows["forecast"]] == columns["forecast"]["p50"]
    assert [row["sales"] for row in rows["history"]] == columns["history"]["sales"]
    assert rows["forecast"][3]["parts"]["level"] == columns["forecast"]["parts"]["level"][3]


def test_an_outlook_as_csv_has_what_is_on_the_screen(client: FlaskClient) -> None:
    shown = client.get("/stores/1/outlook").get_json()

    response = client.get("/stores/1/outlook?format=csv")

    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert len(rows) == 91 + HORIZON
    assert rows[-HORIZON - 1]["sales"] == str(shown["history"]["sales"][-1])
    assert rows[-1]["p50"] == str(shown["forecast"]["p50"][-1])
    assert rows[-1]["last_year"] == str(shown["forecast"]["last_year"][-1])
    assert rows[-1]["promo"] == str(shown["forecast"]["covariates"]["promo"][-1])
    assert (rows[0]["store_number"], rows[0]["store_name"]) == ("1", "Altona")
    name = "outlook-store-1-2015-04-20.csv"
    assert name in response.headers["Content-Disposition"]


def test_an_outlook_as_a_spreadsheet(client: FlaskClient) -> None:
    response = client.get("/stores/1/outlook?format=xlsx")

    assert response.status_code == 200
    assert response.data.startswith(b"PK")
