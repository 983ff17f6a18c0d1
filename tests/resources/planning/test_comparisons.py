"""Earlier forecasts: what they said, how they differ, and why."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from forecast_service.app import create_app
from forecast_service.resources.contract.answers import (
    ComparedForecast,
    KeptForecasts,
    TrainingRun,
)
from forecast_service.settings import Settings
from forecast_service.worker import Worker

from ..conftest import Refusal, sender
from .conftest import DAYS, HEADER, HORIZON, LAST, STORES, make_home, row

ADDED = [date(2015, 5, 4) + timedelta(days=day) for day in range(5)]


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The chain a week later: store 1 sold a fifth more, and has a new promotion in May."""
    settings = Settings(home=tmp_path_factory.mktemp("later"), processes=1, country="DE")
    generator = np.random.default_rng(3)
    lines = [row(s, i, generator) for s in (1, 2, 3) for i in range(DAYS + HORIZON)]
    make_home(settings, [HEADER, *lines], STORES)
    newer = [
        _a_week_later(store, index, generator)
        for store in (1, 2, 3)
        for index in range(DAYS, DAYS + 7 + HORIZON)
    ]
    app = create_app(settings)
    sales = io.BytesIO("\n".join([HEADER, *newer]).encode())
    sent = app.test_client().post("/imports?mode=INCREMENTAL", data={"sales": (sales, "newer.csv")})
    assert sent.status_code == 202, sent.text
    assert Worker(settings).run_until_idle(600)
    app.extensions["forecast_service"].close()
    return settings


def _a_week_later(store: int, index: int, generator: np.random.Generator) -> str:
    """A row of the second delivery."""
    cells = row(store, min(index, DAYS - 1) if index < DAYS + 7 else index, generator).split(",")
    planned = row(store, index, np.random.default_rng(1)).split(",")
    day = planned[1]
    promo = "1" if store == 1 and date.fromisoformat(day) in ADDED else planned[4]
    sales = ""
    if index < DAYS + 7:
        weekday = date.fromisoformat(day).weekday()
        usual = 100.0 * store * (1.4 if weekday == 5 else 1.0) * (1.5 if promo == "1" else 1.0)
        sales = f"{usual * (1.2 if store == 1 else 1.0) * (weekday != 6):.1f}"
    return ",".join([cells[0], day, sales, planned[3], promo, *planned[5:]])


@pytest.fixture(scope="module")
def shared(later: Settings) -> Iterator[FlaskClient]:
    app = create_app(later)
    yield app.test_client()
    app.extensions["forecast_service"].close()


@pytest.fixture
def client(shared: FlaskClient) -> FlaskClient:
    return shared


@pytest.fixture
def refusal(client: FlaskClient) -> Refusal:
    return sender(client)


def kept(client: FlaskClient, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/forecasts", query_string=query)
    assert answer.status_code == 200, answer.text
    KeptForecasts.model_validate(answer.get_json())
    forecasts: list[dict[str, Any]] = answer.get_json()["forecasts"]
    return forecasts


def compared(client: FlaskClient, store: int = 1) -> dict[str, Any]:
    """The newest forecast of a store against the one before."""
    newest, before = kept(client)
    query = {"store_number": store, "against": before["id"]}
    answer = client.get(f"/forecasts/{newest['id']}", query_string=query)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.get_json()
    ComparedForecast.model_validate(document)
    return document


def test_the_list_has_the_values_of_a_store(client: FlaskClient) -> None:
    newest, before = kept(client, store_number=1)

    served = client.get("/forecast?store_number=1").get_json()["result"]["Forecast"]
    assert newest["values"]["p50"] == [p["Value"] for p in served["Predictions"]["p50"]]
    assert before["values"]["date"][0] == str(LAST + timedelta(days=1))
    assert newest["values"]["date"][0] == str(LAST + timedelta(days=8))


def test_a_comparison_has_the_common_days_of_both(client: FlaskClient) -> None:
    document = compared(client)

    days = document["days"]
    first = LAST + timedelta(days=8)
    assert days["date"] == [str(first + timedelta(days=day)) for day in range(HORIZON - 7)]
    assert days["before"] == document["against"]["values"]["p50"][7:]
    assert days["after"] == document["values"]["p50"][: HORIZON - 7]
    assert document["total"]["units"] == pytest.approx(sum(days["units"]))
    assert [week["days"] for week in document["weeks"]] == [7, 7, 7]


def test_a_comparison_says_which_promotion_was_added(client: FlaskClient) -> None:
    document = compared(client)

    first = document["reasons"][0]
    assert first["code"] == "promotion_added"
    assert (first["from"], first["to"]) == ("2015-05-04", "2015-05-08")
    assert first["units"] > 30
    assert first["text"].startswith("The promotion was added from 4 May to 8 May: up by ")


def test_a_comparison_says_how_the_newer_sales_went(client: FlaskClient) -> None:
    document = compared(client)

    by_code = {reason["code"]: reason for reason in document["reasons"]}
    assert by_code["newer_sales"]["share"] == pytest.approx(0.2, abs=0.07)
    assert (by_code["newer_sales"]["from"], by_code["newer_sales"]["to"]) == (
        "2015-04-20",
        "2015-04-26",
    )
    assert by_code["level_changed"]["units"] > 0


def test_a_store_without_changes_has_no_promotion_added(client: FlaskClient) -> None:
    codes = {reason["code"] for reason in compared(client, 2)["reasons"]}

    assert "promotion_added" not in codes
    assert "newer_sales" in codes


def test_a_run_says_what_its_forecast_changed(client: FlaskClient) -> None:
    run = client.get("/training").get_json()["runs"][0]

    document = client.get(f"/training/{run['id']}").get_json()

    TrainingRun.model_validate(document)
    changes = document["changes"]
    assert changes["stores"][0]["store_number"] == 1
    assert changes["total"]["units"] == pytest.approx(
        sum(region["units"] for region in changes["regions"])
    )
    assert {region["region"] for region in changes["regions"]} == {"north", "south"}


def test_the_first_run_changed_nothing(client: FlaskClient) -> None:
    first = client.get("/training").get_json()["runs"][-1]

    assert client.get(f"/training/{first['id']}").get_json()["changes"] is None


def test_the_outlook_shows_what_was_forecast_a_week_before(client: FlaskClient) -> None:
    history = client.get("/stores/1/outlook?full=true").get_json()["history"]

    _, before = kept(client, store_number=1)
    day = str(LAST + timedelta(days=7))  # the forecast before knew sales until 7 days before it
    assert history["date"][-1] == day
    assert history["then"]["p50"][-1] == before["values"]["p50"][6]
    assert history["then"]["p50"][:-1] == [None] * (len(history["date"]) - 1)


def test_an_unknown_forecast_is_refused(refusal: Refusal) -> None:
    problem = refusal("GET", "/forecasts/none", 404)

    assert problem["detail"].startswith("Forecast 'none' was never served or is no longer kept.")


def test_a_comparison_needs_a_store(client: FlaskClient, refusal: Refusal) -> None:
    newest, before = kept(client)

    problem = refusal("GET", f"/forecasts/{newest['id']}?against={before['id']}", 422)

    assert "need 'store_number'" in problem["detail"]
