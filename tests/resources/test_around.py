"""Around every request: ids, access lines, headers, counters."""

from __future__ import annotations

import json
import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient


def test_a_request_id_is_echoed(client: FlaskClient) -> None:
    response = client.get("/healthz", headers={"X-Request-ID": "abc-1.2_3"})

    assert response.headers["X-Request-ID"] == "abc-1.2_3"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, 'a"b', "é"])
def test_an_id_that_could_forge_a_log_line_is_replaced(empty_app: Flask, sent: str) -> None:
    response = empty_app.test_client().get("/healthz", headers={"X-Request-ID": sent})

    assert response.headers["X-Request-ID"] != sent
    assert len(response.headers["X-Request-ID"]) == 16


def test_each_request_is_one_json_line(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    client.get("/stores/12345", headers={"X-Request-ID": "one"})

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    access = [line for line in lines if line.get("event") == "request"]
    assert len(access) == 1
    assert access[0]["request_id"] == "one"
    assert access[0]["route"] == "/stores/<store_number>"
    assert access[0]["status"] == 404


def test_every_answer_forbids_guessing_its_type(client: FlaskClient) -> None:
    for path in ("/healthz", "/nope", "/docs"):
        assert client.get(path).headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_run_no_foreign_script(empty_app: Flask, path: str) -> None:
    response = empty_app.test_client().get(path)

    assert response.status_code == 200
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"""(src|href|action)=["']?(https?:)?//""", response.text)
    scripts = re.findall(r"<script ([^>]*)>", response.text)
    assert all("src=" in script or "application/json" in script for script in scripts)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:81", "http://["]
)
@pytest.mark.parametrize("path", ["/imports", "/training", "/aws"])
def test_a_page_from_another_host_is_forbidden(empty_app: Flask, path: str, origin: str) -> None:
    response = empty_app.test_client().post(path, headers={"Origin": origin})

    assert response.status_code == 403
    assert "may not change anything here" in response.get_data(as_text=True)


def test_a_page_from_this_host_is_allowed(empty_app: Flask) -> None:
    headers = {"Origin": "http://localhost"}

    assert empty_app.test_client().post("/training", headers=headers).status_code == 415


def test_metrics_say_so_when_the_database_is_away(app: Flask, client: FlaskClient) -> None:
    client.get("/healthz")
    database = app.extensions["forecast_service"].database
    with database.write() as connection:
        connection.execute(sa.text("ALTER TABLE training_runs RENAME TO elsewhere"))

    text = client.get("/metrics").text

    assert "forecast_service_database_up 0.0" in text
    assert 'route="/healthz",status="200"} 1.0' in text


def test_metrics_count_by_template_and_not_by_path(client: FlaskClient) -> None:
    client.get("/stores/1")
    client.get("/stores/2")
    client.open("/stores/2", method="BREW")

    text = client.get("/metrics").text

    assert 'route="/stores/<store_number>",status="404"} 2.0' in text
    assert "/stores/2" not in text
    assert "BREW" not in text
