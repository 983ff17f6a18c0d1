"""FORECAST_BACKEND=amazon: the whole service through real boto3 over a socket.

Our local Amazon Forecast stands in for AWS, with its own home, database and worker.
"""

from __future__ import annotations

import re
import socket
import time

import pytest
import sqlalchemy as sa
from aws_stand_in import Aws, aws
from support import group_of, import_sales, import_small_chain, step_run, work

from forecast_service.common.keys import series_key
from forecast_service.errors import BackendUnavailable, ConfigurationError, NotFound
from forecast_service.forecaster import Forecaster
from forecast_service.runs import TrainingRuns, steps
from forecast_service.session import open_session
from forecast_service.settings import Settings
from forecast_service.storage import forecast_store
from forecast_service.storage.database import Database
from forecast_service.storage.groups import DatasetGroup
from forecast_service.storage.queue import Queue, new_id
from forecast_service.storage.stored_forecast import predictions
from forecast_service.storage.tables import forecasts
from forecast_service.storage.tables import work as work_table
from forecast_service.trainer import Trainer
from forecast_service.worker.heartbeat import HeartBeat

__all__ = ["aws"]

ARN = "arn:aws:forecast:eu-west-1:000000000000"
GROUP_ARN = f"{ARN}:dataset-group"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings of a service that trains with Amazon and polls often."""
    return settings.model_copy(
        update={"backend": "amazon", "poll_seconds": 0.2, "algorithm": "prophet"}
    )


def test_a_whole_run_ends_as_serving_and_needs_amazon_no_more(
    aws: Aws, settings: Settings, database: Database
) -> None:
    session = open_session(settings, database)
    import_small_chain(session, settings, database, stores=2, days=90)
    runs = TrainingRuns(database, settings, session)
    runs.request(1)
    work(settings, 120)
    import_sales(session, settings, database, stores=range(1, 3), days=range(90, 91))
    work(settings, 120)

    assert [(run.state, run.message) for run in runs.list()] == [("serving", None)] * 2
    assert runs.request(2).rule == "within_tolerance"
    arn = group_of(settings, database).current_forecast_arn
    with database.read() as connection:
        stored = forecast_store.read(connection, arn, series_key(["2"]))
        served = connection.execute(
            sa.select(forecasts.c.source, forecasts.c.algorithm, forecasts.c.data_until).where(
                forecasts.c.forecast_arn == arn
            )
        ).one()
    assert tuple(served) == ("amazon", "prophet", "2024-03-31")
    assert stored is not None
    assert stored.start == "2024-04-01T00:00:00"

    trainer = Trainer(session, settings, group_of(settings, database))
    forecaster = Forecaster(session, settings, group_of(settings, database))
    assert trainer.get_df_pred_metadata()["Status"].tolist() == ["ACTIVE"]
    assert len(forecaster.get_df_forecast_metadata()) == 2
    answer = forecaster.get_forecast(2)["Forecast"]["Predictions"]
    assert answer["p50"] == predictions(stored)["p50"]


def test_a_resource_that_amazon_does_not_have_is_not_found(
    aws: Aws, settings: Settings, database: Database
) -> None:
    session = open_session(settings, database)
    group = DatasetGroup("none", f"{GROUP_ARN}/none", 14, "D", (), False)

    assert Trainer(session, settings, group).get_latest_predictor() is None
    with pytest.raises(NotFound, match="ResourceNotFoundException"):
        Trainer(session, settings, group).describe_forecast(f"{ARN}:forecast/none")


def test_an_amazon_out_of_reach_can_be_tried_again(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_FORECAST", "http://127.0.0.1:9/aws")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    session = open_session(settings, database)
    group = DatasetGroup("none", f"{GROUP_ARN}/none", 14, "D", (), False)

    with pytest.raises(BackendUnavailable, match="cannot be reached") as caught:
        Trainer(session, settings, group).get_latest_predictor()
    assert caught.value.retryable


def test_missing_credentials_are_named(
    aws: Aws, settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    session = open_session(settings, database)
    group = DatasetGroup("none", f"{GROUP_ARN}/none", 14, "D", (), False)

    with pytest.raises(ConfigurationError, match="No AWS credentials were found"):
        Trainer(session, settings, group).get_latest_predictor()


@pytest.mark.parametrize("algorithm", ["seasonal_naive", "pooled", "tsb"])
def test_an_algorithm_that_amazon_lacks_is_refused(
    settings: Settings, database: Database, algorithm: str
) -> None:
    sentence = (
        f"FORECAST_ALGORITHM is '{algorithm}', which Amazon Forecast does not have. "
        "With FORECAST_BACKEND=amazon use one of: auto, arima, ets, npts, prophet."
    )
    with pytest.raises(ConfigurationError, match=re.escape(sentence)):
        open_session(settings.model_copy(update={"algorithm": algorithm}), database)


def test_a_call_that_is_never_answered_costs_no_lease(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_home = settings.model_copy(update={"backend": "local"})
    import_small_chain(open_session(at_home, database), at_home, database, stores=1, days=60)
    run = TrainingRuns(database, at_home, open_session(at_home, database)).request(None).run
    assert run is not None
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    queue = Queue(database, lease_seconds=2)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts connections and never answers
        port = silent.getsockname()[1]
        monkeypatch.setenv("AWS_ENDPOINT_URL_FORECAST", f"http://127.0.0.1:{port}")
        quick = settings.model_copy(update={"aws_timeout_seconds": 2.2, "aws_attempts": 2})
        session = open_session(quick, database)
        claim = queue.claim(new_id(), ["run"])
        assert claim is not None
        began = time.monotonic()
        with HeartBeat(queue, tick=queue.sweep) as heart:  # as another worker would
            heart.add(claim, lambda fate: pytest.fail(fate))
            steps.RunStep(session, quick, queue, claim).go()

    assert time.monotonic() - began > queue.lease_seconds
    with database.read() as connection:
        row = connection.execute(sa.select(work_table).where(work_table.c.id == claim.id)).one()
    assert (row.state, row.losses, row.errors) == ("waiting", 0, 0)
    found = TrainingRuns(database, at_home, open_session(at_home, database)).get(run.id)
    assert str(found.message).startswith("Amazon Forecast cannot be reached: Read timeout")


def test_uploaded_files_are_deleted_once_they_are_imported(
    aws: Aws, settings: Settings, database: Database
) -> None:
    import_small_chain(open_session(settings, database), settings, database, stores=1, days=60)

    assert aws.database.revision() is not None
    assert aws.files == []


def test_a_request_while_amazon_is_away_is_kept_and_done_later(
    aws: Aws, settings: Settings, database: Database
) -> None:
    session = open_session(settings, database)
    import_small_chain(session, settings, database, stores=1, days=60)
    aws.go()
    runs = TrainingRuns(database, settings, session)
    decision = runs.request(1)
    assert decision.started
    assert decision.run is not None

    step_run(settings, session, database)
    waiting = runs.get(decision.run.id)
    assert waiting.state == "waiting"
    assert str(waiting.message).startswith("Amazon Forecast cannot be reached")

    aws.come()
    work(settings, 120)
    assert runs.get(decision.run.id).state == "serving"


@pytest.mark.parametrize("backend", ["amazon", "auto"])
def test_a_backend_that_is_this_service_itself_is_refused(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_FORECAST", "http://localhost:5000/aws")
    sentence = (
        "The endpoint of Amazon Forecast is 'http://localhost:5000/aws', which is this service "
        "itself (FORECAST_PORT is 5000). Unset AWS_ENDPOINT_URL_FORECAST to use AWS, name the "
        "endpoint of another service, or set FORECAST_BACKEND=local."
    )

    with pytest.raises(ConfigurationError, match=re.escape(sentence)):
        open_session(settings.model_copy(update={"backend": backend}), database)
