"""The endpoint as any HTTP client sees it: bodies, headers, refusals."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forecast_service.local import catalog
from forecast_service.local.api import LocalForecast
from forecast_service.local.query import LocalForecastQuery
from forecast_service.local.wire import blueprint
from forecast_service.settings import Settings
from forecast_service.storage.database import Database

JSON = "application/x-amz-json-1.1"


@pytest.fixture
def http(database: Database, settings: Settings) -> FlaskClient:
    """An HTTP client of the endpoint, with production settings."""
    application = Flask("amazon")
    planes = LocalForecast(database, settings), LocalForecastQuery(database, settings)
    application.register_blueprint(blueprint(*planes))
    return application.test_client()


def post(http: FlaskClient, operation: str, body: Any = None, **options: Any) -> TestResponse:
    headers = {"X-Amz-Target": f"AmazonForecast.{operation}", **options.pop("headers", {})}
    data = body if isinstance(body, bytes) else json.dumps({} if body is None else body)
    return http.post(
        options.pop("path", "/aws"), data=data, headers=headers, content_type=JSON, **options
    )


def create_group(http: FlaskClient) -> str:
    body = {"DatasetGroupName": "chain", "Domain": "RETAIL"}
    return str(json.loads(post(http, "CreateDatasetGroup", body).data)["DatasetGroupArn"])


@pytest.mark.parametrize("path", ["/aws", "/aws/"])
def test_an_answer_is_json_with_a_request_id(http: FlaskClient, path: str) -> None:
    answer = post(http, "ListForecasts", path=path)

    assert answer.status_code == 200
    assert answer.data == b'{"Forecasts": []}'
    assert answer.content_type == JSON
    assert len(answer.headers["x-amzn-requestid"]) == 36


def test_times_are_epoch_seconds(http: FlaskClient) -> None:
    arn = create_group(http)

    answer = json.loads(post(http, "DescribeDatasetGroup", {"DatasetGroupArn": arn}).data)

    assert isinstance(answer["CreationTime"], float)
    assert answer["CreationTime"] == round(answer["CreationTime"], 3)


def test_an_operation_without_output_has_an_empty_body(http: FlaskClient) -> None:
    answer = post(http, "DeleteDatasetGroup", {"DatasetGroupArn": create_group(http)})

    assert (answer.status_code, answer.data) == (200, b"")


def test_an_empty_output_is_an_empty_object(http: FlaskClient) -> None:
    body = {"DatasetGroupArn": create_group(http), "DatasetArns": []}

    assert post(http, "UpdateDatasetGroup", body).data == b"{}"


def test_null_and_unknown_members_are_ignored(http: FlaskClient) -> None:
    body = {"MaxResults": None, "Colour": "red", "Filters": []}

    assert post(http, "ListForecasts", body).status_code == 200


def test_an_empty_body_means_no_parameters(http: FlaskClient) -> None:
    assert post(http, "ListForecasts", b"").status_code == 200


def error(answer: TestResponse) -> tuple[int, str, str]:
    body = json.loads(answer.data)
    assert set(body) == {"__type", "Message"}
    assert answer.content_type == JSON
    assert len(answer.headers["x-amzn-requestid"]) == 36
    return answer.status_code, body["__type"], body["Message"]


def test_a_refusal_carries_its_code_and_sentence(http: FlaskClient) -> None:
    create_group(http)

    answer = post(http, "CreateDatasetGroup", {"DatasetGroupName": "chain", "Domain": "RETAIL"})

    assert error(answer) == (
        400,
        "ResourceAlreadyExistsException",
        "A dataset group already exists with the arn: "
        "arn:aws:forecast:eu-west-1:000000000000:dataset-group/chain",
    )


def test_missing_parameters_are_validation_errors(http: FlaskClient) -> None:
    assert error(post(http, "CreateDatasetGroup", {"Domain": "RETAIL"})) == (
        400,
        "ValidationException",
        'Parameter validation failed:\nMissing required parameter in input: "DatasetGroupName"',
    )


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{", "The body is not valid JSON."),
        (b"\xff\xfe", "The body is not valid JSON."),
        (b"[" * 100_000, "The body is not valid JSON."),
        (b"[]", "The body is not a JSON object."),
        (b"null", "The body is not a JSON object."),
    ],
)
def test_a_body_that_is_not_an_object_is_refused(
    http: FlaskClient, body: bytes, sentence: str
) -> None:
    assert error(post(http, "ListForecasts", body)) == (400, "SerializationException", sentence)


def test_a_body_that_is_too_large_is_refused(http: FlaskClient) -> None:
    http.application.config["MAX_CONTENT_LENGTH"] = 10

    answer = post(http, "ListForecasts", {"MaxResults": 10})

    assert error(answer)[:2] == (413, "RequestEntityTooLargeException")


@pytest.mark.parametrize(
    "target",
    ["", "ListForecasts", "AmazonForecast.Train", "DynamoDB.ListTables", "AmazonForecast."],
)
def test_an_unknown_operation_is_refused(http: FlaskClient, target: str) -> None:
    answer = post(http, "", headers={"X-Amz-Target": target})

    assert error(answer)[:2] == (400, "UnknownOperationException")


def test_the_prefix_chooses_the_plane(http: FlaskClient) -> None:
    answer = post(http, "", {}, headers={"X-Amz-Target": "AmazonForecastRuntime.ListForecasts"})

    assert error(answer)[1] == "UnknownOperationException"


def test_a_form_of_a_web_page_is_refused(http: FlaskClient) -> None:
    answer = http.post(
        "/aws",
        data="{}",
        headers={"X-Amz-Target": "AmazonForecast.ListForecasts"},
        content_type="text/plain",
    )

    assert error(answer)[1] == "SerializationException"


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.8.8.8", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("192.168.1.7", {}, 400),
        ("::ffff:192.168.1.7", {}, 400),
        ("", {}, 400),
        ("127.0.0.1", {"X-Forwarded-For": "192.168.1.7"}, 400),
        ("127.0.0.1", {"Forwarded": "for=192.168.1.7"}, 400),
        ("127.0.0.1", {"X-Real-IP": "192.168.1.7"}, 400),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 400),
    ],
)
def test_only_this_machine_is_answered(
    http: FlaskClient, address: str, headers: dict[str, str], status: int
) -> None:
    answer = post(
        http, "ListForecasts", headers=headers, environ_overrides={"REMOTE_ADDR": address}
    )

    assert answer.status_code == status


def test_a_proxy_as_nginx_installs_it_is_refused(http: FlaskClient) -> None:
    answer = post(http, "ListForecasts", environ_overrides={"SERVER_PROTOCOL": "HTTP/1.0"})

    assert answer.status_code == 400


def test_a_refused_machine_gets_the_reason(http: FlaskClient) -> None:
    answer = post(http, "ListForecasts", environ_overrides={"REMOTE_ADDR": "10.0.0.1"})

    assert error(answer) == (
        400,
        "AccessDeniedException",
        "Without accounts, only programs on the same machine get answers. Call 127.0.0.1 without "
        "a proxy.",
    )


def test_an_internal_failure_shows_only_its_request_id(
    http: FlaskClient, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    arn = create_group(http)
    with database.write() as connection:
        catalog.update(connection, arn, request=["a broken row"])

    status, code, sentence = error(post(http, "DescribeDatasetGroup", {"DatasetGroupArn": arn}))

    assert (status, code) == (500, "InternalFailure")
    assert re.fullmatch(
        r"The request failed inside the service\. Its log has the cause under [-0-9a-f]{36}\.",
        sentence,
    )
    assert "Traceback" in caplog.text


def test_a_missing_database_is_service_unavailable(tmp_path: Any, settings: Settings) -> None:
    away = Database(f"sqlite:///{tmp_path / 'empty' / 'forecast.db'}")
    application = Flask("amazon")
    planes = LocalForecast(away, settings), LocalForecastQuery(away, settings)
    application.register_blueprint(blueprint(*planes))

    answer = post(application.test_client(), "ListForecasts")

    assert error(answer)[:2] == (503, "ServiceUnavailable")
    away.dispose()


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:5000", 200),
        ("[::1]:5000", 200),
        ("localhost", 200),
        ("evil.example:5000", 400),
        ("localhost.evil.example", 400),
        ("[", 400),
    ],
)
def test_a_foreign_host_name_is_refused(http: FlaskClient, host: str, status: int) -> None:
    assert post(http, "ListForecasts", headers={"Host": host}).status_code == status
