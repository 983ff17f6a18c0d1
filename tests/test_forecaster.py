"""Forecaster: finds forecasts and queries them."""

from __future__ import annotations

import pytest
from support import HORIZON, import_small_chain, naive, work

from forecast_service.errors import InvalidRequest, NoForecast, NotFound
from forecast_service.forecaster import Forecaster
from forecast_service.session import ForecastSession, open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.groups import DatasetGroup, read_group
from forecast_service.trainer import Trainer


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return naive(settings, horizon=HORIZON)


@pytest.fixture
def session(settings: Settings, database: Database) -> ForecastSession:
    return open_session(settings, database)


@pytest.fixture
def forecaster(session: ForecastSession, settings: Settings, database: Database) -> Forecaster:
    """A forecaster of two stores with two forecasts each."""
    import_small_chain(session, settings, database, stores=2, days=60)
    with database.read() as connection:
        group = read_group(connection, settings.dataset_group)
    assert group is not None
    trainer = Trainer(session, settings, group)
    trainer.train_new_predictor("p")
    work(settings)
    for name in ("first", "second"):
        trainer.create_latest_forecast(name=name)
        work(settings)
    return Forecaster(session, settings, group)


@pytest.fixture
def nowhere(session: ForecastSession, settings: Settings) -> Forecaster:
    """A forecaster of an empty group."""
    arn = "arn:aws:forecast:eu-west-1:000000000000:dataset-group/none"
    return Forecaster(session, settings, DatasetGroup("none", arn, 14, "D", (), False))


def test_without_forecasts_the_table_has_its_columns(nowhere: Forecaster) -> None:
    frame = nowhere.get_df_forecast_metadata()

    assert len(frame) == 0
    assert {"ForecastArn", "PredictorArn", "Status", "CreationTime"} <= set(frame.columns)


def test_without_forecasts_there_is_no_latest(nowhere: Forecaster) -> None:
    assert nowhere.get_latest_forecast() is None


def test_without_forecasts_nothing_can_be_asked(nowhere: Forecaster) -> None:
    with pytest.raises(NoForecast, match="has no ACTIVE forecast"):
        nowhere.get_forecast(1)


def test_every_forecast_is_listed(forecaster: Forecaster) -> None:
    frame = forecaster.get_df_forecast_metadata()

    assert sorted(frame["ForecastName"]) == ["first", "second"]
    assert str(frame["CreationTime"].dtype.tz) == "UTC"


def test_the_latest_forecast_is_the_newest(forecaster: Forecaster) -> None:
    latest = forecaster.get_latest_forecast()

    assert latest is not None
    assert latest["ForecastName"] == "second"


def test_a_store_is_asked_by_number_or_text(forecaster: Forecaster) -> None:
    answer = forecaster.get_forecast(1)["Forecast"]

    assert answer == forecaster.get_forecast("1")["Forecast"]
    assert {key: len(points) for key, points in answer["Predictions"].items()} == {
        "p10": HORIZON,
        "p50": HORIZON,
        "p90": HORIZON,
    }


def test_an_earlier_forecast_can_be_asked(forecaster: Forecaster) -> None:
    arn = "arn:aws:forecast:eu-west-1:000000000000:forecast/first"

    assert forecaster.get_forecast(2, forecast_arn=arn)["Forecast"]["Predictions"]["p50"]


def test_a_forecast_that_does_not_exist_is_not_found(forecaster: Forecaster) -> None:
    arn = "arn:aws:forecast:eu-west-1:000000000000:forecast/none"

    with pytest.raises(NotFound):
        forecaster.get_forecast(2, forecast_arn=arn)


def test_an_item_cannot_be_asked_where_stores_are_forecast(forecaster: Forecaster) -> None:
    with pytest.raises(InvalidRequest, match="Leave 'item' out"):
        forecaster.get_forecast(1, item="milk")


def test_an_item_is_needed_where_items_are_forecast(nowhere: Forecaster) -> None:
    group = DatasetGroup("none", nowhere.group.arn, 14, "D", (), True)
    forecaster = Forecaster(nowhere.session, nowhere.settings, group)

    with pytest.raises(InvalidRequest, match="'item' is missing"):
        forecaster.get_forecast(1)
