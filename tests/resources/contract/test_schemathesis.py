"""Any request that the description allows, and many that it forbids: the answers keep its word.

schemathesis makes the requests and judges the answers: no 5xx, only described statuses, media
types and bodies, no success for what the description forbids.
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

from forecast_service import __version__
from forecast_service.resources.contract.document.openapi import description
from forecast_service.resources.routes import ROUTES

from .operations import operations

OPERATIONS = [
    (each.method.upper(), each.path) for each in operations(description(ROUTES, __version__))
]
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
SOME, MANY = 25, 400


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
def described(served: Flask) -> Any:
    """The description as the service gives it."""
    return schemathesis.openapi.from_wsgi("/openapi.json", served)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_answers_keep_to_the_description(
    described: Any, method: str, path: str, mode: GenerationMode
) -> None:
    operation = described[path][method]

    @settings(SOME)
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def send(case: schemathesis.Case) -> None:
        case.call_and_validate()

    # Nothing can be wrong in a request without parameters.
    with contextlib.suppress(hypothesis.errors.Unsatisfiable):
        send()
