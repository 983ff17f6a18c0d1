"""Scenarios: what-ifs that are saved for colleagues, and never served."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, g
from flask.testing import FlaskClient

from forecast_service.accounts.caller import Caller
from forecast_service.app import create_app
from forecast_service.reading import scenarios
from forecast_service.resources.contract.planning.scenario_answers import Scenario, Scenarios
from forecast_service.settings import Settings
from forecast_service.storage import tables
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.limits import Limits
from forecast_service.upkeep.pruning import Pruning

from ..conftest import Refusal, sender

PROMOTION = {"covariate": "promo", "value": 1, "from": "2015-05-04", "to": "2015-05-08"}
BODY = {"name": "Spring week", "store_number": 1, "changes": [PROMOTION]}


@pytest.fixture
def app(home: Settings) -> Iterator[Flask]:
    """The app over a copy of the installation."""
    app = create_app(home)
    yield app
    app.extensions["forecast_service"].close()


@pytest.fixture
def database(app: Flask) -> Database:
    database: Database = app.extensions["forecast_service"].database
    return database


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def refusal(client: FlaskClient) -> Refusal:
    return sender(client)


def save(client: FlaskClient, **fields: Any) -> dict[str, Any]:
    response = client.post("/scenarios", json={**BODY, **fields})
    assert response.status_code == 201, response.text
    document: dict[str, Any] = response.get_json()
    Scenario.model_validate(document)
    assert response.headers["Location"] == f"/scenarios/{document['id']}"
    return document


def opened(client: FlaskClient, scenario_id: str) -> dict[str, Any]:
    response = client.get(f"/scenarios/{scenario_id}")
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.get_json()
    Scenario.model_validate(document)
    return document


def list_of(client: FlaskClient, query: str = "") -> list[str]:
    answer = client.get(f"/scenarios{query}").get_json()
    Scenarios.model_validate(answer)
    return [scenario["name"] for scenario in answer["scenarios"]]


def become(app: Flask, caller: Caller) -> None:
    """Every request from now on is one of this caller."""
    app.before_request_funcs.setdefault(None, []).append(lambda: setattr(g, "caller", caller))


def test_a_scenario_can_be_opened_again(client: FlaskClient) -> None:
    saved = save(client, note="for the meeting")

    document = opened(client, saved["id"])

    assert document == saved
    assert document["note"] == "for the meeting"
    assert document["total"]["difference"] > 100
    assert document["result"]["total"] == document["total"]
    assert document["made_by"] == "local"
    assert list_of(client) == ["Spring week"]


def test_a_scenario_does_not_change_the_forecast(client: FlaskClient) -> None:
    before = client.get("/forecast?store_number=1").get_json()

    save(client)

    assert client.get("/forecast?store_number=1").get_json() == before


def test_scenarios_are_listed_by_store(client: FlaskClient) -> None:
    save(client)
    save(client, name="Other", store_number=2)

    assert list_of(client, "?store_number=2") == ["Other"]


def test_an_impossible_scenario_is_not_saved(client: FlaskClient, refusal: Refusal) -> None:
    changes = [{**PROMOTION, "covariate": "weather"}]

    problem = refusal("POST", "/scenarios", 422, json={**BODY, "changes": changes})

    assert "'weather' is not a covariate" in problem["detail"]
    assert list_of(client) == []


def test_a_store_has_a_limited_number_of_scenarios(
    client: FlaskClient, refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenarios, "MOST_OF_A_STORE", 1)
    save(client)

    problem = refusal("POST", "/scenarios", 409, json=BODY)
    save(client, store_number=2)

    assert problem["detail"] == (
        "Store '1' has 1 scenarios already, and may not have more. Delete one first."
    )


def test_a_deleted_scenario_is_gone(client: FlaskClient, refusal: Refusal) -> None:
    saved = save(client)

    assert client.delete(f"/scenarios/{saved['id']}").status_code == 200

    problem = refusal("GET", f"/scenarios/{saved['id']}", 404)
    assert problem["detail"].endswith("Scenarios are kept for 30 days. GET /scenarios lists them.")


def test_the_audit_log_tells_of_saved_and_deleted_scenarios(client: FlaskClient) -> None:
    saved = save(client)
    client.delete(f"/scenarios/{saved['id']}")

    entries = client.get("/audit").get_json()["entries"]

    told = [entry for entry in entries if entry["subject"] == saved["id"]]
    assert [entry["action"] for entry in told] == ["scenario_deleted", "scenario_saved"]
    assert {entry["details"]["name"] for entry in told} == {"Spring week"}


def test_a_scenario_says_that_the_forecast_has_moved_on(
    client: FlaskClient, database: Database
) -> None:
    saved = save(client)
    with database.write() as connection:
        connection.execute(sa.update(tables.scenarios).values(forecast_arn="an:earlier/one"))

    document = opened(client, saved["id"])

    assert document["moved_on"].startswith("The forecast has moved on since")
    assert document["result"]["total"] == saved["result"]["total"]


def test_days_that_have_passed_do_not_count(client: FlaskClient, database: Database) -> None:
    saved = save(client)
    passed = {**PROMOTION, "from": "2015-04-01", "to": "2015-04-10"}
    with database.write() as connection:
        connection.execute(sa.update(tables.scenarios).values(changes=[passed, PROMOTION]))

    document = opened(client, saved["id"])

    assert document["result"]["total"] == saved["result"]["total"]
    assert document["result"]["notes"] == [
        "Some days of the scenario have passed: they do not count."
    ]


def test_a_scenario_of_the_past_says_that_it_has_passed(
    client: FlaskClient, database: Database
) -> None:
    saved = save(client)
    passed = {**PROMOTION, "from": "2015-04-01", "to": "2015-04-10"}
    with database.write() as connection:
        connection.execute(sa.update(tables.scenarios).values(changes=[passed]))

    document = opened(client, saved["id"])

    assert document["result"] is None
    assert document["problem"] == (
        "All days of the scenario have passed: the forecast goes from 2015-04-20 to 2015-05-17."
    )


def test_scenarios_are_kept_for_thirty_days(
    client: FlaskClient, app: Flask, home: Settings, database: Database
) -> None:
    save(client)
    save(client, name="New")
    old = tables.scenarios.c.name == "Spring week"
    with database.write() as connection:
        made = database_now() - 31 * 86400.0
        connection.execute(sa.update(tables.scenarios).where(old).values(created_at=made))

    assert list_of(client) == ["New"]
    Pruning(home, database, app.extensions["forecast_service"].session).rows()
    with database.read() as connection:
        names = connection.execute(sa.select(tables.scenarios.c.name)).scalars().all()
    assert names == ["New"]


def test_a_scenario_of_a_store_that_one_may_not_see_does_not_exist(
    client: FlaskClient, app: Flask, refusal: Refusal
) -> None:
    saved = save(client)
    south = Limits(regions=frozenset({"south"}))
    become(app, Caller("user", "berta", frozenset({"read", "train"}), south))

    assert list_of(client) == []
    problem = refusal("GET", f"/scenarios/{saved['id']}", 404)
    assert "does not exist" in problem["detail"]
    refusal("DELETE", f"/scenarios/{saved['id']}", 404)
    refusal("POST", "/scenarios", 404, json=BODY)


def test_only_its_maker_or_an_administrator_deletes_a_scenario(
    client: FlaskClient, app: Flask, refusal: Refusal
) -> None:
    saved = save(client)
    become(app, Caller("user", "berta", frozenset({"read", "train"})))

    problem = refusal("DELETE", f"/scenarios/{saved['id']}", 403)

    assert problem["detail"].startswith("Scenario 'Spring week' was made by 'local'.")
    assert list_of(client) == ["Spring week"]
