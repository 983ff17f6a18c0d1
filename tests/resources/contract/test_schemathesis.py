"""Any request that the description allows, and many that it forbids: the answers keep its word.

schemathesis makes the requests and judges the answers: no 5xx, only described statuses, media
types and bodies, no success for what the description forbids, none without a key.
"""

from __future__ import annotations

import contextlib
from typing import Any

import hypothesis
import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from forecast_service import __version__
from forecast_service.accounts.caller import PUBLIC, ROLES
from forecast_service.resources.contract.document.openapi import description
from forecast_service.resources.routes import ROUTES

from .operations import WITH_PROVIDER, Documented, operations

DOCUMENT = description(ROUTES, __version__)
OPERATIONS = [each for each in operations(DOCUMENT) if each.name not in WITH_PROVIDER]
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
FEW, SOME, MANY = 2, 5, 200
UNAUTHORISED = (401, 403)
# A valid store may be unknown, and a valid day outside the forecast: that depends on the data.
LEFT_OUT = [positive_data_acceptance]
# The bytes of a file have no schema that they could break.
LEFT_OUT_OF_FILES = [*LEFT_OUT, negative_data_rejection]


def settings(examples: int) -> Any:
    return hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def keys(served: Flask) -> dict[str, str]:
    """A key with the scopes of each role; from the first one on, the service is locked."""
    service = served.extensions["forecast_service"]
    made = {
        role: service.keys.create(role, scopes, created_by="tests")[1]
        for role, scopes in ROLES.items()
    }
    service.accounts_state.forget()
    return made


@pytest.fixture(scope="module")
def described(served: Flask, keys: dict[str, str]) -> Any:
    """The description as the service gives it."""

    def from_here(environ: dict[str, Any], start: Any) -> Any:
        environ.setdefault("REMOTE_ADDR", "127.0.0.1")
        return served(environ, start)

    schema = schemathesis.openapi.from_wsgi("/openapi.json", from_here)
    schema.config.generation.update(with_security_parameters=False)
    return schema


def send_all(
    described: Any,
    operation: Documented,
    mode: GenerationMode,
    examples: int,
    headers: dict[str, str],
) -> list[int]:
    """Send requests, and check every answer; their statuses."""
    options = {"headers": {**headers, "Accept-Encoding": "identity"}}
    strategy = described[operation.path][operation.method.upper()].as_strategy
    left_out = LEFT_OUT_OF_FILES if takes_files(operation) else LEFT_OUT
    statuses = []

    @settings(examples)
    @hypothesis.given(case=strategy(generation_mode=mode))
    def send(case: schemathesis.Case) -> None:
        response = case.call(**options)
        case.validate_response(response, excluded_checks=left_out, **options)
        statuses.append(response.status_code)

    # Nothing can be wrong in a request without parameters.
    with contextlib.suppress(hypothesis.errors.Unsatisfiable):
        send()
    return statuses


def takes_files(operation: Documented) -> bool:
    return "multipart/form-data" in operation.operation.get("requestBody", {}).get("content", {})


@pytest.mark.quick(25)
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_answers_to_an_admin_keep_to_the_description(
    described: Any, keys: dict[str, str], operation: Documented, mode: GenerationMode
) -> None:
    headers = {"Authorization": f"Bearer {keys['admin']}"}

    assert send_all(described, operation, mode, SOME, headers) is not None


@pytest.mark.quick(40)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
@pytest.mark.parametrize("role", ["nobody", "viewer", "planner"])
def test_nobody_does_what_the_role_does_not_allow(
    described: Any, keys: dict[str, str], operation: Documented, role: str
) -> None:
    headers = {} if role == "nobody" else {"Authorization": f"Bearer {keys[role]}"}
    scope = needed(operation)

    statuses = send_all(described, operation, GenerationMode.POSITIVE, FEW, headers)

    may = scope == PUBLIC or (role != "nobody" and scope in {*ROLES[role], "known"})
    if not may:
        assert set(statuses) <= set(UNAUTHORISED)


def needed(operation: Documented) -> str:
    """The scope that the description names."""
    if "security" not in operation.operation:
        return PUBLIC
    roles = operation.operation["security"][0]["key"]
    return roles[0] if roles else "known"


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_many_answers_keep_to_the_description(
    described: Any, keys: dict[str, str], operation: Documented, mode: GenerationMode
) -> None:
    headers = {"Authorization": f"Bearer {keys['admin']}"}

    assert send_all(described, operation, mode, MANY, headers) is not None
