"""/healthz, /readyz, and the metrics that come from the database."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from forecast_service.storage.database import Database

from .conftest import Refusal


def test_a_process_that_lives_says_so(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}


def test_ready_without_a_forecast_says_none(client: FlaskClient) -> None:
    answer = client.get("/readyz").get_json()

    assert answer == {"status": "ready", "database": "ready", "forecast": "none"}


def test_a_forecast_can_be_made_a_condition(refusal: Refusal) -> None:
    assert "No forecast" in refusal("GET", "/readyz?forecast=1", 503)["detail"]


def test_waiting_for_a_forecast_is_no_error_in_the_log(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/readyz?forecast=1")

    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.usefixtures("three_stores")
def test_ready_with_a_forecast(client: FlaskClient) -> None:
    assert client.get("/readyz?forecast=true").get_json()["forecast"] == "ready"


def test_a_database_of_another_version_is_not_ready(
    refusal: Refusal, own_database: Database
) -> None:
    with own_database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))

    assert "another version" in refusal("GET", "/readyz", 503)["detail"]


@pytest.mark.usefixtures("three_stores")
def test_metrics_hold_the_time_of_the_forecast(client: FlaskClient) -> None:
    text = client.get("/metrics").text

    name = "forecast_service_forecast_created_timestamp_seconds"
    assert f'{name}{{dataset_group="store_demand_group"}} 1.43430006e+09' in text
