"""/openapi.json: valid, complete, and true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from forecast_service.dashboard import frame
from forecast_service.resources.contract.document.addresses import PARAMETER

from .operations import resolved

PAGES = {address for address, _ in frame.PAGES}
NOT_DESCRIBED = {
    *PAGES,
    *("/docs", "/first-admin", "/log-out", "/aws", "/aws/", "/static/<version>/<path:name>"),
}


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    """The description as it is served."""
    answer: dict[str, Any] = client.get("/openapi.json").get_json()
    return answer


def test_every_route_and_method_is_described(app: Flask, document: dict[str, Any]) -> None:
    served = {
        (PARAMETER.sub(r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if rule.rule not in NOT_DESCRIBED and not rule.rule.startswith("/v1")
    }
    described = {
        (path, method)
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    }

    assert {(path, method) for path, method in served if method not in ("head", "options")} == (
        described
    )


def test_every_route_is_there_under_v1(app: Flask) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules()} - NOT_DESCRIBED

    plain = {rule for rule in rules if not rule.startswith("/v1")}
    assert {f"/v1{rule}" for rule in plain} == rules - plain


def test_it_is_valid(document: dict[str, Any]) -> None:
    validate(document)


def test_every_reference_resolves(document: dict[str, Any]) -> None:
    for reference in _references(document):
        assert resolved(document, {"$ref": reference})


def test_operations_have_what_openapi_demands(document: dict[str, Any]) -> None:
    operations = [
        operation
        for item in document["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    ]

    assert document["openapi"] == "3.1.0"
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        for status, response in operation["responses"].items():
            assert status.isdigit()
            assert resolved(document, response)["description"]
        for parameter in operation.get("parameters", []):
            assert {"name", "in", "schema"} <= set(parameter)


def test_path_parameters_are_declared(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        declared = {parameter["name"] for parameter in item.get("parameters", [])}
        assert declared == {part[1:-1] for part in path.split("/") if part.startswith("{")}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            if name == "$ref":
                yield part
            else:
                yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)
