"""Stock-outs from the file to the forecast."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from forecast_service.resources.contract.answers import History
from forecast_service.settings import Settings
from forecast_service.worker import Worker

FIRST = date(2014, 1, 6)
DAYS = 182
LEVEL = 100.0


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Only Prophet: it is quick and follows the sales closely."""
    return settings.model_copy(update={"algorithm": "prophet", "horizon": 14})


def lines() -> list[str]:
    """Two stores with the same demand, sold out on every fifth day; only store 1 marks it."""
    generator = np.random.default_rng(1)
    short = generator.random(DAYS) < 0.2
    share = np.where(short, generator.uniform(0.2, 0.7, DAYS), 1.0)
    sold = LEVEL * generator.normal(1, 0.05, DAYS) * share
    return [
        f"{store},{FIRST + timedelta(days=i)},{sold[i]:.1f},{int(short[i] and store == 1)}"
        for store in (1, 2)
        for i in range(DAYS)
    ]


def forecast_of(client: FlaskClient, store: int) -> np.ndarray[Any, Any]:
    """The medians of a store."""
    answer = client.post("/forecast", json={"store_number": store}).get_json()
    return np.array([p["Value"] for p in answer["result"]["Forecast"]["Predictions"]["p50"]])


def test_demand_is_forecast_where_stock_outs_are_marked(
    client: FlaskClient, settings: Settings
) -> None:
    body = "\n".join(["store,date,sales,stockout", *lines()])
    client.post("/imports", data=body, content_type="text/csv")
    Worker(settings).run_until_idle(600)
    client.post("/training", json={"store_number": 1})
    Worker(settings).run_until_idle(600)

    marked, unmarked = forecast_of(client, 1), forecast_of(client, 2)

    assert marked.mean() == pytest.approx(LEVEL, rel=0.02)
    assert unmarked.mean() < 0.96 * LEVEL


def test_sales_can_be_marked_one_by_one(client: FlaskClient, settings: Settings) -> None:
    body = "\n".join(["store,date,sales,stockout", *lines()])
    client.post("/imports", data=body, content_type="text/csv")
    day = str(FIRST + timedelta(days=DAYS))
    row = {"store_number": 1, "date": day, "sales": 10, "stockout": True}

    sent = client.post("/sales", json={"sales": [row, {**row, "store_number": 2, "sales": 99}]})

    assert sent.status_code == 202
    Worker(settings).run_until_idle(600)
    answer = client.get("/stores/1/history?limit=1").get_json()
    History.model_validate(answer)
    assert answer["days"] == [{"date": day, "sales": 10.0, "stockout": True, "covariates": {}}]


def test_a_mark_stays_until_it_is_taken_back(client: FlaskClient, settings: Settings) -> None:
    body = "\n".join(["store,date,sales,stockout", *lines()])
    client.post("/imports", data=body, content_type="text/csv")
    row = {"store_number": 1, "date": str(FIRST + timedelta(days=DAYS)), "sales": 10}

    def shown_after(**sent: Any) -> list[tuple[float, bool]]:
        assert client.post("/sales", json={"sales": [{**row, **sent}]}).status_code == 202
        Worker(settings).run_until_idle(600)
        days = client.get("/stores/1/history?limit=1").get_json()["days"]
        return [(entry["sales"], entry["stockout"]) for entry in days]

    assert shown_after(stockout=True) == [(10.0, True)]
    assert shown_after(sales=12) == [(12.0, True)]
    assert shown_after(sales=12, stockout=False) == [(12.0, False)]
