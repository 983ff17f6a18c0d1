"""Two forecasts of one predictor, each of a few series that a file names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.amazon import schema

from .notebook import Notebook
from .rides import FIELDS, hourly

pytestmark = pytest.mark.slow


def selector(notebook: Notebook, path: str) -> dict[str, Any]:
    source = notebook.place(path)
    identified = {"Format": "CSV", "Schema": schema({"item_id": "string"}), "DataSource": source}
    return {"TimeSeriesIdentifiers": identified}


def test_forecasts_of_selected_series(notebook: Notebook) -> None:
    forecast = notebook.forecast
    dataset = notebook.dataset("SUBSET_DEMO", FIELDS, DataFrequency="H")
    path = notebook.upload("rides.csv", hourly(days=42, items="123456", every=3))
    layout = {"TimestampFormat": "yyyy-MM-dd hh:mm:ss", "TimeZone": "EST"}
    notebook.load(dataset, "rides", path, **layout)
    group = notebook.group("SUBSET_DEMO", dataset)
    predictor = notebook.predictor(
        "SUBSET_DEMO",
        ForecastHorizon=3,
        ForecastFrequency="D",
        DataConfig={"DatasetGroupArn": group},
        ExplainPredictor=False,
    )
    made = {}
    for name, items in {"subset1": "123", "subset2": "45"}.items():
        listed = notebook.upload(f"{name}.csv", [f"{item}\r" for item in items])
        made[name, items] = forecast.create_forecast(
            ForecastName=f"SUBSET_DEMO_{name}",
            ForecastTypes=["0.5"],
            PredictorArn=predictor,
            TimeSeriesSelector=selector(notebook, listed),
        )["ForecastArn"]
    for (name, items), arn in made.items():
        notebook.wait(forecast.describe_forecast, ForecastArn=arn)
        export = forecast.create_forecast_export_job(
            ForecastExportJobName=f"{name}_export",
            ForecastArn=arn,
            Destination=notebook.place(f"{name}"),
        )["ForecastExportJobArn"]
        notebook.wait(forecast.describe_forecast_export_job, ForecastExportJobArn=export)
        rows = notebook.export(f"{name}/{name}_export")
        assert list(rows[0]) == ["item_id", "date", "p50"]
        assert sorted({row["item_id"] for row in rows}) == list(items)
        dates = [f"2021-02-{day}T00:00:00Z" for day in (12, 13, 14)]
        assert sorted({row["date"] for row in rows}) == dates

    forecast.delete_resource_tree(ResourceArn=group)
    assert forecast.list_dataset_groups()["DatasetGroups"] == []
    for job in forecast.list_dataset_import_jobs()["DatasetImportJobs"]:
        assert "SUBSET_DEMO" in job["DatasetImportJobArn"]
        forecast.delete_dataset_import_job(DatasetImportJobArn=job["DatasetImportJobArn"])
    forecast.delete_dataset(DatasetArn=dataset)
