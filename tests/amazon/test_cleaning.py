"""What the service made at Amazon and no longer needs is deleted; nothing else is."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from support import group_of, import_small_chain, work

from forecast_service.amazon.cleaning import delete_superseded
from forecast_service.session import ForecastSession, open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.tables import resources
from forecast_service.trainer import Trainer

OURS = {"Tags": [{"Key": "forecast-service", "Value": "store_demand_group"}]}


@pytest.fixture
def session(settings: Settings, database: Database) -> ForecastSession:
    """An account with data: a local Amazon Forecast is one, too."""
    session = open_session(settings, database)
    import_small_chain(session, settings, database, stores=1, days=60)
    return session


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"algorithm": "seasonal_naive"})


def names(session: ForecastSession, kind: str) -> set[str]:
    listed: list[dict[str, Any]] = getattr(session.forecast, f"list_{kind}s")()[f"{kind.title()}s"]
    return {one[f"{kind.title()}Name"] for one in listed}


def make(
    session: ForecastSession, settings: Settings, database: Database, name: str, tags: Any
) -> None:
    """A predictor and its forecast, both with these tags."""
    trainer = Trainer(session, settings, group_of(settings, database))
    arn = trainer.train_new_predictor(name)
    work(settings)
    trainer.create_latest_forecast(arn, name)
    work(settings)
    forecast = trainer.find_forecast(name)
    for one in (arn, forecast) if tags else ():
        session.forecast.tag_resource(ResourceArn=one, **tags)


def test_ours_beyond_the_newest_three_are_deleted_with_their_children(
    session: ForecastSession, settings: Settings, database: Database
) -> None:
    for number in range(5):
        make(session, settings, database, f"p{number}", OURS if number else None)
    session.forecast.create_forecast(
        ForecastName="theirs",
        PredictorArn=next(
            one["PredictorArn"]
            for one in session.forecast.list_predictors()["Predictors"]
            if one["PredictorName"] == "p1"
        ),
    )
    work(settings)

    delete_superseded(session, "store_demand_group")
    work(settings)
    assert names(session, "forecast") == {"p0", "p2", "p3", "p4", "theirs"}
    assert names(session, "predictor") == {"p0", "p1", "p2", "p3", "p4"}  # p1 has a child of others

    theirs = next(
        one
        for one in session.forecast.list_forecasts()["Forecasts"]
        if one["ForecastName"] == "theirs"
    )
    session.forecast.delete_forecast(ForecastArn=theirs["ForecastArn"])
    work(settings)
    delete_superseded(session, "store_demand_group")
    work(settings)
    assert names(session, "predictor") == {"p0", "p2", "p3", "p4"}


def test_the_tag_of_another_group_protects(
    session: ForecastSession, settings: Settings, database: Database
) -> None:
    other = {"Tags": [{"Key": "forecast-service", "Value": "another_group"}]}
    for number in range(4):
        make(session, settings, database, f"p{number}", other)

    assert delete_superseded(session, "store_demand_group") == 0
    with database.read() as connection:
        deleting = sa.select(resources.c.arn).where(resources.c.status.like("DELETE%"))
        assert connection.execute(deleting).all() == []
