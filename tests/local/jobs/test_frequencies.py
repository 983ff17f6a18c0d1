"""Frequencies: forecasts of data by the minute, by weeks, and of summed data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from forecast_service.storage import forecast_store
from forecast_service.storage.bucket import LocalBucket

from ..amazon import Amazon, refusal, source

Finish = Callable[[], None]
MONDAY = dt.date(2014, 1, 6)


def imported_group(
    amazon: Amazon,
    folder: Path,
    finish: Finish,
    rows: Iterable[str],
    frequency: str,
    time_format: str = "yyyy-MM-dd",
) -> str:
    put_rows(amazon, folder, rows)
    dataset = amazon.dataset(frequency=frequency)
    amazon.forecast.create_dataset_import_job(
        DatasetImportJobName="first",
        DatasetArn=dataset,
        DataSource=source(),
        TimestampFormat=time_format,
    )
    finish()
    return amazon.group(dataset)


def put_rows(amazon: Amazon, folder: Path, rows: Iterable[str]) -> None:
    file = folder / "sales.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    LocalBucket(amazon.settings.home).put(file, "s3://bucket/sales.csv")


def forecast(
    amazon: Amazon, finish: Finish, group: str, **parameters: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The description of an auto predictor, and the p50 of store 1."""
    predictor = amazon.predictor(group, status=None, **parameters)
    finish()
    described = amazon.forecast.describe_auto_predictor(PredictorArn=predictor)
    assert (described["Status"], described.get("Message")) == ("ACTIVE", None)
    made = amazon.make_forecast(predictor, status=None)
    finish()
    answer = amazon.forecastquery.query_forecast(ForecastArn=made, Filters={"item_id": "1"})
    return described, answer["Forecast"]["Predictions"]["p50"]


def weekly_rows(first: dt.date, weeks: int) -> list[str]:
    return [f"1,{first + dt.timedelta(weeks=week)},{700 + week % 2}" for week in range(weeks)]


def daily_rows(days: int) -> list[str]:
    return [f"1,{MONDAY + dt.timedelta(days=day)},{100 + day % 7}" for day in range(days)]


def test_weekly_data_become_a_weekly_forecast(
    amazon: Amazon, tmp_path: Path, finish_jobs: Finish
) -> None:
    group = imported_group(amazon, tmp_path, finish_jobs, weekly_rows(MONDAY, 60), "W")

    _, points = forecast(amazon, finish_jobs, group, ForecastHorizon=3, ForecastFrequency="W")

    assert [point["Timestamp"][:10] for point in points] == [
        "2015-03-02",
        "2015-03-09",
        "2015-03-16",
    ]
    assert [point["Value"] for point in points] == pytest.approx([700.5] * 3, rel=0.01)


def test_weeks_begin_on_the_day_of_the_boundary(
    amazon: Amazon, tmp_path: Path, finish_jobs: Finish
) -> None:
    friday = MONDAY + dt.timedelta(days=4)
    group = imported_group(amazon, tmp_path, finish_jobs, weekly_rows(friday, 60), "W")

    described, points = forecast(
        amazon,
        finish_jobs,
        group,
        ForecastHorizon=2,
        ForecastFrequency="W",
        TimeAlignmentBoundary={"DayOfWeek": "FRIDAY"},
    )

    assert described["TimeAlignmentBoundary"] == {"DayOfWeek": "FRIDAY"}
    assert [point["Timestamp"][:10] for point in points] == ["2015-03-06", "2015-03-13"]


@pytest.mark.parametrize(
    ("days", "first"),
    [(60 * 7, "2015-03-02"), (60 * 7 + 3, "2015-03-09")],
    ids=["whole weeks", "three days of the next"],
)
def test_daily_data_are_summed_to_whole_weeks(
    amazon: Amazon, tmp_path: Path, finish_jobs: Finish, days: int, first: str
) -> None:
    group = imported_group(amazon, tmp_path, finish_jobs, daily_rows(days), "D")

    _, points = forecast(amazon, finish_jobs, group, ForecastHorizon=2, ForecastFrequency="W")

    assert points[0]["Timestamp"][:10] == first
    assert points[0]["Value"] == pytest.approx(721, rel=0.01)


def test_daily_data_are_summed_to_months(
    amazon: Amazon, tmp_path: Path, finish_jobs: Finish
) -> None:
    group = imported_group(amazon, tmp_path, finish_jobs, daily_rows(419), "D")

    _, points = forecast(amazon, finish_jobs, group, ForecastHorizon=2, ForecastFrequency="M")

    assert [point["Timestamp"][:10] for point in points] == ["2015-03-01", "2015-04-01"]
    days = [point["Value"] / 103 for point in points]
    assert days == pytest.approx([31, 30], abs=0.5)


