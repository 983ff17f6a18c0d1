"""Without accounts: this machine only, in the region that a request is signed for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forecast_service.accounts.audit import AuditFilter
from forecast_service.app import create_app
from forecast_service.service import Service
from forecast_service.settings import Settings

from .callers import Access, Signed

ANYBODY = Access("any", "any")
GROUP = {"DatasetGroupName": "chain", "Domain": "RETAIL"}
CREATE = "AmazonForecast.CreateDatasetGroup"
LIST = "AmazonForecast.ListDatasetGroups"


def call(client: FlaskClient, target: str, params: dict[str, Any], **parts: Any) -> Any:
    """The answer to a signed request, as a document."""
    host = parts.pop("host", "localhost")
    environ = {"REMOTE_ADDR": parts.pop("address", "127.0.0.1")}
    body = json.dumps(params).encode()
    headers = Signed(ANYBODY, host, target=target, body=body, **parts).headers()
    answer = client.post("/aws", data=body, headers=headers, environ_overrides=environ)
    return json.loads(answer.data)


def test_the_region_of_a_signature_counts_without_accounts(client: FlaskClient) -> None:
    there, here = [call(client, CREATE, GROUP, region=r) for r in ("us-east-1", "eu-west-1")]

    assert there == {
        "DatasetGroupArn": "arn:aws:forecast:us-east-1:000000000000:dataset-group/chain"
    }
    for region, made in (("us-east-1", there), ("eu-west-1", here), ("mars", here)):
        (found,) = call(client, LIST, {}, region=region)["DatasetGroups"]
        assert found["DatasetGroupArn"] == made["DatasetGroupArn"], region


def test_the_account_is_that_of_the_settings(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"account_id": "123456789012"}))

    answer = call(app.test_client(), CREATE, GROUP)

    assert answer == {
        "DatasetGroupArn": "arn:aws:forecast:eu-west-1:123456789012:dataset-group/chain"
    }
    app.extensions["forecast_service"].close()


def test_what_this_machine_makes_is_recorded(app: Flask, client: FlaskClient) -> None:
    service: Service = app.extensions["forecast_service"]
    call(client, CREATE, GROUP)

    entry = service.audit.list(AuditFilter())[0]

    assert (entry.kind, entry.who, entry.action) == ("open", "local", "resource_created")


@pytest.mark.parametrize("parts", [{"host": "evil.example"}, {"address": "192.168.1.7"}])
def test_a_signature_opens_nothing_while_there_are_no_accounts(
    client: FlaskClient, parts: dict[str, str]
) -> None:
    answer = call(client, CREATE, GROUP, **parts)

    assert answer["__type"] == "AccessDeniedException"
    assert call(client, LIST, {})["DatasetGroups"] == []


def test_too_many_refused_requests_are_throttled(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"rate_limit_unknown": "2/hour"}))
    service: Service = app.extensions["forecast_service"]
    service.keys.create("till", ["read"], created_by="test")

    answers = [call(app.test_client(), CREATE, GROUP) for _ in range(3)]

    assert [answer["__type"] for answer in answers] == [
        "UnrecognizedClientException",
        "UnrecognizedClientException",
        "ThrottlingException",
    ]
    assert answers[2]["Message"].startswith("Rate exceeded.")
    service.close()
