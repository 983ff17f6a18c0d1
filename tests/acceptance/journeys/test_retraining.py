"""A predictor is trained again with one more day, and the earlier one stays."""

from __future__ import annotations

import pytest

from .notebook import Notebook
from .rides import hourly

pytestmark = pytest.mark.slow

FIELDS = {"timestamp": "timestamp", "item_id": "string", "target_value": "float"}
FORMAT = {"TimestampFormat": "yyyy-MM-dd hh:mm:ss"}


def test_retraining_an_auto_predictor(notebook: Notebook) -> None:
    forecast = notebook.forecast
    dataset = notebook.dataset("retrain_ds", FIELDS, DataFrequency="H")
    group = notebook.group("retrain_gp", dataset)
    first_file = notebook.upload("rides/first.csv", hourly(days=14, items="12"))
    first_import = notebook.load(dataset, "First_Import", first_file, **FORMAT)
    first = notebook.predictor(
        "retrain_first",
        ForecastHorizon=24,
        ForecastFrequency="H",
        DataConfig={"DatasetGroupArn": group},
    )
    assert notebook.metrics(first)["AverageWeightedQuantileLoss"] < 1

    new_file = notebook.upload("rides/new.csv", hourly(days=15, items="12"))
    new_import = notebook.load(dataset, "New_Import", new_file, **FORMAT)
    retrained = notebook.predictor("retrain_again", ReferencePredictorArn=first)

    old = forecast.describe_auto_predictor(PredictorArn=first)
    new = forecast.describe_auto_predictor(PredictorArn=retrained)
    assert old["Status"] == "ACTIVE"
    assert old["DatasetImportJobArns"] == [first_import]
    assert new["DatasetImportJobArns"] == [new_import]
    assert new["ReferencePredictorSummary"] == {"Arn": first, "State": "Active"}
    for member in ("ForecastHorizon", "ForecastFrequency", "ForecastTypes", "DataConfig"):
        assert new[member] == old[member]
    assert notebook.metrics(retrained)["AverageWeightedQuantileLoss"] < 1

    notebook.delete_trees(group, dataset)
    assert forecast.list_predictors()["Predictors"] == []
