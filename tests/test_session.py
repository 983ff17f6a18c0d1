"""ForecastSession: errors of Amazon's clients become those of the service."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from forecast_service.errors import (
    BackendUnavailable,
    ConfigurationError,
    Conflict,
    ForecastServiceError,
    InvalidRequest,
    NotFound,
)
from forecast_service.session import calling, open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database


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
    with pytest.raises(kind) as caught, calling():
        raise refusal(code)

    assert type(caught.value) is kind
    assert caught.value.__cause__ is not None


def test_the_sentence_names_operation_code_and_reason() -> None:
    with pytest.raises(BackendUnavailable) as caught, calling():
        raise refusal("LimitExceededException")

    assert caught.value.detail == (
        "Amazon Forecast answered 'CreatePredictor' with LimitExceededException: no "
        "Try again in a moment."
    )


def test_wrong_parameters_are_an_invalid_request(settings: Settings, database: Database) -> None:
    session = open_session(settings, database)

    sentence = "A parameter is not what Amazon Forecast takes"
    with pytest.raises(InvalidRequest, match=sentence), calling():
        session.forecast.describe_predictor(Nothing=1)


def test_other_errors_pass_through() -> None:
    with pytest.raises(ZeroDivisionError), calling():
        raise ZeroDivisionError


def test_our_own_engine_needs_no_aws(settings: Settings, database: Database) -> None:
    session = open_session(settings, database)

    assert session.source == "local"
    assert session.forecast.list_predictors()["Predictors"] == []
    assert session.details.progress("arn:aws:forecast:::predictor/none") is None
