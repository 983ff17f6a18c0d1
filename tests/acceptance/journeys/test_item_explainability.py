"""What moves the orders of single instruments, for the whole horizon and for some months of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.local.amazon import schema

from .notebook import Notebook
from .rides import month

pytestmark = pytest.mark.slow

MONTHS, HORIZON = 48, 12
INSTRUMENTS = ("Guitar_1", "Guitar_2", "Piano_1", "Piano_2", "Flute_1", "Flute_2")
KEYS = {"timestamp": "timestamp", "item_id": "string"}
RELATED = {"Loss_Rate": "float", "Customer_Request": "float"}
LAYOUT = {"TimestampFormat": "yyyy-MM-dd HH:mm:ss"}
ATTRIBUTES = ("Loss_Rate", "Customer_Request", "Holiday_US", "Model_Type")


def orders() -> tuple[list[str], list[str]]:
    """Orders that follow the customers' requests, and the related series until the horizon."""
    luck = np.random.default_rng(4)
    target, related = [], []
    for number, name in enumerate(INSTRUMENTS):
        for ahead in range(MONTHS + HORIZON):
            request, loss = luck.integers(5, 50), luck.random()
            at = f"{month(ahead)} 00:00:00,{name}"
            related.append(f"{at},{loss:.3f},{request}")
            if ahead < MONTHS:
                target.append(f"{at},{20 * (1 + number) + 3 * request + luck.normal():.3f}")
    return target, related


def trained(notebook: Notebook) -> tuple[str, list[str], str]:
    """The group with its datasets, and a predictor that explains itself."""
    group = notebook.group("explain_1")
    tts = notebook.dataset("explain_tts", KEYS | {"target_value": "float"}, DataFrequency="M")
    rts = notebook.dataset("explain_rts", KEYS | RELATED, "RELATED_TIME_SERIES", DataFrequency="M")
    fields = {"item_id": "string", "Model_Type": "string"}
    meta = notebook.dataset("explain_im", fields, "ITEM_METADATA")
    datasets = [tts, rts, meta]
    notebook.forecast.update_dataset_group(DatasetGroupArn=group, DatasetArns=datasets)
    target, related = orders()
    models = [f"{name},{name.split('_')[0]}" for name in INSTRUMENTS]
    notebook.load(tts, "tts_import", notebook.upload("in/tts.csv", target), **LAYOUT)
    notebook.load(rts, "rts_import", notebook.upload("in/rts.csv", related), **LAYOUT)
    notebook.load(meta, "im_import", notebook.upload("in/im.csv", models))
    holiday = {"Name": "holiday", "Configuration": {"CountryCode": ["US"]}}
    predictor = notebook.predictor(
        "orders",
        ForecastHorizon=HORIZON,
        ForecastFrequency="M",
        DataConfig={"DatasetGroupArn": group, "AdditionalDatasets": [holiday]},
        ExplainPredictor=True,
    )
    return group, datasets, predictor


def exported(notebook: Notebook, explainability: str, name: str) -> list[dict[str, str]]:
    """The rows of an explainability, once it is ACTIVE."""
    forecast = notebook.forecast
    notebook.wait(forecast.describe_explainability, ExplainabilityArn=explainability)
    made = forecast.create_explainability_export(
        ExplainabilityExportName=name,
        ExplainabilityArn=explainability,
        Destination=notebook.place(f"explain/{name}"),
    )["ExplainabilityExportArn"]
    notebook.wait(forecast.describe_explainability_export, ExplainabilityExportArn=made)
    return notebook.export(f"explain/{name}")


def explained(notebook: Notebook, forecast_arn: str, name: str, **window: str) -> str:
    """An explainability of the guitars; of some time points, if there is a window."""
    points = "SPECIFIC" if window else "ALL"
    source: dict[str, Any] = notebook.place(
        notebook.upload("in/subset.csv", [item for item in INSTRUMENTS if "Guitar" in item])
    )
    made = notebook.forecast.create_explainability(
        ExplainabilityName=name,
        ResourceArn=forecast_arn,
        ExplainabilityConfig={"TimeSeriesGranularity": "SPECIFIC", "TimePointGranularity": points},
        DataSource=source,
        Schema=schema({"item_id": "string"}),
        EnableVisualization=True,
        **window,
    )
    return str(made["ExplainabilityArn"])


def test_explainability_of_items_and_time_points(notebook: Notebook) -> None:
    forecast = notebook.forecast
    group, datasets, predictor = trained(notebook)
    described = forecast.describe_auto_predictor(PredictorArn=predictor)
    whole = described["ExplainabilityInfo"]["ExplainabilityArn"]
    (row,) = exported(notebook, whole, "model_level")
    scores = {name: float(row[f"{name}-NormalizedImpactScore"]) for name in ATTRIBUTES}
    assert abs(scores["Customer_Request"]) > abs(scores["Loss_Rate"])

    made = notebook.predict("orders_forecast", predictor)
    items = exported(notebook, explained(notebook, made, "items"), "item_level")
    assert {row["item_id"] for row in items} == {"Guitar_1", "Guitar_2", "Aggregate"}
    assert {row["timestamp"] for row in items} == {"Aggregate"}
    window = {"StartDateTime": "2022-01-30T09:00:00", "EndDateTime": "2022-11-30T09:00:00"}
    points = exported(notebook, explained(notebook, made, "points", **window), "point_level")
    months = sorted({row["timestamp"] for row in points} - {"Aggregate"})
    assert [at[:7] for at in months] == [f"2022-{number:02}" for number in range(2, 12)]

    notebook.delete_trees(group, *datasets)
    assert forecast.list_explainabilities()["Explainabilities"] == []
