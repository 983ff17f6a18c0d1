"""From a sales file to the values of a forecast, only by API calls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from forecast_service.storage.bucket import LocalBucket

from ..amazon import Amazon, legacy_request, source

FIRST = dt.date(2015, 1, 1)
DAYS = 70
TARGET = "TARGET_TIME_SERIES"


def put_sales(amazon: Amazon, folder: Path, *stores: str) -> None:
    """Put ten weeks of sales per store, which repeat weekly, into the bucket."""
    rows = [
        f"{store},{FIRST + dt.timedelta(days=day)},{100 + day % 7}"
        for store in stores
        for day in range(DAYS)
    ]
    file = folder / "sales.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    LocalBucket(amazon.settings.home).put(file, "s3://bucket/sales.csv")


def imported_group(amazon: Amazon, folder: Path, finish_jobs: Callable[[], None]) -> str:
    put_sales(amazon, folder, "1", "2")
    dataset = amazon.dataset()
    amazon.forecast.create_dataset_import_job(
        DatasetImportJobName="first",
        DatasetArn=dataset,
        DataSource=source(),
        TimestampFormat="yyyy-MM-dd",
    )
    finish_jobs()
    return amazon.group(dataset)


def seasonal_naive(group: str) -> dict[str, Any]:
    return {
        **legacy_request(group),
        "AlgorithmArn": "arn:aws:forecast:::algorithm/Seasonal_Naive",
    }


def test_an_import_describes_its_data(
    amazon: Amazon, tmp_path: Path, finish_jobs: Callable[[], None]
) -> None:
    imported_group(amazon, tmp_path, finish_jobs)

    (job,) = amazon.forecast.list_dataset_import_jobs()["DatasetImportJobs"]
    described = amazon.forecast.describe_dataset_import_job(
        DatasetImportJobArn=job["DatasetImportJobArn"]
    )

    assert (described["Status"], described["DataSize"] > 0) == ("ACTIVE", True)
    assert described["FieldStatistics"]["demand"]["Count"] == 2 * DAYS
    assert described["FieldStatistics"]["item_id"]["CountDistinct"] == 2


def test_sales_become_a_forecast_that_can_be_queried(
    amazon: Amazon, tmp_path: Path, finish_jobs: Callable[[], None]
) -> None:
    group = imported_group(amazon, tmp_path, finish_jobs)
    predictor = amazon.forecast.create_predictor(**seasonal_naive(group))["PredictorArn"]
    finish_jobs()
    forecast = amazon.make_forecast(predictor, status=None)
    finish_jobs()

    trained = amazon.forecast.describe_predictor(PredictorArn=predictor)
    assert (trained["Status"], trained.get("Message")) == ("ACTIVE", None)
    assert len(trained["DatasetImportJobArns"]) == 1
    metrics = amazon.forecast.get_accuracy_metrics(PredictorArn=predictor)
    summary = metrics["PredictorEvaluationResults"][0]["TestWindows"][0]
    assert summary["EvaluationType"] == "SUMMARY"
    assert summary["Metrics"]["ErrorMetrics"][0]["WAPE"] == 0.0
    made = amazon.forecast.describe_forecast(ForecastArn=forecast)
    assert (made["Status"], made.get("Message")) == ("ACTIVE", None)
    answer = amazon.forecastquery.query_forecast(ForecastArn=forecast, Filters={"item_id": "2"})
    points = answer["Forecast"]["Predictions"]["p50"]
    assert [point["Value"] for point in points] == [100.0 + day for day in range(7)]
    assert points[0]["Timestamp"] == "2015-03-12T00:00:00"


def test_a_missing_file_fails_the_job_with_a_message(
    amazon: Amazon, finish_jobs: Callable[[], None]
) -> None:
    dataset = amazon.dataset()
    arn = amazon.import_job(dataset, status=None)

    finish_jobs()

    described = amazon.forecast.describe_dataset_import_job(DatasetImportJobArn=arn)
    assert described["Status"] == "CREATE_FAILED"
    assert "s3://bucket/sales.csv" in described["Message"]
    assert amazon.forecast.describe_dataset(DatasetArn=dataset)["Status"] == "ACTIVE"
