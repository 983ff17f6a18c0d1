"""ForecastSession: the local backend works without AWS."""

from __future__ import annotations

import pytest
from support import import_small_chain

from forecast_service.aws import translate_errors
from forecast_service.errors import ConfigurationError, InvalidRequest
from forecast_service.service import Service
from forecast_service.session import open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database


def test_wrong_parameters_are_an_invalid_request(settings: Settings, database: Database) -> None:
    session = open_session(settings, database)

    sentence = "Amazon Forecast does not accept a parameter"
    with pytest.raises(InvalidRequest, match=sentence), translate_errors():
        session.forecast.describe_predictor(Nothing=1)


@pytest.mark.parametrize("change", [{"region": "us-east-1"}, {"account_id": "123456789012"}])
def test_data_of_another_region_or_account_are_not_left_alone(
    settings: Settings, database: Database, change: dict[str, str]
) -> None:
    import_small_chain(open_session(settings, database), settings, database, stores=1, days=30)
    moved = settings.model_copy(update=change)

    Service(settings, database).prepare()
    Service(moved.model_copy(update={"backend": "amazon"}), database).prepare()
    with pytest.raises(ConfigurationError, match="were imported with 'eu-west-1' and '00000"):
        Service(moved, database).prepare()


def test_our_own_engine_needs_no_aws(settings: Settings, database: Database) -> None:
    session = open_session(settings, database)

    assert session.source == "local"
    assert session.forecast.list_predictors()["Predictors"] == []
    assert session.details.progress("arn:aws:forecast:::predictor/none") is None
