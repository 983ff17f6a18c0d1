"""Weeks that begin on Friday and on Sunday, months from the 15th, and days from nine o'clock."""

from __future__ import annotations

from typing import Any

import pytest

from .notebook import Notebook
from .rides import FIELDS, hourly

pytestmark = pytest.mark.slow

BOUNDARIES: dict[str, tuple[str, dict[str, Any], str]] = {
    "FRIDAY": ("W", {"DayOfWeek": "FRIDAY"}, "2022-05-20T00:00:00"),
    "SUNDAY": ("W", {"DayOfWeek": "SUNDAY"}, "2022-05-22T00:00:00"),
    "MIDMONTH": ("M", {"DayOfMonth": 15}, "2022-06-15T00:00:00"),
    "NINE": ("D", {"Hour": 9}, "2022-05-16T09:00:00"),
}


def test_time_alignment_boundaries(notebook: Notebook) -> None:
    forecast = notebook.forecast
    dataset = notebook.dataset("ALIGNMENT_DEMO", FIELDS, DataFrequency="H")
    path = notebook.upload("rides.csv", hourly(days=500, items="12", every=6))
    layout = {"TimestampFormat": "yyyy-MM-dd hh:mm:ss", "TimeZone": "EST"}
    notebook.load(dataset, "rides", path, **layout)
    group = notebook.group("ALIGNMENT_DEMO", dataset)
    predictors = {
        name: forecast.create_auto_predictor(
            PredictorName=f"WEEK_{name}",
            ForecastHorizon=3,
            ForecastFrequency=code,
            DataConfig={"DatasetGroupArn": group},
            TimeAlignmentBoundary=boundary,
            ExplainPredictor=False,
        )["PredictorArn"]
        for name, (code, boundary, _) in BOUNDARIES.items()
    }
    for name, arn in predictors.items():
        described = notebook.wait(forecast.describe_auto_predictor, PredictorArn=arn)
        assert described["TimeAlignmentBoundary"] == BOUNDARIES[name][1]
        points = notebook.query(notebook.predict(f"BY_{name}", arn), item_id="2")["p50"]
        assert points[0]["Timestamp"] == BOUNDARIES[name][2]
        assert len(points) == 3
    notebook.delete_trees(group, dataset)
