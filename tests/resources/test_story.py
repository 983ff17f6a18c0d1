"""One story over HTTP: import, train, read, sell more, read again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from support import naive

from forecast_service.resources.contract.forecast_answers import Forecast
from forecast_service.settings import Settings
from forecast_service.worker import Worker

FIRST = date(2014, 1, 1)
DAYS = 200
HORIZON = 28


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The quickest algorithm; accuracy does not matter here."""
    return naive(settings)


def day(index: int) -> date:
    """The day with this index; 0 is the first day."""
    return FIRST + timedelta(days=index)


def sales_of(store: int) -> list[str]:
    """Lines of sales of a store that is closed on Sundays."""
    opens = [int(day(index).weekday() != 6) for index in range(DAYS)]
    return [f"{store},{day(i)},{opens[i] * (100 + store)},{opens[i]}" for i in range(DAYS)]


def work(settings: Settings) -> None:
    """Do all waiting work, as a worker does."""
    Worker(settings).run_until_idle(600)


def forecast_of(client: FlaskClient, store: int) -> dict[str, Any]:
    """The forecast of a store as JSON."""
    response = client.get(f"/forecast?store_number={store}")
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.get_json()
    Forecast.model_validate(answer)
    return answer


def test_from_files_to_forecasts_and_on_to_newer_sales(
    client: FlaskClient, settings: Settings
) -> None:
    lines = ["Store,Date,Sales,Open", *sales_of(1), *sales_of(2)]
    imported = client.post("/imports", data="\n".join(lines), content_type="text/csv")
    work(settings)
    assert client.get(imported.headers["Location"]).get_json()["state"] == "done"

    requested = client.post("/training", json={"store_number": 1})
    assert requested.status_code == 202
    work(settings)
    assert client.get(requested.headers["Location"]).get_json()["state"] == "serving"
    assert client.post("/training", json={"store_number": 1}).status_code == 200

    points = forecast_of(client, 1)["result"]["Forecast"]["Predictions"]["p50"]
    sundays = [p["Value"] for p in points if date.fromisoformat(p["Timestamp"][:10]).weekday() == 6]
    assert (len(points), points[0]["Timestamp"][:10]) == (HORIZON, str(day(DAYS)))
    assert sundays == [0.0] * 4

    row = {"date": str(day(DAYS)), "sales": 500, "covariates": {"Open": 1}}
    rows = [{"store_number": store, **row} for store in (1, 2, 3)]
    unknown = client.post("/sales", json={"sales": rows})
    assert unknown.status_code == 404
    assert unknown.get_json()["detail"] == (
        "Store '3' is unknown: there are 2 stores, 1, 2. GET /stores lists them. POST /sales with "
        '"create": true adds new ones.'
    )
    sold = client.post("/sales", json={"sales": rows, "create": True})
    work(settings)
    assert client.get(sold.headers["Location"]).get_json()["state"] == "done"

    answer = forecast_of(client, 1)
    assert answer["provenance"]["horizon"]["first"] == str(day(DAYS + 1))
    assert answer["provenance"]["data_until"] == str(day(DAYS))
    assert "imported after" not in answer["provenance"]["stale"]  # all of its days have passed
    assert forecast_of(client, 3)["provenance"]["fallback"]
    assert [run["trains"] for run in client.get("/training").get_json()["runs"]] == [False, True]
