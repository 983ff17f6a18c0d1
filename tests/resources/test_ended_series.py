"""Items that ended while the chain goes on: named with their store, and forecast 0."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from support import naive

from forecast_service.resources.contract.answers import Store
from forecast_service.settings import Settings
from forecast_service.worker import Worker

FIRST = date(2025, 1, 1)
DAYS = 150
ENDS = {("1", "milk"): 150, ("1", "tea"): 150, ("2", "milk"): 150, ("2", "tea"): 80,
        ("3", "milk"): 70, ("3", "tea"): 75}  # fmt: skip


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The quickest algorithm; accuracy does not matter here."""
    return naive(settings)


def lines() -> list[str]:
    return [
        f"{store},{item},{FIRST + timedelta(days=index)},{10 + index % 7}"
        for (store, item), days in ENDS.items()
        for index in range(days)
    ]


def store_of(client: FlaskClient, number: int) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"/stores/{number}").get_json()
    Store.model_validate(answer)
    return answer


def outlook_state(client: FlaskClient, number: int, item: str | None = None) -> str:
    asked = {} if item is None else {"item": item}
    state: str = client.get(f"/stores/{number}/outlook", query_string=asked).get_json()["state"]
    return state


def test_items_that_ended_are_named_and_forecast_0(client: FlaskClient, settings: Settings) -> None:
    client.post("/imports", data="\n".join(["store,item,date,sales", *lines()]),
                content_type="text/csv")  # fmt: skip
    Worker(settings).run_until_idle(60)
    assert client.get("/stores/2").get_json()["dormant_items"] == []

    client.post("/training", json={"store_number": 1})
    Worker(settings).run_until_idle(60)

    assert [store_of(client, n)["dormant_items"] for n in (1, 2, 3)] == [
        [], ["tea"], ["milk", "tea"],
    ]  # fmt: skip
    states = [store_of(client, n)["state"] for n in (1, 2, 3)]
    assert states == ["active", "active", "dormant"]
    assert [outlook_state(client, n) for n in (1, 2, 3)] == states
    assert outlook_state(client, 2, "tea") == "dormant"
    answer = client.get("/forecast?store_number=2&item=tea").get_json()
    points = answer["result"]["Forecast"]["Predictions"]["p90"]
    assert {point["Value"] for point in points} == {0.0}
    assert answer["provenance"]["assumptions"][-1].startswith("The last sale was on 2025-03-21")
