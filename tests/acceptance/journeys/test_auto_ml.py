"""A legacy predictor finds its algorithm itself, and its forecast is exported."""

from __future__ import annotations

import pytest

from .notebook import Notebook
from .rides import hourly

pytestmark = pytest.mark.slow

FIELDS = {"timestamp": "timestamp", "target_value": "float", "item_id": "string"}
FILLING = {
    "AttributeName": "target_value",
    "FeaturizationPipeline": [
        {
            "FeaturizationMethodName": "filling",
            "FeaturizationMethodParameters": {
                "frontfill": "none",
                "middlefill": "zero",
                "backfill": "zero",
            },
        }
    ],
}


def test_auto_ml(notebook: Notebook) -> None:
    forecast = notebook.forecast
    dataset = notebook.dataset("automl_ds", FIELDS, DataFrequency="H")
    group = notebook.group("automl_gp", dataset)
    lines = (line.split(",") for line in hourly(days=8, items="12"))
    rows = ["timestamp,target_value,item_id"]
    rows += [f"{at},{value},client_{item}" for at, item, value in lines]
    notebook.load(
        dataset,
        "AUTOML_IMPORT",
        notebook.upload("automl/rides.csv", rows),
        TimestampFormat="yyyy-MM-dd hh:mm:ss",
    )
    predictor = forecast.create_predictor(
        PredictorName="automl",
        ForecastHorizon=24,
        PerformAutoML=True,
        PerformHPO=False,
        EvaluationParameters={"NumberOfBacktestWindows": 1, "BackTestWindowOffset": 24},
        InputDataConfig={"DatasetGroupArn": group},
        FeaturizationConfig={"ForecastFrequency": "H", "Featurizations": [FILLING]},
    )["PredictorArn"]
    described = notebook.wait(forecast.describe_predictor, PredictorArn=predictor)
    results = forecast.get_accuracy_metrics(PredictorArn=predictor)["PredictorEvaluationResults"]
    assert len(results) > 1
    assert described["PerformAutoML"] is True
    assert described["AutoMLAlgorithmArns"] == [results[0]["AlgorithmArn"]]

    made = notebook.predict("automl_forecast", predictor)
    assert len(notebook.query(made, item_id="client_1")["p50"]) == 24
    export = forecast.create_forecast_export_job(
        ForecastExportJobName="automl_export",
        ForecastArn=made,
        Destination=notebook.place("output"),
    )["ForecastExportJobArn"]
    notebook.wait(forecast.describe_forecast_export_job, ForecastExportJobArn=export)
    assert len(notebook.export("output")) == 2 * 24
    notebook.delete_trees(group, dataset)
