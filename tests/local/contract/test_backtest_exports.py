"""CreatePredictorBacktestExportJob: what was tested, and the accuracy of every item."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from simulated_aws import SimulatedAws

from forecast_service.storage.bucket import LocalBucket

from ..amazon import ROLE, Amazon, legacy_request, refusal, source
from .exported import bucket_folder

FinishJobs = Callable[[], None]
Rows = list[dict[str, str]]
FIRST = dt.date(2015, 1, 1)
DAYS = 70
KEYS = (("milk", "1"), ("milk", "2"), ("tea", "1"))


def demand(place: int, day: int) -> int:
    """Sales that repeat weekly only roughly; the last item stops in the last week."""
    return 0 if place == 2 and day >= DAYS - 7 else 10 * (place + 1) + day % 7 + day * day % 5


def trained(amazon: Amazon, folder: Path, finish_jobs: FinishJobs) -> str:
    """An ACTIVE predictor of three items of stores with two test windows of a week."""
    rows = [
        f"{item},{FIRST + dt.timedelta(days=day)},{demand(place, day)},{store}\n"
        for place, (item, store) in enumerate(KEYS)
        for day in range(DAYS)
    ]
    file = folder / "sales.csv"
    file.write_text("".join(rows), encoding="utf-8")
    LocalBucket(amazon.settings.home).put(file, "s3://bucket/sales.csv")
    dataset = amazon.dataset(location="string")
    amazon.forecast.create_dataset_import_job(
        DatasetImportJobName="first",
        DatasetArn=dataset,
        DataSource=source(),
        TimestampFormat="yyyy-MM-dd",
    )
    finish_jobs()
    request = {
        **legacy_request(amazon.group(dataset)),
        "AlgorithmArn": "arn:aws:forecast:::algorithm/Seasonal_Naive",
        "ForecastTypes": ["mean", "0.1", "0.9"],
        "EvaluationParameters": {"NumberOfBacktestWindows": 2},
        "FeaturizationConfig": {"ForecastFrequency": "D", "ForecastDimensions": ["location"]},
    }
    predictor = str(amazon.forecast.create_predictor(**request)["PredictorArn"])
    finish_jobs()
    return predictor


def request(predictor: str, path: str = "s3://exports/tested", **over: Any) -> dict[str, Any]:
    return {
        "PredictorBacktestExportJobName": "audit",
        "PredictorArn": predictor,
        "Destination": {"S3Config": {"Path": path, "RoleArn": ROLE}},
        **over,
    }


def exported(amazon: Amazon, finish_jobs: FinishJobs, **parameters: Any) -> dict[str, Any]:
    """The description of an export job after its end."""
    created = amazon.forecast.create_predictor_backtest_export_job(**parameters)
    finish_jobs()
    described: dict[str, Any] = amazon.forecast.describe_predictor_backtest_export_job(**created)
    return described


def rows_of(folder: Path, name: str) -> Rows:
    (part,) = (folder / "tested" / name).iterdir()
    return list(csv.DictReader(io.StringIO(part.read_text())))


def numbers(rows: Iterable[dict[str, str]], column: str) -> list[float]:
    return [float(row[column]) if row[column] else math.nan for row in rows]


@pytest.fixture
def tested(
    amazon: Amazon, tmp_path: Path, finish_jobs: FinishJobs
) -> tuple[dict[str, Any], Rows, Rows]:
    """The metrics of GetAccuracyMetrics, the exported values, the exported accuracy."""
    predictor = trained(amazon, tmp_path, finish_jobs)
    folder = bucket_folder(amazon)
    job = exported(amazon, finish_jobs, **request(predictor))
    assert (job["Status"], job.get("Message")) == ("ACTIVE", None)
    assert sorted(path.name for path in (folder / "tested").iterdir()) == [
        "_CHECK",
        "_SUCCESS",
        "accuracy-metrics-values",
        "forecasted-values",
    ]
    metrics = amazon.forecast.get_accuracy_metrics(PredictorArn=predictor)
    values, accuracy = "forecasted-values", "accuracy-metrics-values"
    return metrics, rows_of(folder, values), rows_of(folder, accuracy)


def test_a_backtest_is_exported_with_columns_and_sums_as_measured(
    tested: tuple[dict[str, Any], Rows, Rows],
) -> None:
    metrics, values, accuracy = tested
    _, *windows = metrics["PredictorEvaluationResults"][0]["TestWindows"]

    assert list(values[0]) == [
        *("item_id", "location", "timestamp", "target_value"),
        *("backtestwindow_start_time", "backtestwindow_end_time", "mean", "p10", "p90"),
    ]
    assert list(accuracy[0]) == [
        *("item_id", "location", "backtest_window"),
        *("backtestwindow_start_time", "backtestwindow_end_time"),
        *("wQL[0.1]", "wQL[0.9]", "Average wQL", "RMSE", "WAPE", "MAPE", "MASE"),
    ]
    assert len(values) == len(KEYS) * 2 * 7
    assert [row["backtest_window"] for row in accuracy] == ["Computed", "Computed", "Summary"] * 3
    for window in windows:
        start = window["TestWindowStart"].strftime("%Y-%m-%dT%H:%M:%S")
        of_window = [row for row in values if row["backtestwindow_start_time"] == start]
        items = [
            row
            for row in accuracy
            if row["backtestwindow_start_time"] == start and row["backtest_window"] == "Computed"
        ]
        assert_sums(window["Metrics"], of_window, items)


def assert_sums(measured: dict[str, Any], values: Rows, items: Rows) -> None:
    """What GetAccuracyMetrics says follows from the values, and from the items by their weights."""
    actual, mean = numbers(values, "target_value"), numbers(values, "mean")
    errors = [abs(y - f) for y, f in zip(actual, mean, strict=True)]
    weights = [
        sum(float(row["target_value"]) for row in values if key_of(row) == key_of(item))
        for item in items
    ]
    errors_of = measured["ErrorMetrics"][0]
    assert errors_of["WAPE"] == pytest.approx(sum(errors) / sum(actual))
    assert errors_of["RMSE"] == pytest.approx(
        math.sqrt(sum(error**2 for error in errors) / len(errors))
    )
    for loss in measured["WeightedQuantileLosses"]:
        losses = numbers(items, f"wQL[{loss['Quantile']:g}]")
        # An item without sales has the numerator alone.
        added = sum(value * (weight or 1) for value, weight in zip(losses, weights, strict=True))
        assert loss["LossValue"] == pytest.approx(added / sum(weights))
    squares = [value**2 for value in numbers(items, "RMSE")]
    assert errors_of["RMSE"] == pytest.approx(math.sqrt(sum(squares) / len(squares)))
    mases = numbers(items, "MASE")
    assert errors_of["MASE"] == pytest.approx(sum(mases) / len(mases))


def key_of(row: dict[str, str]) -> tuple[str, str]:
    return row["item_id"], row["location"]


def test_windows_end_at_their_last_period_and_the_summary_spans_them(
    tested: tuple[dict[str, Any], Rows, Rows],
) -> None:
    _, values, accuracy = tested
    first, second, summary = (
        (row["backtestwindow_start_time"], row["backtestwindow_end_time"]) for row in accuracy[:3]
    )

    assert first == ("2015-02-26T00:00:00", "2015-03-04T00:00:00")
    assert second == ("2015-03-05T00:00:00", "2015-03-11T00:00:00")
    assert summary == (first[0], second[1])
    assert [row["timestamp"] for row in values[5:9]] == [
        f"2015-03-0{day}T00:00:00" for day in (3, 4, 5, 6)
    ]
    assert numbers(values[:7], "target_value") == [demand(0, day) for day in range(56, 63)]
    for column in ("wQL[0.1]", "RMSE", "MAPE", "MASE"):
        one, two, both = numbers(accuracy[:3], column)
        assert both == pytest.approx((one + two) / 2)


def test_what_is_undefined_is_an_empty_cell(tested: tuple[dict[str, Any], Rows, Rows]) -> None:
    _, _, accuracy = tested
    ended = [row for row in accuracy if key_of(row) == ("tea", "1")]

    assert [row["MAPE"] == "" for row in ended] == [False, True, False]


def test_a_backtest_is_exported_to_s3_as_parquet(
    amazon: Amazon, simulated_aws: SimulatedAws, tmp_path: Path, finish_jobs: FinishJobs
) -> None:
    predictor = trained(amazon, tmp_path, finish_jobs)

    job = exported(
        amazon, finish_jobs, **request(predictor, "s3://chain/tested/", Format="PARQUET")
    )

    assert (job["Status"], job.get("Message")) == ("ACTIVE", None)
    *markers, accuracy, values = simulated_aws.keys("tested/")
    assert markers == ["tested/_CHECK", "tested/_SUCCESS"]
    at = job["CreationTime"].strftime("%Y-%m-%dT%H-%M-%SZ")
    assert accuracy == f"tested/accuracy-metrics-values/audit_{at}_part0.parquet"
    table = pq.read_table(io.BytesIO(simulated_aws.get(values)))
    assert table.num_rows == len(KEYS) * 2 * 7
    assert table["target_value"][0].as_py() == demand(0, 56)


def test_a_predictor_without_a_backtest_fails_the_job(
    amazon: Amazon, finish_jobs: FinishJobs
) -> None:
    bucket_folder(amazon)
    predictor = amazon.predictor(amazon.trainable_group())

    job = exported(amazon, finish_jobs, **request(predictor))

    assert (job["Status"], job["Message"]) == (
        "CREATE_FAILED",
        "The predictor has no backtest: its history was too short for one, or it was trained by a "
        "version of the service that kept none. Train a new predictor.",
    )


def test_a_backtest_export_is_described_listed_and_deleted(amazon: Amazon) -> None:
    predictor = amazon.predictor(amazon.trainable_group())

    arn = amazon.forecast.create_predictor_backtest_export_job(**request(predictor))[
        "PredictorBacktestExportJobArn"
    ]

    identifier = predictor.partition("predictor/")[2]
    assert arn == (
        f"arn:aws:forecast:eu-west-1:000000000000:predictor-backtest-export-job/{identifier}/audit"
    )
    described = amazon.forecast.describe_predictor_backtest_export_job(
        PredictorBacktestExportJobArn=arn
    )
    assert (described["Status"], described["Format"]) == ("CREATE_PENDING", "CSV")
    of_predictor = {"Key": "PredictorArn", "Value": predictor, "Condition": "IS"}
    listed = amazon.forecast.list_predictor_backtest_export_jobs(Filters=[of_predictor])
    assert [job["Status"] for job in listed["PredictorBacktestExportJobs"]] == ["CREATE_PENDING"]
    code, _ = refusal(amazon.forecast.delete_predictor, PredictorArn=predictor)
    assert code == "ResourceInUseException"
    amazon.forecast.delete_resource_tree(ResourceArn=predictor)
    assert amazon.forecast.list_predictor_backtest_export_jobs() == {
        "PredictorBacktestExportJobs": []
    }
