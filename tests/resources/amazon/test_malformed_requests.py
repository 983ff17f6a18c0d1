"""Requests that are signed, and yet no AWS SDK would send them."""

from __future__ import annotations

import pytest

from .callers import Endpoint

CREATE = "AmazonForecast.CreateDatasetGroup"
NEW = b'{"DatasetGroupName": "half", "Domain": "RETAIL"}'


@pytest.mark.parametrize(
    ("parts", "status", "code"),
    [
        ({"target": "AmazonForecast.Train"}, 400, "UnknownOperationException"),
        ({"target": "DynamoDB_20120810.ListTables"}, 400, "UnknownOperationException"),
        ({"target": CREATE, "content_type": "text/plain"}, 400, "SerializationException"),
        ({"target": CREATE, "body": NEW[:-1]}, 400, "SerializationException"),
        ({"target": CREATE, "body": b"[]"}, 400, "SerializationException"),
        ({"target": CREATE, "body": b"{}"}, 400, "ValidationException"),
        (
            {"target": CREATE, "body": NEW[:-1] + b" " * 10 * 1024**2 + b"}"},
            413,
            "RequestEntityTooLargeException",
        ),
    ],
)
def test_it_is_refused_and_nothing_is_made(
    endpoint: Endpoint, parts: dict[str, object], status: int, code: str
) -> None:
    body = parts.get("body", NEW)
    assert isinstance(body, bytes)

    answer = endpoint.send(endpoint.signed("pipeline", **{**parts, "body": body}), body)

    assert (answer.status, answer.code) == (status, code)
    assert endpoint.client("pipeline").list_dataset_groups()["DatasetGroups"] == []


def test_a_body_of_almost_ten_megabytes_is_read(endpoint: Endpoint) -> None:
    body = b"{" + b" " * (10 * 1024**2 - 2) + b"}"
    headers = endpoint.signed("pipeline", target="AmazonForecast.ListPredictors", body=body)

    assert endpoint.send(headers, body).status == 200
