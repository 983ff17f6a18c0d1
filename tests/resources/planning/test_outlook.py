"""GET /stores/<n>/outlook: past and forecast of one store in one answer."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask.testing import FlaskClient

from forecast_service.resources.contract.outlook_answers import Outlook

from ..conftest import Refusal
from .conftest import HORIZON, LAST, is_promoted


def outlook_of(client: FlaskClient, store: int = 1, **query: Any) -> dict[str, Any]:
    """The outlook of a store. It matches its model."""
    response = client.get(f"/stores/{store}/outlook", query_string=query)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.get_json()
    Outlook.model_validate(answer)
    return answer


def iso(first: date, count: int) -> list[str]:
    return [str(first + timedelta(days=index)) for index in range(count)]


def test_an_outlook_has_the_last_91_days_and_the_whole_forecast(client: FlaskClient) -> None:
    answer = outlook_of(client)

    assert answer["history"]["date"] == iso(LAST - timedelta(days=90), 91)
    assert answer["forecast"]["date"] == iso(LAST + timedelta(days=1), HORIZON)
    assert (answer["store_name"], answer["region"]) == ("Altona", "north")


def test_the_sales_are_those_of_the_history(client: FlaskClient) -> None:
    answer = outlook_of(client, full="true", days=10)

    days = client.get("/stores/1/history?limit=10").get_json()["days"]
    assert answer["history"]["date"] == [day["date"] for day in days]
    assert answer["history"]["sales"] == [day["sales"] for day in days]


def test_the_quantiles_are_those_of_the_forecast(client: FlaskClient) -> None:
    answer = outlook_of(client, full="true")

    served = client.get("/forecast?store_number=1").get_json()
    points = served["result"]["Forecast"]["Predictions"]
    for name in ("p10", "p50", "p90"):
        assert answer["forecast"][name] == [point["Value"] for point in points[name]]
    assert answer["provenance"] == served["provenance"]


def test_last_year_is_the_same_weekday_52_weeks_before(client: FlaskClient) -> None:
    answer = outlook_of(client, full="true")

    before = (LAST + timedelta(days=3 - 364)).isoformat()
    days = client.get(f"/stores/1/history?start={before}&end={before}").get_json()["days"]
    assert answer["forecast"]["last_year"][2] == days[0]["sales"]


def test_covariates_are_there_for_past_and_coming_days(client: FlaskClient) -> None:
    answer = outlook_of(client)

    for part in (answer["history"], answer["forecast"]):
        promoted = [int(is_promoted(date.fromisoformat(day))) for day in part["date"]]
        assert part["covariates"]["promo"] == promoted
        sundays = [date.fromisoformat(day).weekday() == 6 for day in part["date"]]
        assert part["closed"] == sundays


def test_numbers_are_rounded_to_what_they_mean(client: FlaskClient) -> None:
    answer = outlook_of(client)

    assert all(isinstance(value, int) for value in answer["forecast"]["p50"])
    full = outlook_of(client, full="true")["forecast"]["p50"]
    assert answer["forecast"]["p50"] == [round(value) for value in full]


def test_public_holidays_are_named(client: FlaskClient) -> None:
    assert outlook_of(client)["holidays"] == {
        "2015-04-03": "Good Friday",
        "2015-04-06": "Easter Monday",
        "2015-05-01": "Labor Day",
        "2015-05-14": "Ascension Day",
    }


def test_an_outlook_is_not_sent_twice(client: FlaskClient) -> None:
    first = client.get("/stores/1/outlook")

    again = client.get("/stores/1/outlook", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = client.get("/stores/2/outlook", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


def test_an_unknown_store_is_refused(refusal: Refusal) -> None:
    problem = refusal("GET", "/stores/9/outlook", 404)

    assert problem["detail"].startswith("Store '9' is unknown: there are 3 stores, 1, 2, 3.")
