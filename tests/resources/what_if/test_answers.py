"""POST /what-if: the current model with another future. Nothing is stored."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from forecast_service.local.jobs.predictor_models import sweep_models
from forecast_service.resources.contract.forecast_answers import WhatIf
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.tables import metadata, resources
from forecast_service.worker import Worker

from ..conftest import sender
from .conftest import HORIZON, PROMO, START

HEAVY = ("prophet", "cmdstanpy", "matplotlib", "statsmodels", "holidays")


def ask(client: FlaskClient, *changes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The answer to a what-if about store 1. It matches its model."""
    body = {"changes": changes, **({} if "store_numbers" in fields else {"store_number": 1})}
    response = client.post("/what-if", json={**body, **fields})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.get_json()
    WhatIf.model_validate(answer)
    return answer


def by_day(answer: dict[str, Any], part: str = "result", name: str = "p50") -> dict[str, float]:
    points = answer[part]["Forecast"]["Predictions"][name]
    return {point["Timestamp"][:10]: point["Value"] for point in points}


def test_a_promotion_sells_more_on_its_days_and_hardly_on_the_others(
    client: FlaskClient,
) -> None:
    answer = ask(client, PROMO)

    changed, baseline = by_day(answer), by_day(answer, "baseline")
    promoted = [day for day in changed if "2014-05-19" <= day <= "2014-05-23"]
    assert all(changed[day] > 1.2 * baseline[day] for day in promoted)
    assert changed["2014-05-13"] == pytest.approx(baseline["2014-05-13"], rel=0.01)
    assert answer["provenance"]["what_if"] is True
    assert answer["provenance"]["changes"] == [PROMO]
    assert answer["notes"] == []


def test_the_baseline_is_the_forecast_that_is_served(client: FlaskClient) -> None:
    served = client.post("/forecast", json={"store_number": 1}).get_json()

    answer = ask(client, PROMO)

    for name in ("p10", "p50", "p90"):
        assert by_day(answer, "baseline", name) == pytest.approx(by_day(served, name=name))
    assert served["provenance"].items() <= answer["provenance"].items()


def test_the_difference_is_given_per_day_and_in_total(client: FlaskClient) -> None:
    answer = ask(client, PROMO)

    changed, baseline = by_day(answer), by_day(answer, "baseline")
    difference, total = by_day(answer, "difference"), answer["total"]
    assert difference == pytest.approx({day: changed[day] - baseline[day] for day in changed})
    assert total["forecast_type"] == "p50"
    assert total["baseline"] == pytest.approx(sum(baseline.values()))
    assert total["what_if"] == pytest.approx(sum(changed.values()))
    assert total["difference"] == pytest.approx(sum(difference.values()))
    assert total["share"] == pytest.approx(total["difference"] / total["baseline"])


def test_a_closed_day_sells_exactly_nothing(client: FlaskClient) -> None:
    answer = ask(client, {"covariate": "Open", "value": 0, "from": "2014-05-14"})

    assert by_day(answer, name="p90")["2014-05-14"] == 0.0
    assert by_day(answer, "baseline")["2014-05-14"] > 50


def test_a_text_is_named_as_in_the_file(client: FlaskClient) -> None:
    holiday = {"covariate": "StateHoliday", "value": "a", "from": "2014-05-14"}

    of_text = ask(client, holiday)
    of_indicator = ask(client, {**holiday, "covariate": "state_holiday_a", "value": 1})

    assert by_day(of_text) == by_day(of_indicator)
    assert by_day(of_text)["2014-05-14"] < by_day(of_text, "baseline")["2014-05-14"]


def test_several_stores_have_one_total(client: FlaskClient) -> None:
    answer = ask(client, PROMO, store_numbers=[2, "1"])

    assert [forecast["store_number"] for forecast in answer["forecasts"]] == [2, "1"]
    single = ask(client, PROMO)
    assert by_day(answer["forecasts"][1]) == pytest.approx(by_day(single))
    totals = [forecast["total"]["difference"] for forecast in answer["forecasts"]]
    assert answer["total"]["difference"] == pytest.approx(sum(totals))


def test_a_range_of_days_is_answered_alone(client: FlaskClient) -> None:
    answer = ask(
        client, PROMO, forecast_start_date="2014-05-20", forecast_end_date="2014-05-21T09:00:00"
    )

    assert list(by_day(answer)) == ["2014-05-20", "2014-05-21"]
    assert answer["total"]["what_if"] == pytest.approx(sum(by_day(answer).values()))


def test_later_changes_overrule_earlier_ones(client: FlaskClient) -> None:
    back = {**PROMO, "value": 0}

    assert ask(client, PROMO, back)["total"]["difference"] == 0


