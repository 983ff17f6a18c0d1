"""ForecastSession: the local backend works without AWS."""

from __future__ import annotations

import pytest

from forecast_service.aws import translate_errors
from forecast_service.errors import InvalidRequest
from forecast_service.session import open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database


def test_wrong_parameters_are_an_invalid_request(settings: Settings, database: Database) -> None:
    session = open_session(settings, database)

    sentence = "Amazon Forecast does not accept a parameter"
    with pytest.raises(InvalidRequest, match=sentence), translate_errors():
        session.forecast.describe_predictor(Nothing=1)


def test_our_own_engine_needs_no_aws(settings: Settings, database: Database) -> None:
    session = open_session(settings, database)

    assert session.source == "local"
    assert session.forecast.list_predictors()["Predictors"] == []
    assert session.details.progress("arn:aws:forecast:::predictor/none") is None
