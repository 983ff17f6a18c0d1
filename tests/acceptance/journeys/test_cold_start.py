"""Item metadata, and a forecast of an item that has never been sold."""

from __future__ import annotations

import pytest

from .notebook import Notebook
from .rides import hourly

pytestmark = pytest.mark.slow

FIELDS = {"timestamp": "timestamp", "target_value": "float", "item_id": "string"}
CATEGORIES = {"item_id": "string", "item_category": "string"}


def test_cold_start_with_item_metadata(notebook: Notebook) -> None:
    forecast = notebook.forecast
    tts = notebook.dataset("cold_tts", FIELDS, DataFrequency="H")
    meta = notebook.dataset("cold_meta", CATEGORIES, "ITEM_METADATA")
    group = notebook.group("cold_gp", tts, meta)
    lines = (line.split(",") for line in hourly(days=30, items="1234", every=3))
    sold = [f"{at},{value},client_{item}" for at, item, value in lines]
    known = [f"client_{number},{'ab'[number > 2]}" for number in range(1, 6)]
    layout = {"TimestampFormat": "yyyy-MM-dd hh:mm:ss"}
    notebook.load(tts, "cold_import", notebook.upload("cold/tts.csv", sold), **layout)
    job = notebook.load(meta, "meta_import", notebook.upload("cold/meta.csv", known))
    described = forecast.describe_dataset_import_job(DatasetImportJobArn=job)
    assert described["FieldStatistics"]["item_category"]["CountDistinct"] == 2

    predictor = notebook.predictor(
        "cold_start",
        ForecastHorizon=5,
        ForecastFrequency="D",
        DataConfig={"DatasetGroupArn": group},
    )
    made = notebook.predict("cold_forecast", predictor)
    warm = notebook.query(made, item_id="client_4")
    cold = notebook.query(made, item_id="client_5")
    assert [point["Timestamp"] for point in cold["p50"]] == [
        point["Timestamp"] for point in warm["p50"]
    ]
    for low, middle, high in zip(cold["p10"], cold["p50"], cold["p90"], strict=True):
        assert low["Value"] <= middle["Value"] <= high["Value"]
        assert middle["Value"] > 0
    notebook.delete_trees(group, tts, meta)