def test_a_note_names_a_value_that_the_model_never_saw(client: FlaskClient) -> None:
    answer = ask(client, {"covariate": "price", "value": 9, "from": "2014-05-14"})

    assert answer["notes"][0] == (
        "'price' was 2 to 2.5 so far, and not 9: "
        "its effect is carried no farther than what was seen."
    )


def test_a_note_names_a_change_without_effect(client: FlaskClient) -> None:
    answer = ask(client, {"covariate": "promo", "value": 1, "from": "2014-05-13"})

    assert answer["notes"] == [
        "Nothing changes: the model of this forecast does not react to these changes."
    ]


def test_nothing_is_stored(client: FlaskClient, home: Settings) -> None:
    before = content(home)

    ask(client, PROMO)

    assert content(home) == before


def content(settings: Settings) -> tuple[Any, ...]:
    """Every row of every table, and every file except those of the database."""
    database = Database(settings.resolved_database_url)
    with database.read() as connection:
        tables = [connection.execute(sa.select(t)).all() for t in metadata.sorted_tables]
    database.dispose()
    files = sorted(p for p in settings.home.rglob("*") if "forecast.db" not in p.name)
    return tables, files


def test_a_what_if_is_a_table_for_people(client: FlaskClient) -> None:
    body = {"store_number": 1, "changes": [PROMO]}
    answer = client.post("/what-if", json=body).get_json()

    response = client.post("/what-if?format=csv", json=body)

    rows = list(csv.DictReader(io.StringIO(response.text)))
    days = answer["result"]["Forecast"]["Predictions"]["p50"]
    assert "what-if-store-1.csv" in response.headers["Content-Disposition"]
    assert [row["date"] for row in rows] == [day["Timestamp"][:10] for day in days]
    assert float(rows[0]["what_if"]) == pytest.approx(days[0]["Value"], abs=0.51)


def test_only_one_waits_for_another(app: Flask, client: FlaskClient) -> None:
    places = app.extensions["forecast_service"].session.details._places
    with places, places:
        response = client.post("/what-if", json={"store_number": 1, "changes": [PROMO]})

    assert (response.status_code, response.mimetype) == (503, "application/problem+json")
    assert response.headers["Retry-After"] == "5"
    assert client.post("/what-if", json={"store_number": 1, "changes": [PROMO]}).status_code == 200


def test_a_web_process_stays_light(home: Settings) -> None:
    code = f"""
import sys
from pathlib import Path
from forecast_service.app import create_app
from forecast_service.settings import Settings
client = create_app(Settings(home=Path({str(home.home)!r}))).test_client()
body = {{"store_number": 1, "changes": [{PROMO}]}}
assert client.post("/what-if", json=body).status_code == 200
sys.exit([name for name in {HEAVY} if name in sys.modules] or 0)
"""
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert finished.returncode == 0, finished.stderr


def test_the_command_shows_the_difference(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from forecast_service.cli import main

    monkeypatch.setenv("FORECAST_HOME", str(home.home))
    days = ["--from", "2014-05-19", "--to", "2014-05-24"]
    result = CliRunner().invoke(main, ["what-if", "--store", "1", "--set", "promo=1", *days])

    assert result.exit_code == 0, result.output
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert lines[0] == ["store", "date", "baseline", "what_if", "difference"]
    assert len(lines) == 1 + HORIZON
    assert float(lines[8][4]) > 20
    assert "-0.0" not in result.stdout
    assert result.stderr.startswith("Store 1, total (p50): ")


class TestTheModelBesideAForecast:
    """The last tests of this module, because they change its installation."""

    def test_newer_sales_are_what_a_what_if_starts_from(
        self, client: FlaskClient, home: Settings
    ) -> None:
        rows = [{"store_number": s, "date": str(START), "sales": 900.0} for s in (1, 2)]
        assert client.post("/sales", json={"sales": rows}).status_code == 202
        assert Worker(home).run_until_idle(600)

        answer = ask(client, PROMO)

        assert answer["provenance"]["data_until"] == str(START)
        assert answer["notes"] == []
        assert next(iter(by_day(answer, "baseline"))) == str(START + timedelta(days=1))

    def test_only_models_that_can_be_asked_are_kept(
        self, client: FlaskClient, home: Settings
    ) -> None:
        database = Database(home.resolved_database_url)

        removed = sweep_models(database, home.home, grace_seconds=0)

        database.dispose()
        assert len(removed) == 1  # the model of the previous forecast
        ask(client, PROMO)

    def test_a_forecast_without_its_model_says_so(self, app: Flask) -> None:
        database: Database = app.extensions["forecast_service"].database
        with database.write() as connection:
            connection.execute(
                sa.update(resources).where(resources.c.type == "forecast").values(details={})
            )
        send = sender(app.test_client())

        document = send("POST", "/what-if", 409, json={"store_number": 1, "changes": [PROMO]})

        assert 'Make a new forecast with POST /training and "force": true.' in document["detail"]
