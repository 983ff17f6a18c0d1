"""GET /stores/<n>/outlook: past and forecast of one store in one answer."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from forecast_service.app import create_app
from forecast_service.resources.contract.planning.outlook_answers import Outlook
from forecast_service.settings import Settings
from forecast_service.storage import tables
from forecast_service.storage.database import Database

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

    before = (LAST + timedelta(days=17 - 364)).isoformat()
    days = client.get(f"/stores/1/history?start={before}&end={before}").get_json()["days"]
    assert answer["forecast"]["last_year"][16] == days[0]["sales"]


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


def test_a_movable_holiday_is_compared_with_the_same_holiday(client: FlaskClient) -> None:
    answer = outlook_of(client, full="true")["history"]

    easter_monday = answer["date"].index("2015-04-06")
    days = client.get("/stores/1/history?start=2014-04-21&end=2014-04-21").get_json()["days"]
    assert answer["last_year"][easter_monday] == days[0]["sales"]


def test_the_parts_add_up_to_the_median(client: FlaskClient) -> None:
    forecast = outlook_of(client, full="true")["forecast"]

    sums = [sum(day) for day in zip(*forecast["parts"].values(), strict=True)]
    assert sums == pytest.approx(forecast["p50"], abs=1e-6)
    assert list(forecast["parts"])[:2] == ["level", "weekday"]
    closed = [day for day, is_closed in enumerate(forecast["closed"]) if is_closed]
    assert closed
    assert all(values[day] == 0 for values in forecast["parts"].values() for day in closed)


def test_the_parts_say_what_made_the_sales(client: FlaskClient) -> None:
    forecast = outlook_of(client, full="true")["forecast"]

    days = [date.fromisoformat(day) for day in forecast["date"]]
    promotion, level = forecast["parts"]["promotion"], forecast["parts"]["level"]
    promoted = [promotion[i] / level[i] for i, day in enumerate(days) if is_promoted(day)]
    others = [
        promotion[i] / level[i]
        for i, day in enumerate(days)
        if not is_promoted(day) and day.weekday() != 6
    ]
    assert min(promoted) > 0.3
    assert max(map(abs, others)) < 0.1


def test_the_reasons_name_the_largest_effects(client: FlaskClient) -> None:
    reasons = outlook_of(client)["reasons"]

    by_code = {reason["code"]: reason for reason in reasons}
    assert [reason["code"] for reason in reasons[:2]] == ["level", "promotion"]
    promotion = by_code["promotion"]
    assert (promotion["from"], promotion["to"]) == ("2015-04-27", "2015-05-01")
    assert [each["from"] for each in promotion["stretches"]] == ["2015-04-27", "2015-05-11"]
    units = promotion["units"]
    assert promotion["text"].startswith(
        f"The promotion adds {units} a day from 27 April to 1 May and "
    )
    saturday = next(r for r in reasons if r["code"] == "weekday" and r["weekday"] == 5)
    assert saturday["share"] == pytest.approx(0.3, abs=0.15)
    assert saturday["text"] == (
        f"Saturdays sell {saturday['share']:.0%}".replace("%", " % more than an average day.")
    )
    assert by_code["closed"]["text"] == "The store is closed on Sundays."


def test_the_weeks_have_quantiles_of_their_sum(client: FlaskClient) -> None:
    answer = outlook_of(client, full="true")

    week, forecast = answer["weeks"][1], answer["forecast"]
    assert (week["from"], week["to"], week["days"]) == ("2015-04-27", "2015-05-03", 7)
    assert week["total_method"] == "backtest"
    sums = {name: sum(forecast[name][7:14]) for name in ("p10", "p50", "p90")}
    assert week["p50"] == pytest.approx(sums["p50"], rel=0.02)
    assert sums["p10"] < week["p10"] < week["p50"] < week["p90"] < sums["p90"]
    assert week["last_year"] == pytest.approx(sum(forecast["last_year"][7:14]))


def test_the_coming_week_is_that_of_the_overview(client: FlaskClient) -> None:
    overview = client.get("/overview").get_json()

    for line in overview["stores"]:
        week = outlook_of(client, line["store_number"], days=7)["next_7_days"]
        assert {"from": week["from"], "to": week["to"]} == overview["week"]
        assert (week["days"], week["total_method"]) == (7, "backtest")
        assert [line["low"], line["next_7_days"], line["high"]] == pytest.approx(
            [week["p10"], week["p50"], week["p90"]], abs=0.51
        )
        assert line["last_year"] == pytest.approx(week["last_year"], abs=0.51)


def test_the_coverage_is_that_of_the_backtest_until_forecasts_were_served(
    client: FlaskClient,
) -> None:
    coverage = outlook_of(client)["coverage"]

    tested = client.get("/forecast?store_number=1").get_json()["provenance"]["coverage"]["p10-p90"]
    assert coverage["source"] == "backtest"
    assert coverage["days"] == tested["days"]
    assert coverage["inside"] == round(tested["days"] * tested["measured"])


def test_the_plan_has_what_a_what_if_may_change(client: FlaskClient) -> None:
    answer = outlook_of(client)

    plan = {each["covariate"]: each for each in answer["plan"]}
    assert {name: each["kind"] for name, each in plan.items()} == {
        "open": "flag",
        "promo": "flag",
        "price": "number",
        "StateHoliday": "text",
    }
    assert plan["promo"]["values"] == answer["forecast"]["covariates"]["promo"]
    assert plan["StateHoliday"]["allowed"] == ["0", "a"]
    assert (plan["price"]["least"], plan["price"]["most"]) == (2, 2.5)
    assert plan["StateHoliday"]["label"] == "State holiday"


@pytest.mark.parametrize("covariate", ["open", "promo", "price", "StateHoliday"])
def test_every_planned_covariate_can_be_changed(client: FlaskClient, covariate: str) -> None:
    plan = {each["covariate"]: each for each in outlook_of(client)["plan"]}[covariate]
    value = plan["most"] if plan["allowed"] is None else plan["allowed"][-1]
    change = {"covariate": covariate, "value": value, "from": "2015-04-22"}

    response = client.post("/what-if", json={"store_number": 1, "changes": [change]})

    assert response.status_code == 200, response.text


def test_a_forecast_by_an_algorithm_without_effects_says_that_it_has_no_parts(
    client: FlaskClient, home: Settings
) -> None:
    database = Database(home.resolved_database_url)
    with database.write() as connection:
        connection.execute(sa.delete(tables.forecast_parts))
    database.dispose()
    app = create_app(home)

    answer = outlook_of(app.test_client())

    app.extensions["forecast_service"].close()
    assert answer["forecast"]["parts"] is None
    assert [reason["code"] for reason in answer["reasons"]] == ["no_parts"]