def naive_forecast(
    amazon: Amazon, finish: Finish, group: str, frequency: str
) -> list[dict[str, Any]]:
    """The p50 of store 1 over two periods, by a legacy predictor."""
    predictor = amazon.forecast.create_predictor(
        PredictorName="plain",
        AlgorithmArn="arn:aws:forecast:::algorithm/NPTS",
        ForecastHorizon=2,
        InputDataConfig={"DatasetGroupArn": group},
        FeaturizationConfig={"ForecastFrequency": frequency},
    )["PredictorArn"]
    finish()
    forecast = amazon.make_forecast(predictor, status=None)
    finish()
    answer = amazon.forecastquery.query_forecast(ForecastArn=forecast, Filters={"item_id": "1"})
    points: list[dict[str, Any]] = answer["Forecast"]["Predictions"]["p50"]
    return points


@pytest.mark.parametrize("amazon", ["wire"], indirect=True)
@pytest.mark.parametrize(
    ("frequency", "times"),
    [
        ("15min", ["2014-01-06T08:20:00", "2014-01-06T08:35:00"]),
        ("5H", ["2014-01-06T13:00:00", "2014-01-06T18:00:00"]),
    ],
)
def test_minutes_become_any_longer_period(
    amazon: Amazon, tmp_path: Path, finish_jobs: Finish, frequency: str, times: list[str]
) -> None:
    begin = dt.datetime(2014, 1, 3, 0, 5)
    rows = [f"1,{begin + dt.timedelta(minutes=5 * step)},7" for step in range(963)]
    group = imported_group(amazon, tmp_path, finish_jobs, rows, "5min", "yyyy-MM-dd HH:mm:ss")

    points = naive_forecast(amazon, finish_jobs, group, frequency)

    assert [point["Timestamp"] for point in points] == times


@pytest.mark.parametrize("amazon", ["wire"], indirect=True)
def test_later_data_keep_the_periods_of_the_training(
    amazon: Amazon, tmp_path: Path, finish_jobs: Finish
) -> None:
    group = imported_group(amazon, tmp_path, finish_jobs, daily_rows(90), "D")
    assert naive_forecast(amazon, finish_jobs, group, "3D")[0]["Timestamp"][:10] == "2014-04-06"
    put_rows(amazon, tmp_path, daily_rows(92)[1:])
    amazon.forecast.create_dataset_import_job(
        DatasetImportJobName="second",
        DatasetArn=amazon.forecast.list_datasets()["Datasets"][0]["DatasetArn"],
        DataSource=source(),
        TimestampFormat="yyyy-MM-dd",
    )
    finish_jobs()

    predictor = amazon.forecast.list_predictors()["Predictors"][0]["PredictorArn"]
    made = amazon.make_forecast(predictor, name="tuesday", status=None)
    finish_jobs()

    answer = amazon.forecastquery.query_forecast(ForecastArn=made, Filters={"item_id": "1"})
    first = answer["Forecast"]["Predictions"]["p50"][0]
    assert first["Timestamp"][:10] == "2014-04-09"
    with amazon.database.read() as connection:
        stored = forecast_store.any_of(connection, made)
    assert stored is not None
    assert stored.frequency == "3D"  # the column has room for five characters


@pytest.mark.parametrize("amazon", ["wire"], indirect=True)
def test_months_begin_on_the_day_of_the_boundary(
    amazon: Amazon, tmp_path: Path, finish_jobs: Finish
) -> None:
    group = imported_group(amazon, tmp_path, finish_jobs, daily_rows(374), "D")

    described, points = forecast(
        amazon,
        finish_jobs,
        group,
        ForecastHorizon=2,
        ForecastFrequency="M",
        TimeAlignmentBoundary={"DayOfMonth": 15},
    )

    assert described["TimeAlignmentBoundary"] == {"DayOfMonth": 15}
    assert [point["Timestamp"][:10] for point in points] == ["2015-01-15", "2015-02-15"]


@pytest.mark.parametrize(
    ("frequency", "boundary"),
    [
        ("D", {"DayOfWeek": "FRIDAY"}),
        ("W", {"Hour": 0}),
        ("M", {"Month": "JULY"}),
        ("Y", {"Hour": 0}),
    ],
)
def test_a_boundary_that_does_not_fit_is_refused(
    amazon: Amazon, frequency: str, boundary: dict[str, Any]
) -> None:
    code, message = refusal(
        amazon.predictor,
        group=amazon.trainable_group(),
        ForecastFrequency=frequency,
        TimeAlignmentBoundary=boundary,
    )

    assert code == "InvalidInputException"
    assert message.startswith(f"'TimeAlignmentBoundary' {boundary} does not fit ForecastFrequency")
