"""Trainer: finds and makes predictors, also in the cases that a simple version gets wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from support import import_small_chain, naive, work

from forecast_service.errors import NoForecast
from forecast_service.local import catalog
from forecast_service.local.resource_details import PredictorDetails
from forecast_service.session import ForecastSession, open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.groups import DatasetGroup, read_group
from forecast_service.storage.tables import resources
from forecast_service.trainer import Trainer

MANY = 120  # more than fit one page of a List operation


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return naive(settings)


@pytest.fixture
def session(settings: Settings, database: Database) -> ForecastSession:
    return open_session(settings, database)


@pytest.fixture
def group(session: ForecastSession, settings: Settings, database: Database) -> DatasetGroup:
    """The group of a small chain."""
    import_small_chain(session, settings, database, stores=2, days=60)
    with database.read() as connection:
        group = read_group(connection, settings.dataset_group)
    assert group is not None
    return group


@pytest.fixture
def trainer(session: ForecastSession, settings: Settings, group: DatasetGroup) -> Trainer:
    return Trainer(session, settings, group)


@pytest.fixture
def nowhere(session: ForecastSession, settings: Settings) -> Trainer:
    """A trainer of an empty group."""
    arn = "arn:aws:forecast:eu-west-1:000000000000:dataset-group/none"
    return Trainer(session, settings, DatasetGroup("none", arn, 14, "D", (), False))


def add(database: Database, group: DatasetGroup, name: str, **columns: Any) -> None:
    """Insert a predictor into the catalog."""
    arn = f"arn:aws:forecast:eu-west-1:000000000000:predictor/{name}"
    with database.write() as connection:
        catalog.insert(
            connection,
            arn=arn,
            type="predictor",
            name=name,
            status="ACTIVE",
            request={},
            parent_arn=group.arn,
            dataset_group_arn=group.arn,
            details=PredictorDetails(is_auto=False),
        )
        if columns:
            connection.execute(sa.update(resources).where(resources.c.arn == arn).values(**columns))


def test_without_predictors_the_table_has_its_columns(nowhere: Trainer) -> None:
    frame = nowhere.get_df_pred_metadata()

    assert len(frame) == 0
    assert {"PredictorArn", "Status", "CreationTime"} <= set(frame.columns)
    assert str(frame["CreationTime"].dtype.tz) == "UTC"


def test_without_predictors_there_is_no_latest(nowhere: Trainer) -> None:
    assert nowhere.get_latest_predictor() is None
    assert nowhere.latest_predictor_in_tolerance() is False


def test_all_pages_are_read(trainer: Trainer, database: Database, group: DatasetGroup) -> None:
    for number in range(MANY):
        add(database, group, f"p{number}")

    assert len(trainer.get_df_pred_metadata()) == MANY


def test_the_latest_is_the_newest_by_creation_time(
    trainer: Trainer, database: Database, group: DatasetGroup
) -> None:
    add(database, group, "new", created_at=2e9)
    add(database, group, "old", created_at=1e9)

    latest = trainer.get_latest_predictor()
    assert latest is not None
    assert latest["PredictorName"] == "new"


def test_the_latest_is_one_that_is_active(
    trainer: Trainer, database: Database, group: DatasetGroup
) -> None:
    add(database, group, "good", created_at=1e9)
    add(database, group, "bad", created_at=2e9, status="CREATE_FAILED")

    latest = trainer.get_latest_predictor()
    assert latest is not None
    assert latest["PredictorName"] == "good"


def test_predictors_of_other_groups_do_not_count(
    trainer: Trainer, database: Database, group: DatasetGroup
) -> None:
    add(database, group, "other", dataset_group_arn="another")

    assert trainer.get_latest_predictor() is None


def test_every_call_reads_the_catalog_again(
    trainer: Trainer, database: Database, group: DatasetGroup
) -> None:
    assert trainer.get_latest_predictor() is None
    add(database, group, "p")

    assert trainer.get_latest_predictor() is not None


@pytest.mark.parametrize(("age_days", "expected"), [(0.0, True), (1.9, True), (2.1, False)])
def test_the_default_tolerance_is_two_days(
    trainer: Trainer, database: Database, group: DatasetGroup, age_days: float, expected: bool
) -> None:
    created = datetime.now(UTC) - timedelta(days=age_days)
    add(database, group, "p", created_at=created.timestamp())

    assert trainer.latest_predictor_in_tolerance() is expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2015, 8, 1, 9), True),  # no zone: UTC
        (datetime(2015, 8, 2, 8, 59), True),
        (datetime(2015, 8, 2, 9), False),
        (datetime(2015, 8, 2, 10, 59, tzinfo=timezone(timedelta(hours=2))), True),
        (datetime(2015, 7, 1), True),  # before the predictor: age 0
    ],
)
def test_the_age_is_taken_at_the_date_of_the_request(
    trainer: Trainer, database: Database, group: DatasetGroup, at: datetime, expected: bool
) -> None:
    add(database, group, "p", created_at=datetime(2015, 8, 1, 9, tzinfo=UTC).timestamp())

    assert trainer.latest_predictor_in_tolerance(tolerance_days=1, at=at) is expected


def test_the_same_name_again_is_the_same_predictor(trainer: Trainer) -> None:
    assert trainer.train_new_predictor("p") == trainer.train_new_predictor("p")


def test_names_differ_when_none_is_given(trainer: Trainer) -> None:
    assert trainer.train_new_predictor() != trainer.train_new_predictor()


def test_unknown_days_are_not_days_without_sales(trainer: Trainer) -> None:
    arn = trainer.train_new_predictor("p")
    featurization = trainer.describe_predictor(arn)["FeaturizationConfig"]["Featurizations"]

    fillings = {
        each["AttributeName"]: each["FeaturizationPipeline"][0]["FeaturizationMethodParameters"]
        for each in featurization
    }
    assert fillings["demand"]["middlefill"] == fillings["demand"]["backfill"] == "nan"


@pytest.mark.parametrize("country", ["GB", "UK"])
def test_auto_asks_for_an_auto_predictor_with_holidays(
    session: ForecastSession, settings: Settings, group: DatasetGroup, country: str
) -> None:
    auto = settings.model_copy(update={"algorithm": "auto", "country": country})
    trainer = Trainer(session, auto, group)
    description = trainer.describe_predictor(trainer.train_new_predictor("p"))

    assert "AlgorithmArn" not in description
    assert description["DataConfig"]["AdditionalDatasets"] == [
        {"Name": "holiday", "Configuration": {"CountryCode": ["UK"]}}
    ]


@pytest.mark.parametrize("country", ["GB", "UK"])
def test_a_predictor_of_one_algorithm_has_the_same_holidays(
    session: ForecastSession, settings: Settings, group: DatasetGroup, country: str
) -> None:
    prophet = settings.model_copy(update={"algorithm": "prophet", "country": country})
    trainer = Trainer(session, prophet, group)
    description = trainer.describe_predictor(trainer.train_new_predictor("p"))

    assert description["InputDataConfig"]["SupplementaryFeatures"] == [
        {"Name": "holiday", "Value": "UK"}
    ]


def test_either_kind_of_predictor_is_described(
    session: ForecastSession, settings: Settings, group: DatasetGroup, trainer: Trainer
) -> None:
    arn = trainer.train_new_predictor("p")
    auto = Trainer(session, settings.model_copy(update={"algorithm": "auto"}), group)

    assert auto.describe_predictor(arn)["PredictorName"] == "p"


def test_a_forecast_needs_a_predictor(trainer: Trainer) -> None:
    with pytest.raises(NoForecast, match="has no ACTIVE predictor"):
        trainer.create_latest_forecast()


def test_a_forecast_is_made_with_the_latest_predictor(trainer: Trainer, settings: Settings) -> None:
    predictor = trainer.train_new_predictor()
    work(settings)
    forecast = trainer.create_latest_forecast()

    description = trainer.describe_forecast(forecast)
    assert description["PredictorArn"] == predictor
    assert trainer.create_latest_forecast(name=description["ForecastName"]) == forecast
