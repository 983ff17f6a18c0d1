"""The way before what-if analyses: a second plan is imported, and the same predictor forecasts."""

from __future__ import annotations

import pytest

from .notebook import Notebook
from .rides import month, price, sold

pytestmark = pytest.mark.slow

MONTHS, HORIZON, ITEMS = 36, 3, range(3)
KEYS = {"item_id": "string", "timestamp": "timestamp"}
DAY = {"TimestampFormat": "yyyy-MM-dd"}


def plan(factor: float) -> list[str]:
    """Prices until the horizon; those to come are multiplied by a factor."""
    return ["item_id,timestamp,price"] + [
        f"item_{item},{month(at)},{price(item, at) * (factor if at >= MONTHS else 1):.4f}"
        for item in ITEMS
        for at in range(MONTHS + HORIZON)
    ]


def test_two_plans_of_one_predictor(notebook: Notebook) -> None:
    forecast = notebook.forecast
    target = notebook.dataset("plan_tts", KEYS | {"target_value": "float"}, DataFrequency="M")
    fields = KEYS | {"price": "float"}
    related = notebook.dataset("plan_rts", fields, "RELATED_TIME_SERIES", DataFrequency="M")
    group = notebook.group("plan_dsg", target, related)
    rows = [f"item_{item},{month(at)},{sold(item, at)}" for item in ITEMS for at in range(MONTHS)]
    notebook.load(target, "tts_import", notebook.upload("plan/tts.csv", rows), **DAY)
    notebook.load(related, "rts_import1", notebook.upload("plan/rts1.csv", plan(1.0)), **DAY)
    predictor = forecast.create_predictor(
        PredictorName="plan_predictor",
        AlgorithmArn="arn:aws:forecast:::algorithm/Prophet",
        ForecastHorizon=HORIZON,
        InputDataConfig={"DatasetGroupArn": group},
        FeaturizationConfig={"ForecastFrequency": "M"},
    )["PredictorArn"]
    notebook.wait(forecast.describe_predictor, PredictorArn=predictor)
    first = notebook.predict("plan_first", predictor)
    notebook.load(related, "rts_import2", notebook.upload("plan/rts2.csv", plan(1.3)), **DAY)
    second = notebook.predict("plan_second", predictor)

    cheap, dear = (
        [point["Value"] for point in notebook.query(arn, item_id="item_1")["p50"]]
        for arn in (first, second)
    )
    assert all(after < before for before, after in zip(cheap, dear, strict=True))
    for arn in (first, second):
        notebook.wait_till_delete(forecast.delete_forecast, ForecastArn=arn)
    notebook.delete_trees(group, target, related)
