"""Monitors: the accuracy of past forecasts, once the data of their horizon have come."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from forecast_service.local.jobs.evaluating import evaluation
from forecast_service.storage.queue import Queue, new_id
from forecast_service.storage.tables import forecast_parts, forecast_values, monitor_evaluations
from forecast_service.worker.worker import Worker

from ..amazon import Amazon, refusal
from .conftest import DAYS, HORIZON, finish, load, promotions, related, sold

METRICS = ["AverageWeightedQuantileLoss", "MAPE", "MASE", "RMSE", "WAPE"]


def watch(amazon: Amazon, predictor: str) -> str:
    answer = amazon.forecast.create_monitor(MonitorName="watch", ResourceArn=predictor)
    return str(answer["MonitorArn"])


def import_weeks(amazon: Amazon, number: int, since: int = 0) -> None:
    """Import the sales and plans of some weeks after the first data, and let monitors look."""
    found = amazon.forecast.list_datasets()["Datasets"]
    arns = {dataset["DatasetType"]: dataset["DatasetArn"] for dataset in found}
    promo, name = promotions(), f"week_{since}_{number}"
    planned = range(DAYS + HORIZON, DAYS + (number + 1) * HORIZON)
    load(amazon, arns["RELATED_TIME_SERIES"], f"p{name}", related(planned, promo), "INCREMENTAL")
    days = range(DAYS + since * HORIZON, DAYS + number * HORIZON)
    load(amazon, arns["TARGET_TIME_SERIES"], name, sold(days, promo), "INCREMENTAL")
    evaluate(amazon)


def evaluate(amazon: Amazon) -> None:
    queue = Queue(amazon.database, lease_seconds=3600)
    while claim := queue.claim(new_id(), [evaluation.KIND]):
        evaluation.perform(amazon.database, amazon.settings, queue, claim)


def evaluations(amazon: Amazon, monitor: str, **parameters: Any) -> list[dict[str, Any]]:
    answer = amazon.forecast.list_monitor_evaluations(MonitorArn=monitor, **parameters)
    found: list[dict[str, Any]] = answer["PredictorMonitorEvaluations"]
    return found


def next_forecast(amazon: Amazon, predictor: str, name: str) -> str:
    arn = amazon.make_forecast(predictor, name, status=None)
    finish(amazon)
    return arn


def test_last_weeks_error_is_reported_after_this_weeks_sales(
    amazon: Amazon, predictor: str, forecast: str
) -> None:
    monitor = watch(amazon, predictor)
    assert evaluations(amazon, monitor) == []

    import_weeks(amazon, 1)

    (found,) = evaluations(amazon, monitor)
    assert found["EvaluationState"] == "SUCCESS"
    assert found["WindowStartDatetime"].isoformat() == "2024-05-20T00:00:00+00:00"
    assert found["WindowEndDatetime"].isoformat() == "2024-05-26T00:00:00+00:00"
    assert found["NumItemsEvaluated"] == 4
    assert found["MonitorDataSource"]["ForecastArn"] == forecast
    assert found["MonitorDataSource"]["DatasetImportJobArn"].endswith("/sales/week_0_1")
    metrics = {entry["MetricName"]: entry["MetricValue"] for entry in found["MetricResults"]}
    assert list(metrics) == METRICS
    assert 0.001 < metrics["WAPE"] < 0.1  # the noise of the sales is 3 %
    described = amazon.forecast.describe_monitor(MonitorArn=monitor)
    assert described["LastEvaluationState"] == "SUCCESS"
    assert described["LastEvaluationTime"] == found["EvaluationTime"]
    baseline = described["Baseline"]["PredictorBaseline"]["BaselineMetrics"]
    assert [entry["Name"] for entry in baseline] == METRICS


def test_each_round_needs_a_new_forecast(amazon: Amazon, predictor: str, forecast: str) -> None:
    monitor = watch(amazon, predictor)
    import_weeks(amazon, 1)
    import_weeks(amazon, 2, since=1)
    assert len(evaluations(amazon, monitor)) == 1

    newer = next_forecast(amazon, predictor, "tuesday")
    import_weeks(amazon, 3, since=2)

    found = evaluations(amazon, monitor)
    assert [one["MonitorDataSource"]["ForecastArn"] for one in found] == [newer, forecast]
    assert evaluations(amazon, monitor, MaxResults=1) == found[:1]
    pages = amazon.forecast.get_paginator("list_monitor_evaluations").paginate(
        MonitorArn=monitor, PaginationConfig={"PageSize": 1}
    )
    assert [len(page["PredictorMonitorEvaluations"]) for page in pages] == [1, 1]
    only = {"Key": "EvaluationState", "Value": "FAILURE", "Condition": "IS"}
    assert evaluations(amazon, monitor, Filters=[only]) == []


def test_a_deleted_forecast_is_evaluated_too(amazon: Amazon, predictor: str, forecast: str) -> None:
    monitor = watch(amazon, predictor)
    amazon.forecast.delete_forecast(ForecastArn=forecast)
    amazon.make_forecast(predictor, "monday", status="CREATE_FAILED")  # of the same name

    import_weeks(amazon, 1)

    (found,) = evaluations(amazon, monitor)
    assert found["MonitorDataSource"]["ForecastArn"] == forecast


def test_a_stopped_monitor_evaluates_nothing_until_it_is_resumed(
    amazon: Amazon, predictor: str, forecast: str
) -> None:
    monitor = watch(amazon, predictor)
    amazon.forecast.stop_resource(ResourceArn=monitor)
    status = amazon.forecast.describe_monitor(MonitorArn=monitor)["Status"]

    import_weeks(amazon, 1)
    during = evaluations(amazon, monitor)
    amazon.forecast.resume_resource(ResourceArn=monitor)
    import_weeks(amazon, 2, since=1)

    assert (status, during) == ("ACTIVE_STOPPED", [])
    assert len(evaluations(amazon, monitor)) == 1
    code, message = refusal(amazon.forecast.resume_resource, ResourceArn=monitor)
    assert code == "InvalidInputException"
    assert "is ACTIVE; only one that is ACTIVE_STOPPED can be resumed" in message


def test_a_retraining_carries_the_history_on(amazon: Amazon, predictor: str, forecast: str) -> None:
    monitor = watch(amazon, predictor)
    import_weeks(amazon, 1)
    retrained = amazon.forecast.create_auto_predictor(
        PredictorName="next", ReferencePredictorArn=predictor
    )["PredictorArn"]
    before = amazon.forecast.describe_auto_predictor(PredictorArn=retrained)["MonitorInfo"]
    finish(amazon)
    next_forecast(amazon, retrained, "tuesday")
    import_weeks(amazon, 2, since=1)

    info = amazon.forecast.describe_auto_predictor(PredictorArn=retrained)["MonitorInfo"]
    found = evaluations(amazon, info["MonitorArn"])

    assert (before["Status"], info["Status"]) == ("CREATE_PENDING", "ACTIVE")
    assert ":monitor/next_" in info["MonitorArn"]
    assert [one["ResourceArn"] for one in found] == [retrained, predictor]
    assert found[0]["PredictorEvent"]["Detail"] == "Retrain"
    amazon.forecast.delete_monitor(MonitorArn=monitor)
    assert evaluations(amazon, info["MonitorArn"]) == found


def test_a_predictor_has_one_monitor(amazon: Amazon, predictor: str) -> None:
    monitor = watch(amazon, predictor)

    code, message = refusal(
        amazon.forecast.create_monitor, MonitorName="other", ResourceArn=predictor
    )
    again, _ = refusal(amazon.forecast.create_monitor, MonitorName="watch", ResourceArn=predictor)

    assert code == "LimitExceededException"
    assert monitor in message
    assert again == "ResourceAlreadyExistsException"


@pytest.mark.parametrize("stopped", [False, True])
def test_a_monitor_is_deleted_before_its_predictor(
    amazon: Amazon, predictor: str, forecast: str, stopped: bool
) -> None:
    monitor = watch(amazon, predictor)
    amazon.forecast.delete_forecast(ForecastArn=forecast)
    if stopped:
        amazon.forecast.stop_resource(ResourceArn=monitor)

    code, _ = refusal(amazon.forecast.delete_predictor, PredictorArn=predictor)
    amazon.forecast.delete_monitor(MonitorArn=monitor)

    assert code == "ResourceInUseException"
    assert amazon.forecast.list_monitors() == {"Monitors": []}
    assert amazon.forecast.delete_predictor(PredictorArn=predictor) == {}


def test_a_deleted_tree_leaves_nothing_behind(
    amazon: Amazon, predictor: str, forecast: str
) -> None:
    next_forecast(amazon, predictor, "before")
    watch(amazon, predictor)
    next_forecast(amazon, predictor, "after")
    import_weeks(amazon, 1)
    next_forecast(amazon, predictor, "newest")
    explained = {"TimeSeriesGranularity": "ALL", "TimePointGranularity": "ALL"}
    amazon.forecast.create_explainability(
        ExplainabilityName="why", ResourceArn=forecast, ExplainabilityConfig=explained
    )
    made = amazon.forecast.create_what_if_analysis(WhatIfAnalysisName="a", ForecastArn=forecast)
    finish(amazon)
    amazon.forecast.create_what_if_forecast(
        WhatIfForecastName="w", WhatIfAnalysisArn=made["WhatIfAnalysisArn"]
    )
    finish(amazon)

    amazon.forecast.delete_resource_tree(ResourceArn=predictor)

    with amazon.database.read() as connection:
        counts = {
            table.name: connection.execute(
                sa.select(sa.func.count()).select_from(table)
            ).scalar_one()
            for table in (forecast_values, forecast_parts, monitor_evaluations)
        }
    assert counts == dict.fromkeys(counts, 0)


@pytest.mark.parametrize("amazon", ["in_process"], indirect=True)
def test_a_worker_evaluates_after_an_import(amazon: Amazon, predictor: str, forecast: str) -> None:
    monitor = watch(amazon, predictor)
    dataset = amazon.forecast.list_datasets()["Datasets"][-1]["DatasetArn"]
    days = range(DAYS, DAYS + HORIZON)
    load(amazon, dataset, "next", sold(days, promotions()), "INCREMENTAL")

    assert Worker(amazon.settings).run_until_idle(60)

    assert len(evaluations(amazon, monitor)) == 1
