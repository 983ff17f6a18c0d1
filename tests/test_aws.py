"""Errors of Amazon's clients become those of the service."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from forecast_service.aws import translate_errors
from forecast_service.errors import (
    BackendUnavailable,
    ConfigurationError,
    Conflict,
    ForecastServiceError,
    InvalidRequest,
    NotFound,
)


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "CreatePredictor")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ResourceNotFoundException", NotFound),
        ("ResourceInUseException", Conflict),
        ("ResourceAlreadyExistsException", Conflict),
        ("InvalidInputException", InvalidRequest),
        ("ValidationException", InvalidRequest),
        ("AccessDeniedException", ConfigurationError),
        ("UnrecognizedClientException", ConfigurationError),
        ("LimitExceededException", BackendUnavailable),
        ("ThrottlingException", BackendUnavailable),
        ("InternalFailure", BackendUnavailable),
        ("ServiceUnavailable", BackendUnavailable),
        ("SomethingNew", BackendUnavailable),
    ],
)
def test_each_code_has_a_meaning(code: str, kind: type[ForecastServiceError]) -> None:
    with pytest.raises(kind) as caught, translate_errors():
        raise refusal(code)

    assert type(caught.value) is kind
    assert caught.value.__cause__ is not None


def test_the_sentence_names_operation_code_and_reason() -> None:
    with pytest.raises(BackendUnavailable) as caught, translate_errors():
        raise refusal("LimitExceededException")

    assert caught.value.detail == (
        "Amazon Forecast answered 'CreatePredictor' with LimitExceededException: no "
        "Try again in a moment."
    )


def test_other_errors_pass_through() -> None:
    with pytest.raises(ZeroDivisionError), translate_errors():
        raise ZeroDivisionError
