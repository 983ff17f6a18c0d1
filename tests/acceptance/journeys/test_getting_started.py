"""Hourly rides become a forecast with holidays, and the predictor explains itself."""

from __future__ import annotations

import pytest

from .notebook import Notebook
from .rides import FIELDS, hourly

pytestmark = pytest.mark.slow

HOLIDAY = {"Name": "holiday", "Configuration": {"CountryCode": ["US"]}}


def test_getting_started_with_explainability(notebook: Notebook) -> None:
    forecast = notebook.forecast
    assert forecast.list_predictors() is not None
    path = notebook.upload("data/rides.csv", hourly(days=21))
    dataset = notebook.dataset("RIDES", FIELDS, DataFrequency="H")
    job = notebook.load(
        dataset, "RIDES_IMPORT", path, TimestampFormat="yyyy-MM-dd hh:mm:ss", TimeZone="EST"
    )
    group = notebook.group("RIDES_DEMO", dataset)
    assert forecast.describe_dataset_group(DatasetGroupArn=group)["Status"] == "ACTIVE"

    config = {"DatasetGroupArn": group, "AdditionalDatasets": [HOLIDAY]}
    predictor = notebook.predictor(
        "RIDES_PREDICTOR",
        ForecastHorizon=24,
        ForecastFrequency="H",
        DataConfig=config,
        ExplainPredictor=True,
    )
    metrics = notebook.metrics(predictor)
    assert {loss["Quantile"] for loss in metrics["WeightedQuantileLosses"]} == {0.1, 0.5, 0.9}
    assert {"RMSE", "WAPE", "MAPE", "MASE"} <= set(metrics["ErrorMetrics"][0])

    made = notebook.predict("RIDES_FORECAST", predictor)
    predictions = notebook.query(made, item_id="3")
    assert list(predictions) == ["p10", "p50", "p90"]
    assert [len(points) for points in predictions.values()] == [24, 24, 24]
    assert predictions["p50"][0]["Timestamp"] == "2021-01-22T00:00:00"

    described = forecast.describe_auto_predictor(PredictorArn=predictor)
    explainability = described["ExplainabilityInfo"]["ExplainabilityArn"]
    notebook.wait(forecast.describe_explainability, ExplainabilityArn=explainability)
    exported = forecast.create_explainability_export(
        ExplainabilityExportName="RIDES_EXPLAINED",
        ExplainabilityArn=explainability,
        Destination=notebook.place("explanation/RIDES_EXPLAINED"),
    )["ExplainabilityExportArn"]
    notebook.wait(forecast.describe_explainability_export, ExplainabilityExportArn=exported)
    (row,) = notebook.export("explanation/RIDES_EXPLAINED")
    assert -1 <= float(row["Holiday_US-NormalizedImpactScore"]) <= 1

    notebook.delete_trees(group, dataset)
    with pytest.raises(forecast.exceptions.ResourceNotFoundException):
        forecast.describe_dataset_import_job(DatasetImportJobArn=job)
    assert forecast.list_explainability_exports()["ExplainabilityExports"] == []
