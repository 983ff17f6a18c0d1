"""The accuracy of each item, from the backtest windows of a predictor."""

from __future__ import annotations

import pytest

from .notebook import Notebook
from .rides import FIELDS, hourly

pytestmark = pytest.mark.slow

ALGORITHM = "arn:aws:forecast:::algorithm/NPTS"
HORIZON, WINDOWS, ITEMS = 24, 3, "123"


def test_accuracy_of_items_from_a_backtest_export(notebook: Notebook) -> None:
    forecast = notebook.forecast
    dataset = notebook.dataset("items_ds", FIELDS, DataFrequency="H")
    group = notebook.group("items_gp", dataset)
    path = notebook.upload("items.csv", hourly(days=14, items=ITEMS))
    notebook.load(dataset, "items_import", path, TimestampFormat="yyyy-MM-dd hh:mm:ss")
    predictor = forecast.create_predictor(
        PredictorName="items_npts",
        AlgorithmArn=ALGORITHM,
        ForecastHorizon=HORIZON,
        ForecastTypes=["mean", "0.65", "0.90"],
        EvaluationParameters={"NumberOfBacktestWindows": WINDOWS, "BackTestWindowOffset": HORIZON},
        InputDataConfig={
            "DatasetGroupArn": group,
            "SupplementaryFeatures": [{"Name": "holiday", "Value": "US"}],
        },
        FeaturizationConfig={"ForecastFrequency": "H"},
    )["PredictorArn"]
    described = notebook.wait(forecast.describe_predictor, PredictorArn=predictor)
    assert described["ForecastTypes"] == ["mean", "0.65", "0.90"]
    export = forecast.create_predictor_backtest_export_job(
        PredictorBacktestExportJobName="items_backtest",
        PredictorArn=predictor,
        Destination=notebook.place("backtest/items_backtest"),
    )["PredictorBacktestExportJobArn"]
    describe = forecast.describe_predictor_backtest_export_job
    notebook.wait(describe, PredictorBacktestExportJobArn=export)

    values = notebook.export("backtest/items_backtest/forecasted-values/")
    assert list(values[0]) == [
        *("item_id", "timestamp", "target_value"),
        *("backtestwindow_start_time", "backtestwindow_end_time", "mean", "p65", "p90"),
    ]
    assert len(values) == len(ITEMS) * WINDOWS * HORIZON
    assert {row["timestamp"] >= row["backtestwindow_start_time"] for row in values} == {True}
    accuracy = notebook.export("backtest/items_backtest/accuracy-metrics-values/")
    assert [row["backtest_window"] for row in accuracy].count("Summary") == len(ITEMS)
    assert len(accuracy) == len(ITEMS) * (WINDOWS + 1)
    assert {"wQL[0.65]", "wQL[0.9]", "RMSE", "WAPE"} <= set(accuracy[0])

    jobs = forecast.list_predictor_backtest_export_jobs()["PredictorBacktestExportJobs"]
    assert [job["PredictorBacktestExportJobArn"] for job in jobs] == [export]
    delete = forecast.delete_predictor_backtest_export_job
    notebook.wait_till_delete(delete, PredictorBacktestExportJobArn=export)
    notebook.wait_till_delete(forecast.delete_predictor, PredictorArn=predictor)
    forecast.delete_dataset_group(DatasetGroupArn=group)
    notebook.delete_trees(dataset)
