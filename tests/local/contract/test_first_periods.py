"""Forecasts begin with the period after that of the last row, as in Amazon's own examples."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from forecast_service.storage.bucket import LocalBucket

from ..amazon import Amazon, source

pytestmark = pytest.mark.parametrize("amazon", ["wire"], indirect=True)
Finish = Callable[[], None]
HALF_HOUR, HOUR, DAY = dt.timedelta(minutes=30), dt.timedelta(hours=1), dt.timedelta(days=1)
END = dt.datetime(2019, 1, 31)  # a Thursday


def put(amazon: Amazon, folder: Path, name: str, lines: Iterable[str]) -> None:
    file = folder / name
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    LocalBucket(amazon.settings.home).put(file, f"s3://bucket/{name}")


def group_of_steps(
    amazon: Amazon,
    folder: Path,
    finish: Finish,
    last: dt.datetime,
    step: dt.timedelta,
    count: int,
    frequency: str,
) -> str:
    """A dataset group with ``count`` rows that end with ``last``."""
    times = [last - step * back for back in reversed(range(count))]
    put(amazon, folder, "sales.csv", (f"1,{time},{100 + time.day % 7}" for time in times))
    dataset = amazon.dataset(frequency=frequency)
    amazon.import_job(dataset, status=None)
    finish()
    return amazon.group(dataset)


def first_period(amazon: Amazon, finish: Finish, group: str, **parameters: Any) -> str:
    """The first period of a forecast of two periods."""
    predictor = amazon.predictor(group, status=None, ForecastHorizon=2, **parameters)
    finish()
    described = amazon.forecast.describe_auto_predictor(PredictorArn=predictor)
    assert (described["Status"], described.get("Message")) == ("ACTIVE", None)
    made = amazon.make_forecast(predictor, status=None)
    finish()
    answer = amazon.forecastquery.query_forecast(ForecastArn=made, Filters={"item_id": "1"})
    points = answer["Forecast"]["Predictions"]["p50"]
    assert len(points) == 2
    assert all(point["Value"] > 0 for point in points)
    return str(points[0]["Timestamp"])


@pytest.mark.parametrize(
    ("frequency", "boundary", "begins"),
    [
        ("D", None, "2019-02-01"),
        ("W", None, "2019-02-04"),
        ("W", "MONDAY", "2019-02-04"),
        ("W", "TUESDAY", "2019-02-05"),
        ("W", "WEDNESDAY", "2019-02-06"),
        ("W", "THURSDAY", "2019-02-07"),
        ("W", "FRIDAY", "2019-02-01"),
        ("W", "SATURDAY", "2019-02-02"),
        ("W", "SUNDAY", "2019-02-03"),
        ("M", None, "2019-02-01"),
    ],
)
def test_daily_data_until_the_end_of_january(
    amazon: Amazon,
    tmp_path: Path,
    finish_jobs: Finish,
    frequency: str,
    boundary: str | None,
    begins: str,
) -> None:
    group = group_of_steps(amazon, tmp_path, finish_jobs, END, DAY, 300, "D")
    parameters = {"TimeAlignmentBoundary": {"DayOfWeek": boundary}} if boundary else {}

    begin = first_period(amazon, finish_jobs, group, ForecastFrequency=frequency, **parameters)

    assert begin == f"{begins}T00:00:00"


@pytest.mark.parametrize(
    ("hour", "frequency", "boundary", "begins"),
    [
        (22, "H", None, "2019-01-31T23:00:00"),
        (22, "D", None, "2019-02-01T00:00:00"),
        (11, "D", None, "2019-02-01T00:00:00"),
        (22, "W", "FRIDAY", "2019-02-01T00:00:00"),
        (22, "W", "SUNDAY", "2019-02-03T00:00:00"),
    ],
)
def test_hourly_data_that_end_within_the_last_day(
    amazon: Amazon,
    tmp_path: Path,
    finish_jobs: Finish,
    hour: int,
    frequency: str,
    boundary: str | None,
    begins: str,
) -> None:
    last = END + hour * HOUR
    group = group_of_steps(amazon, tmp_path, finish_jobs, last, HOUR, 24 * 75, "H")
    parameters = {"TimeAlignmentBoundary": {"DayOfWeek": boundary}} if boundary else {}

    begin = first_period(amazon, finish_jobs, group, ForecastFrequency=frequency, **parameters)

    assert begin == begins


def test_half_hours_become_hours(amazon: Amazon, tmp_path: Path, finish_jobs: Finish) -> None:
    last = END + 22 * HOUR
    group = group_of_steps(amazon, tmp_path, finish_jobs, last, HALF_HOUR, 48 * 20, "30min")

    begin = first_period(amazon, finish_jobs, group, ForecastFrequency="H")

    assert begin == "2019-01-31T23:00:00"


def test_monthly_data(amazon: Amazon, tmp_path: Path, finish_jobs: Finish) -> None:
    months = [f"1,{2016 + month // 12}-{month % 12 + 1:02d}-01 00:00:00,9" for month in range(37)]
    put(amazon, tmp_path, "sales.csv", months)
    dataset = amazon.dataset(frequency="M")
    amazon.import_job(dataset, status=None)
    finish_jobs()

    begin = first_period(amazon, finish_jobs, amazon.group(dataset), ForecastFrequency="M")

    assert begin == "2019-02-01T00:00:00"


def test_item_metadata_need_no_timestamp_format(
    amazon: Amazon, tmp_path: Path, finish_jobs: Finish
) -> None:
    dataset = amazon.dataset("items", "ITEM_METADATA")
    put(amazon, tmp_path, "sales.csv", ["1,north", "2,south"])

    job = amazon.import_job(dataset, status=None)
    finish_jobs()

    described = amazon.forecast.describe_dataset_import_job(DatasetImportJobArn=job)
    assert (described["Status"], described.get("Message")) == ("ACTIVE", None)
    assert described["FieldStatistics"]["region"]["CountDistinct"] == 2
    assert "TimestampFormat" not in described


def test_more_item_metadata_may_name_a_timestamp_format(
    amazon: Amazon, tmp_path: Path, finish_jobs: Finish
) -> None:
    dataset = amazon.dataset("items", "ITEM_METADATA")
    put(amazon, tmp_path, "sales.csv", ["1,north", "2,south"])
    amazon.import_job(dataset, status=None)
    finish_jobs()

    put(amazon, tmp_path, "sales.csv", ["3,east"])
    job = amazon.forecast.create_dataset_import_job(
        DatasetImportJobName="second",
        DatasetArn=dataset,
        DataSource=source(),
        TimestampFormat="yyyy-MM-dd",
        ImportMode="INCREMENTAL",
    )["DatasetImportJobArn"]
    finish_jobs()

    described = amazon.forecast.describe_dataset_import_job(DatasetImportJobArn=job)
    assert (described["Status"], described.get("Message")) == ("ACTIVE", None)
