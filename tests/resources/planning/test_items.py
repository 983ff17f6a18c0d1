"""Stores that sell items: the list of the items, and the outlook of one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from forecast_service.app import create_app
from forecast_service.resources.contract.planning.outlook_answers import Outlook, StoreItems
from forecast_service.settings import Settings

from .conftest import FIRST, make_home

DAYS, HORIZON = 182, 14
LEVELS = {"bread": 40.0, "milk": 100.0, "tea": 10.0}


def item_row(store: int, item: str, index: int, generator: np.random.Generator) -> str:
    day = FIRST + timedelta(days=index)
    promoted = int(index // 7 % 2 == 0 and day.weekday() < 5 and item == "milk")
    usual = LEVELS[item] * store * (1.5 if promoted else 1.0)
    sales = f"{usual * generator.normal(1, 0.05):.1f}" if index < DAYS else ""
    return f"{store},{item},{day},{sales},{promoted}"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Two stores that sell three items each."""
    settings = Settings(home=tmp_path_factory.mktemp("items"), processes=1)
    generator = np.random.default_rng(4)
    lines = [
        item_row(store, item, index, generator)
        for store in (1, 2)
        for item in LEVELS
        for index in range(DAYS + HORIZON)
    ]
    make_home(settings, ["Store,Item,Date,Sales,Promo", *lines])
    app = create_app(settings)
    yield app
    app.extensions["forecast_service"].close()


def items(client: FlaskClient, query: str = "") -> dict[str, Any]:
    response = client.get(f"/stores/1/items{query}")
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.get_json()
    StoreItems.model_validate(document)
    return document


def outlook(client: FlaskClient, query: str = "") -> dict[str, Any]:
    document: dict[str, Any] = client.get(f"/stores/1/outlook{query}").get_json()
    Outlook.model_validate(document)
    return document


def test_the_items_that_sell_most_come_first(client: FlaskClient) -> None:
    answer = items(client)

    assert [row["item"] for row in answer["items"]] == ["milk", "bread", "tea"]
    milk = answer["items"][0]
    assert 650 < milk["next_7_days"] < 1100
    assert milk["low"] < milk["next_7_days"] < milk["high"]
    assert milk["change"] == pytest.approx(milk["next_7_days"] / milk["last_7_days"] - 1, abs=0.01)


def test_the_items_come_in_pages(client: FlaskClient) -> None:
    first = items(client, "?limit=2&sort=item")

    second = client.get(first["next"]).get_json()
    assert [row["item"] for row in first["items"]] == ["bread", "milk"]
    assert [row["item"] for row in second["items"]] == ["tea"]
    assert (first["count"], second["next"]) == (3, None)


def test_the_items_can_be_searched(client: FlaskClient) -> None:
    assert [row["item"] for row in items(client, "?search=EA")["items"]] == ["bread", "tea"]


def test_the_outlook_of_an_item_explains_the_item(client: FlaskClient) -> None:
    answer = outlook(client, "?item=milk")

    assert answer["item"] == "milk"
    assert answer["items"] == {"count": 3}
    assert "promotion" in answer["forecast"]["parts"]
    assert answer["plan"][0]["covariate"] == "promo"
    weeks = items(client)["items"][0]
    assert weeks["item"] == "milk"


def test_the_outlook_of_a_store_adds_up_its_items(client: FlaskClient) -> None:
    whole = outlook(client, "?full=true")

    single = [outlook(client, f"?item={item}&full=true")["history"]["sales"] for item in LEVELS]
    sums = [sum(day) for day in zip(*single, strict=True)]
    assert whole["history"]["sales"] == pytest.approx(sums)
    parts = [sum(day) for day in zip(*whole["forecast"]["parts"].values(), strict=True)]
    assert parts == pytest.approx(whole["forecast"]["p50"])
    assert whole["forecast"]["parts"]["promotion"][0] > 10
    assert whole["plan"] == []


def test_an_unknown_item_is_refused(client: FlaskClient) -> None:
    response = client.get("/stores/1/outlook?item=beer")

    assert response.status_code == 404
    assert response.get_json(force=True)["detail"].startswith("Item 'beer' is unknown: store '1'")
