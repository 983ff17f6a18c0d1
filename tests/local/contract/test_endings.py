"""Deleting resources and trees, and stopping jobs."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from forecast_service.errors import LeaseLost
from forecast_service.local.jobs import lifecycle
from forecast_service.storage.groups import (
    DatasetGroup,
    lock_group,
    move_pointer,
    record_import,
)
from forecast_service.storage.queue import Queue
from forecast_service.storage.tables import forecast_values

from ..amazon import Amazon, refusal
from .test_forecasts import stored_forecast

NOWHERE = "arn:aws:forecast:eu-west-1:000000000000:predictor/nowhere"


def count(amazon: Amazon, table: sa.Table) -> int:
    with amazon.database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_a_second_deletion_is_not_found(amazon: Amazon) -> None:
    arn = amazon.make_forecast(amazon.predictor(amazon.trainable_group()))

    answer = amazon.forecast.delete_forecast(ForecastArn=arn)

    assert answer == {}
    assert refusal(amazon.forecast.delete_forecast, ForecastArn=arn) == (
        "ResourceNotFoundException",
        f"No forecast exists with the arn: {arn}. ListForecasts shows those that exist.",
    )


def test_everything_can_be_deleted_children_first(amazon: Amazon) -> None:
    dataset = amazon.dataset()
    job = amazon.import_job(dataset)
    group = amazon.group(dataset)
    predictor = amazon.predictor(group)
    forecast = amazon.make_forecast(predictor)

    amazon.forecast.delete_forecast(ForecastArn=forecast)
    amazon.forecast.delete_predictor(PredictorArn=predictor)
    amazon.forecast.delete_dataset_group(DatasetGroupArn=group)
    amazon.forecast.delete_dataset_import_job(DatasetImportJobArn=job)
    amazon.forecast.delete_dataset(DatasetArn=dataset)

    assert amazon.forecast.list_datasets() == {"Datasets": []}
    assert amazon.forecast.list_dataset_groups() == {"DatasetGroups": []}
    assert amazon.forecast.list_predictors() == {"Predictors": []}


@pytest.mark.parametrize("level", ["group", "predictor", "dataset"])
def test_a_resource_with_children_cannot_be_deleted(amazon: Amazon, level: str) -> None:
    dataset = amazon.dataset()
    job = amazon.import_job(dataset)
    group = amazon.group(dataset)
    predictor = amazon.predictor(group)
    forecast = amazon.make_forecast(predictor)
    call, parameters, below, noun = {
        "group": (
            amazon.forecast.delete_dataset_group,
            {"DatasetGroupArn": group},
            predictor,
            "dataset group",
        ),
        "predictor": (
            amazon.forecast.delete_predictor,
            {"PredictorArn": predictor},
            forecast,
            "predictor",
        ),
        "dataset": (amazon.forecast.delete_dataset, {"DatasetArn": dataset}, job, "dataset"),
    }[level]

    error = refusal(call, **parameters)

    (arn,) = parameters.values()
    assert error == (
        "ResourceInUseException",
        f"The {noun} '{arn}' has 1 resource below it, such as '{below}'. Delete these first, or "
        "everything with DeleteResourceTree.",
    )


@pytest.mark.parametrize("status", ["CREATE_PENDING", "CREATE_IN_PROGRESS", "CREATE_STOPPING"])
def test_a_resource_in_progress_cannot_be_deleted(amazon: Amazon, status: str) -> None:
    arn = amazon.predictor(amazon.trainable_group(), status=status)

    error = refusal(amazon.forecast.delete_predictor, PredictorArn=arn)

    assert error == (
        "ResourceInUseException",
        f"The predictor '{arn}' is {status}; it can be deleted when it is ACTIVE or CREATE_FAILED "
        "or CREATE_STOPPED. Wait, or stop it with StopResource.",
    )


@pytest.mark.parametrize("status", ["CREATE_FAILED", "CREATE_STOPPED"])
def test_a_failed_or_stopped_resource_can_be_deleted(amazon: Amazon, status: str) -> None:
    arn = amazon.predictor(amazon.trainable_group(), status=status)

    assert amazon.forecast.delete_predictor(PredictorArn=arn) == {}


def test_a_dataset_that_is_being_imported_cannot_be_deleted(amazon: Amazon) -> None:
    dataset = amazon.dataset()
    amazon.import_job(dataset, status="CREATE_IN_PROGRESS")

    code, sentence = refusal(amazon.forecast.delete_dataset, DatasetArn=dataset)

    assert code == "ResourceInUseException"
    assert "is UPDATE_IN_PROGRESS" in sentence


def serve(amazon: Amazon, forecast: str) -> None:
    arn = "arn:aws:forecast:eu-west-1:000000000000:dataset-group/chain"
    with amazon.database.write() as connection:
        record_import(connection, DatasetGroup("chain", arn, 7, "D", (), has_items=False))
        move_pointer(connection, "chain", forecast)


def test_the_served_forecast_cannot_be_deleted(amazon: Amazon) -> None:
    forecast = stored_forecast(amazon, "1")
    serve(amazon, forecast)
    group = "arn:aws:forecast:eu-west-1:000000000000:dataset-group/chain"

    singly = refusal(amazon.forecast.delete_forecast, ForecastArn=forecast)
    as_a_tree = refusal(amazon.forecast.delete_resource_tree, ResourceArn=group)

    assert singly == as_a_tree
    assert singly == (
        "ResourceInUseException",
        f"The forecast '{forecast}' is being served. Train again or make another "
        "forecast current, then delete it.",
    )


def test_a_deleted_forecast_loses_its_values(amazon: Amazon) -> None:
    forecast = stored_forecast(amazon, "1")

    amazon.forecast.delete_forecast(ForecastArn=forecast)

    assert count(amazon, forecast_values) == 0


def test_a_deleted_tree_leaves_the_datasets(amazon: Amazon, queue: Queue) -> None:
    dataset = amazon.dataset()
    amazon.import_job(dataset)
    group = amazon.group(dataset)
    amazon.make_forecast(amazon.predictor(group, "one"), status=None)
    amazon.predictor(group, "two", status=None)
    answer = amazon.forecast.delete_resource_tree(ResourceArn=group)

    assert answer == {}
    assert queue.claim("worker", ["resource"]) is None
    assert amazon.forecast.list_predictors() == {"Predictors": []}
    assert amazon.forecast.list_forecasts() == {"Forecasts": []}
    assert amazon.forecast.list_dataset_groups() == {"DatasetGroups": []}
    assert len(amazon.forecast.list_dataset_import_jobs()["DatasetImportJobs"]) == 1


def test_a_waiting_job_is_stopped_at_once(amazon: Amazon, queue: Queue) -> None:
    arn = amazon.import_job(amazon.dataset(), status=None)

    assert amazon.forecast.stop_resource(ResourceArn=arn) == {}

    described = amazon.forecast.describe_dataset_import_job(DatasetImportJobArn=arn)
    assert described["Status"] == "CREATE_STOPPED"
    assert queue.claim("worker", ["resource"]) is None


def test_a_running_job_is_stopped_by_its_worker(amazon: Amazon, queue: Queue) -> None:
    arn = amazon.import_job(amazon.dataset(), status=None)
    claim = queue.claim("worker", ["resource"])
    assert claim is not None
    amazon.mark(arn, "CREATE_IN_PROGRESS")

    amazon.forecast.stop_resource(ResourceArn=arn)
    amazon.forecast.stop_resource(ResourceArn=arn)

    described = amazon.forecast.describe_dataset_import_job(DatasetImportJobArn=arn)
    assert described["Status"] == "CREATE_STOPPING"
    assert queue.beat(claim) is True


def test_a_job_that_is_stopped_before_it_begins_ends_as_stopped(
    amazon: Amazon, queue: Queue
) -> None:
    arn = amazon.import_job(amazon.dataset(), status=None)
    claim = queue.claim("worker", ["resource"])
    assert claim is not None
    amazon.forecast.stop_resource(ResourceArn=arn)

    lifecycle.perform(amazon.database, amazon.settings, queue, claim)

    described = amazon.forecast.describe_dataset_import_job(DatasetImportJobArn=arn)
    assert described["Status"] == "CREATE_STOPPED"


def test_stopping_a_predictor_stops_the_jobs_below_it(amazon: Amazon) -> None:
    predictor = amazon.predictor(amazon.trainable_group())
    forecast = amazon.make_forecast(predictor, status=None)

    amazon.forecast.stop_resource(ResourceArn=predictor)

    described = amazon.forecast.describe_forecast(ForecastArn=forecast)
    assert described["Status"] == "CREATE_STOPPED"


@pytest.mark.parametrize("status", ["ACTIVE", "CREATE_FAILED", "CREATE_STOPPED"])
def test_stopping_a_job_that_has_ended_changes_nothing(amazon: Amazon, status: str) -> None:
    arn = amazon.predictor(amazon.trainable_group(), status=status)

    assert amazon.forecast.stop_resource(ResourceArn=arn) == {}

    assert amazon.forecast.describe_auto_predictor(PredictorArn=arn)["Status"] == status


def test_only_jobs_can_be_stopped(amazon: Amazon) -> None:
    group = amazon.group()

    assert refusal(amazon.forecast.stop_resource, ResourceArn=group) == (
        "InvalidInputException",
        f"'{group}' is a dataset group, which cannot be stopped. Jobs such as imports, "
        "predictors, forecasts and exports can, and monitors.",
    )


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("stop_resource", {}),
        ("delete_resource_tree", {}),
        ("tag_resource", {"Tags": [{"Key": "a", "Value": "b"}]}),
        ("untag_resource", {"TagKeys": ["a"]}),
        ("list_tags_for_resource", {}),
    ],
)
def test_an_arn_that_does_not_exist_is_not_found(
    amazon: Amazon, method: str, parameters: dict[str, Any]
) -> None:
    call = getattr(amazon.forecast, method)

    assert refusal(call, ResourceArn=NOWHERE, **parameters) == (
        "ResourceNotFoundException",
        f"No resource exists with the arn: {NOWHERE}. List operations show those that exist.",
    )


def test_a_resource_deleted_in_progress_can_be_created_again(amazon: Amazon, queue: Queue) -> None:
    dataset = amazon.dataset()
    arn = amazon.import_job(dataset, status=None)
    old = queue.claim("old", ["resource"])
    assert old is not None
    amazon.forecast.delete_resource_tree(ResourceArn=arn)
    again = amazon.import_job(dataset, status=None)
    claim = queue.claim("new", ["resource"])

    assert claim is not None
    assert claim.subject == again == arn
    with pytest.raises(LeaseLost):
        queue.beat(old)


def test_a_forecast_that_is_published_meanwhile_is_not_deleted(amazon: Amazon) -> None:
    forecast = stored_forecast(amazon, "1")
    serve(amazon, "another")
    with ThreadPoolExecutor(1) as threads:
        with amazon.database.write() as connection:
            lock_group(connection, "chain")
            delete = amazon.forecast.delete_forecast
            deletion = threads.submit(refusal, delete, ForecastArn=forecast)
            time.sleep(0.3)  # long enough for the deletion to start
            move_pointer(connection, "chain", forecast)
        code, _ = deletion.result()

    assert code == "ResourceInUseException"
