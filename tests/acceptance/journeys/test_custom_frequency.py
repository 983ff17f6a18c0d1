"""Purchase orders for three days each and sums by quarter, from the same hours."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from .notebook import Notebook
from .rides import FIELDS

pytestmark = pytest.mark.slow

FIRST, LAST = dt.date(2017, 12, 1), dt.date(2019, 1, 31)


def demand() -> list[str]:
    """About 20 a day and item, from December 2017 to January 2019."""
    luck = np.random.default_rng(2)
    days = [FIRST + dt.timedelta(days=day) for day in range((LAST - FIRST).days + 1)]
    return [
        f"{day} {hour:02}:00:00,{item},{int(luck.poisson(10))}"
        for item in "12"
        for day in days
        for hour in (0, 12)
    ]


def test_custom_frequencies(notebook: Notebook) -> None:
    forecast = notebook.forecast
    dataset = notebook.dataset("CUSTOM_FREQUENCY_TS", FIELDS, DataFrequency="H")
    path = notebook.upload("custom/tts.csv", demand())
    notebook.load(dataset, "TTS_IMPORT", path, TimestampFormat="yyyy-MM-dd HH:mm:ss")
    group = notebook.group("CUSTOM_FREQUENCY", dataset)
    config = {"DatasetGroupArn": group}
    predictors = [
        forecast.create_auto_predictor(
            PredictorName=name, ForecastHorizon=horizon, ForecastFrequency=code, DataConfig=config
        )["PredictorArn"]
        for name, horizon, code in (("ORDERS", 7, "3D"), ("QUARTERS", 1, "3M"))
    ]
    for arn in predictors:
        notebook.wait(forecast.describe_auto_predictor, PredictorArn=arn)
    orders, quarters = (
        notebook.query(notebook.predict(name, arn), item_id="1")["p50"]
        for name, arn in zip(("ORDERS", "QUARTERS"), predictors, strict=True)
    )
    days = [dt.date(2019, 2, 3) + dt.timedelta(days=3 * ahead) for ahead in range(7)]
    assert [point["Timestamp"] for point in orders] == [f"{day}T00:00:00" for day in days]
    assert [point["Timestamp"] for point in quarters] == ["2019-03-01T00:00:00"]
    assert all(45 < point["Value"] < 75 for point in orders)
    assert 1200 < quarters[0]["Value"] < 2400
    notebook.delete_trees(group, dataset)
