"""New sales come in rounds, and a monitor says how good each earlier forecast was."""

from __future__ import annotations

import time

import pytest

from .notebook import PATIENCE, POLL_SECONDS, Notebook
from .rides import FIELDS, hourly

pytestmark = pytest.mark.slow

LAYOUT = {"TimestampFormat": "yyyy-MM-dd hh:mm:ss", "TimeZone": "EST"}
METRICS = ["AverageWeightedQuantileLoss", "MAPE", "MASE", "RMSE", "WAPE"]
DAYS, HORIZON = 42, 4


def monitor_of(notebook: Notebook, predictor: str) -> str:
    monitors = notebook.forecast.list_monitors()["Monitors"]
    (arn,) = [found["MonitorArn"] for found in monitors if found["ResourceArn"] == predictor]
    return str(arn)


def test_a_monitored_predictor(notebook: Notebook) -> None:
    forecast = notebook.forecast
    assert forecast.list_monitors()["Monitors"] == []
    dataset = notebook.dataset("MONITOR_DEMO", FIELDS, DataFrequency="H")

    def load(name: str, days: int) -> None:
        path = notebook.upload(f"{name}.csv", hourly(days=days, items="12", every=6))
        notebook.load(dataset, name, path, **LAYOUT)
        notebook.wait(forecast.describe_dataset, DatasetArn=dataset)

    load("seed", DAYS)
    group = notebook.group("MONITOR_DEMO", dataset)
    predictor = notebook.predictor(
        "MONITOR_DEMO",
        ForecastHorizon=HORIZON,
        ForecastFrequency="D",
        DataConfig={"DatasetGroupArn": group},
        MonitorConfig={"MonitorName": "MONITOR_DEMO"},
        ForecastTypes=["0.5"],
        OptimizationMetric="MAPE",
    )
    first_monitor = monitor_of(notebook, predictor)
    assert forecast.describe_monitor(MonitorArn=first_monitor)["Status"] == "ACTIVE"
    notebook.predict("FORECAST_seed", predictor)
    for number in (1, 2, 3):
        load(f"t{number}", DAYS + 7 * number)
        if number == 2:
            predictor = notebook.predictor("MONITOR_RETRAIN", ReferencePredictorArn=predictor)
        notebook.predict(f"FORECAST_{number}", predictor)

    monitor = monitor_of(notebook, predictor)
    deadline = time.monotonic() + PATIENCE
    while len(evaluations := evaluated(notebook, monitor)) < 3:
        assert time.monotonic() < deadline, evaluations
        time.sleep(POLL_SECONDS)
    jobs = [found["MonitorDataSource"]["DatasetImportJobArn"] for found in evaluations]
    assert [job.rsplit("/", 1)[1] for job in jobs] == ["t3", "t2", "t1"]
    for found in evaluations:
        assert found["EvaluationState"] == "SUCCESS"
        window = found["WindowEndDatetime"] - found["WindowStartDatetime"]
        assert window.days == HORIZON - 1
        assert [metric["MetricName"] for metric in found["MetricResults"]] == METRICS
    notebook.delete_trees(group, dataset)
    assert forecast.list_monitors()["Monitors"] == []


def evaluated(notebook: Notebook, monitor: str) -> list[dict[str, object]]:
    answer = notebook.forecast.list_monitor_evaluations(MonitorArn=monitor, MaxResults=10)
    return list(answer["PredictorMonitorEvaluations"])
