"""/forecasts: the list, and serving an earlier forecast again."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from forecast_service.reading.pointer import MOMENT_SECONDS
from forecast_service.resources.contract.answers import KeptForecasts, ServedForecast
from forecast_service.storage import tables
from forecast_service.storage.database import Database

from .conftest import Refusal
from .rows import FORECAST, PREDICTOR, TRAINED_AT, serve_forecast


@pytest.fixture
def two_forecasts(three_stores: Database) -> Database:
    """The forecasts ``first`` and ``second``; the second is served."""
    with three_stores.write() as connection:
        arn = FORECAST.replace("first", "second")
        serve_forecast(connection, [["1"]], arn=arn, level=500.0, created_at=TRAINED_AT + 120)
    return three_stores


def test_there_are_none_before_the_first_training(client: FlaskClient) -> None:
    assert client.get("/forecasts").get_json() == {"forecasts": []}


@pytest.mark.usefixtures("two_forecasts")
def test_forecasts_are_listed_newest_first(client: FlaskClient) -> None:
    answer = client.get("/v1/forecasts").get_json()

    KeptForecasts.model_validate(answer)
    assert [(forecast["id"], forecast["is_current"]) for forecast in answer["forecasts"]] == [
        ("second", True),
        ("first", False),
    ]
    assert answer["forecasts"][1] == {
        "id": "first",
        "forecast": FORECAST,
        "created_at": "2015-06-14T16:41:00Z",
        "source": "local",
        "algorithm": "auto",
        "predictor": PREDICTOR,
        "trained_at": "2015-06-14T16:40:00Z",
        "data_until": "2015-06-13",
        "run": None,
        "is_current": False,
    }


@pytest.mark.usefixtures("two_forecasts")
def test_a_page_has_no_more_than_its_limit(client: FlaskClient, refusal: Refusal) -> None:
    answer = client.get("/forecasts?limit=1").get_json()

    assert [forecast["id"] for forecast in answer["forecasts"]] == ["second"]
    refusal("GET", "/forecasts?limit=0", 422)


@pytest.mark.usefixtures("two_forecasts")
def test_an_earlier_forecast_is_served_again(client: FlaskClient) -> None:
    before = client.get("/forecast?store_number=1")
    answer = client.post("/forecasts/first/current")

    time.sleep(MOMENT_SECONDS)
    after = client.get(
        "/forecast?store_number=1", headers={"If-None-Match": before.headers["ETag"]}
    )
    ServedForecast.model_validate(answer.get_json())
    assert (answer.status_code, answer.get_json()["id"]) == (200, "first")
    assert (answer.get_json()["is_current"], answer.get_json()["previous"]) == (True, "second")
    assert after.status_code == 200
    assert after.headers["ETag"] != before.headers["ETag"]
    assert after.get_json()["provenance"]["forecast"] == FORECAST


@pytest.mark.usefixtures("two_forecasts")
def test_the_current_forecast_stays_as_it_is(client: FlaskClient) -> None:
    before = client.get("/forecast?store_number=1").headers["ETag"]
    answer = client.post("/v1/forecasts/second/current")

    time.sleep(MOMENT_SECONDS)
    assert (answer.status_code, answer.get_json()["previous"]) == (200, None)
    assert client.get("/forecast?store_number=1").headers["ETag"] == before


@pytest.mark.usefixtures("two_forecasts")
def test_an_unknown_forecast_is_refused(refusal: Refusal) -> None:
    problem = refusal("POST", "/forecasts/third/current", 404)

    assert problem["detail"] == (
        "Forecast 'third' was never served or is no longer kept. "
        "GET /forecasts lists the forecasts that can be served."
    )


def test_a_forecast_is_refused_before_the_first_import(refusal: Refusal) -> None:
    refusal("POST", "/forecasts/first/current", 404)


@pytest.mark.parametrize("table", [tables.forecasts, tables.forecast_values])
def test_a_forecast_that_was_pruned_is_refused(
    two_forecasts: Database, refusal: Refusal, table: sa.Table
) -> None:
    with two_forecasts.write() as connection:
        connection.execute(sa.delete(table).where(table.c.forecast_arn == FORECAST))

    refusal("POST", "/forecasts/first/current", 404)


def test_a_forecast_of_another_group_is_refused(two_forecasts: Database, refusal: Refusal) -> None:
    forecasts = tables.forecasts
    with two_forecasts.write() as connection:
        is_first = forecasts.c.forecast_arn == FORECAST
        connection.execute(sa.update(forecasts).where(is_first).values(dataset_group="another"))

    refusal("POST", "/forecasts/first/current", 404)


def test_a_name_that_is_too_long_is_refused(rejection: Refusal) -> None:
    rejection("POST", f"/forecasts/{'x' * 257}/current", 422)
