"""A related series makes the forecast better: two legacy predictors and one auto predictor."""

from __future__ import annotations

import pytest

from .notebook import Notebook
from .rides import RENTAL_HORIZON as HORIZON
from .rides import rentals

pytestmark = pytest.mark.slow

KEYS = {"item_id": "string", "timestamp": "timestamp"}
LAYOUT = {"TimestampFormat": "yyyy-MM-dd"}


def prophet(notebook: Notebook, group: str, name: str) -> str:
    """A legacy predictor of Prophet, which is ACTIVE."""
    made = notebook.forecast.create_predictor(
        PredictorName=name,
        AlgorithmArn="arn:aws:forecast:::algorithm/Prophet",
        ForecastHorizon=HORIZON,
        PerformAutoML=False,
        PerformHPO=False,
        EvaluationParameters={"NumberOfBacktestWindows": 1, "BackTestWindowOffset": HORIZON},
        InputDataConfig={"DatasetGroupArn": group},
        FeaturizationConfig={"ForecastFrequency": "D"},
    )
    arn = str(made["PredictorArn"])
    notebook.wait(notebook.forecast.describe_predictor, PredictorArn=arn)
    return arn


def test_a_related_series_makes_the_forecast_better(notebook: Notebook) -> None:
    forecast = notebook.forecast
    target, related = rentals()
    tts = notebook.dataset("bike_target", KEYS | {"target_value": "float"}, DataFrequency="D")
    notebook.load(tts, "target", notebook.upload("bike/target.csv", target), **LAYOUT)
    group = notebook.group("bike_gp", tts)
    alone = prophet(notebook, group, "prophet_alone")

    rts = notebook.dataset(
        "bike_related", KEYS | {"temperature": "float"}, "RELATED_TIME_SERIES", DataFrequency="D"
    )
    notebook.load(rts, "related", notebook.upload("bike/related.csv", related), **LAYOUT)
    forecast.update_dataset_group(DatasetGroupArn=group, DatasetArns=[tts, rts])
    related_too = prophet(notebook, group, "prophet_related")
    auto = notebook.predictor(
        "auto_related",
        ForecastHorizon=HORIZON,
        ForecastFrequency="D",
        DataConfig={"DatasetGroupArn": group},
    )
    without, with_it, automatic = (
        notebook.metrics(arn)["WeightedQuantileLosses"][1]["LossValue"]
        for arn in (alone, related_too, auto)
    )
    assert with_it < 0.5 * without
    assert automatic < 0.5 * without

    upgraded = notebook.predictor("upgraded", ReferencePredictorArn=related_too)
    described = forecast.describe_auto_predictor(PredictorArn=upgraded)
    assert described["ReferencePredictorSummary"]["Arn"] == related_too
    flags = {
        entry["PredictorArn"]: entry["IsAutoPredictor"]
        for entry in forecast.list_predictors()["Predictors"]
    }
    assert flags == {alone: False, related_too: False, auto: True, upgraded: True}
    for arn in flags:
        notebook.wait_till_delete(forecast.delete_predictor, PredictorArn=arn)
    forecast.delete_dataset_group(DatasetGroupArn=group)
    notebook.delete_trees(tts, rts)
