"""Errors: one envelope from every route, as in production."""

from __future__ import annotations

import json
from typing import NoReturn

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_restful import Resource

from forecast_service.resources.api import ServiceApi
from forecast_service.resources.routes import ROUTES
from forecast_service.storage import tables
from forecast_service.storage.database import Database

from .conftest import Refusal


class Broken(Resource):  # type: ignore[misc]
    """A resource with a bug."""

    def get(self) -> NoReturn:
        raise ZeroDivisionError("division by zero")


ALL_PATHS = [path.replace("<", "").replace(">", "") for path, _ in ROUTES]


@pytest.mark.parametrize("path", ["/nope", "/v1/nope", "/forecast/1", "/stores/1/2/3"])
def test_an_unknown_page_is_a_problem_document(rejection: Refusal, path: str) -> None:
    assert rejection("GET", path, 404)["title"] == "Not Found"


@pytest.mark.parametrize("path", [*ALL_PATHS, "/", "/docs"])
def test_an_unknown_method_names_those_that_exist(empty_app: Flask, path: str) -> None:
    response = empty_app.test_client().open(path, method="PUT")

    assert response.status_code == 405
    assert response.content_type == "application/problem+json"
    assert {"GET", "POST", "DELETE"} & set(response.headers["Allow"].split(", "))
    assert response.get_json()["detail"] == (
        f"'PUT' is not allowed at '{path}'. Allowed are {response.headers['Allow']}."
    )


@pytest.mark.parametrize("path", ["/forecast", "/training", "/what-if", "/sales"])
@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{'store_number': 1}", "The body is not valid JSON (line 1, column 2)."),
        (b'{\n"store_number": 1,}', "The body is not valid JSON (line 2, column 18)."),
        (b'{"store_number": NaN}', "The body is not valid JSON (line 1, column 18)."),
        (b"store_number=1", "The body is not valid JSON (line 1, column 1)."),
        (b" ", "The body is empty."),
    ],
)
def test_a_body_that_is_not_json_is_refused_with_its_place(
    rejection: Refusal, path: str, body: bytes, sentence: str
) -> None:
    problem = rejection("POST", path, 400, data=body, content_type="application/json")

    assert problem["detail"] == f"{sentence} Send one JSON object."


def test_an_unknown_error_is_answered_with_only_the_request_id(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    ServiceApi(app).add_resource(Broken, "/broken")

    response = app.test_client().get("/broken")

    problem = response.get_json(force=True)
    assert response.status_code == 500
    assert set(problem) == {"type", "title", "status", "detail", "request_id"}
    assert "ZeroDivision" not in response.text
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    failures = [line for line in lines if "traceback" in line]
    assert len(failures) == 1
    assert failures[0]["request_id"] == problem["request_id"]
    assert "ZeroDivisionError" in failures[0]["traceback"]


def test_a_database_that_is_away_is_503_and_worth_another_try(
    client: FlaskClient, own_database: Database
) -> None:
    with own_database.write() as connection:
        tables.dataset_groups.drop(connection)

    response = client.get("/forecast?store_number=1")

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert response.get_json(force=True)["type"] == "urn:forecast-service:backend-unavailable"
