"""CreateForecastExportJob: a whole forecast becomes files in a local bucket or on S3."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest
from simulated_aws import SimulatedAws

from forecast_service.local.jobs.exports import forecast_export

from ..amazon import ROLE, Amazon, refusal
from .exported import bucket_folder, csv_rows, forecast_of, request

FinishJobs = Callable[[], None]
PART = re.compile(r"nightly_\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ_part(\d+)\.(csv|parquet)")


def exported(amazon: Amazon, finish_jobs: FinishJobs, **parameters: Any) -> dict[str, Any]:
    """The description of an export job after its end."""
    arn = amazon.forecast.create_forecast_export_job(**parameters)["ForecastExportJobArn"]
    finish_jobs()
    described: dict[str, Any] = amazon.forecast.describe_forecast_export_job(
        ForecastExportJobArn=arn
    )
    return described


def test_an_export_job_is_described_with_its_defaults(amazon: Amazon) -> None:
    forecast = amazon.make_forecast(amazon.predictor(amazon.trainable_group()))

    created = amazon.forecast.create_forecast_export_job(**request(forecast))

    arn = created["ForecastExportJobArn"]
    assert arn == "arn:aws:forecast:eu-west-1:000000000000:forecast-export-job/monday/nightly"
    described = amazon.forecast.describe_forecast_export_job(ForecastExportJobArn=arn)
    assert described.pop("CreationTime") == described.pop("LastModificationTime")
    assert described == {
        "ForecastExportJobArn": arn,
        "ForecastExportJobName": "nightly",
        "ForecastArn": forecast,
        "Destination": {"S3Config": {"Path": "s3://exports/daily", "RoleArn": ROLE}},
        "Format": "CSV",
        "Status": "CREATE_PENDING",
    }


def test_every_point_of_every_store_is_exported(amazon: Amazon, finish_jobs: FinishJobs) -> None:
    folder = bucket_folder(amazon)
    forecast = forecast_of(amazon, [["1"], ["2"]])

    job = exported(amazon, finish_jobs, **request(forecast))

    assert (job["Status"], job.get("Message")) == ("ACTIVE", None)
    part, *markers = sorted(path.name for path in (folder / "daily").iterdir())[::-1]
    assert markers == ["_SUCCESS", "_CHECK"]
    assert PART.fullmatch(part)
    at = job["CreationTime"].strftime("%Y-%m-%dT%H-%M-%SZ")
    assert part == f"nightly_{at}_part0.csv"
    assert (folder / "daily" / part).read_text() == (
        "item_id,date,p90,p10,mean\n"
        "1,2015-08-01T00:00:00Z,0.0,0.25,0.5\n"
        "1,2015-08-02T00:00:00Z,0.125,0.375,0.625\n"
        "2,2015-08-01T00:00:00Z,1.0,1.25,1.5\n"
        "2,2015-08-02T00:00:00Z,1.125,1.375,1.625\n"
    )
    assert [(folder / "daily" / name).read_bytes() for name in markers] == [b"", b""]


def test_items_of_stores_are_exported_to_s3(
    amazon: Amazon, simulated_aws: SimulatedAws, finish_jobs: FinishJobs
) -> None:
    keys = [["milk, fat", "1"], ['5" pot', "1"], ["milk", "2"]]
    forecast = forecast_of(amazon, keys, horizon=1, location="string")

    job = exported(amazon, finish_jobs, **request(forecast, "s3://chain/daily/"))

    assert (job["Status"], job.get("Message")) == ("ACTIVE", None)
    check, success, part = simulated_aws.keys()
    assert (check, success) == ("daily/_CHECK", "daily/_SUCCESS")
    assert csv_rows(simulated_aws.get(part).decode()) == [
        ["item_id", "date", "location", "p90", "p10", "mean"],
        ['5" pot', "2015-08-01T00:00:00Z", "1", "1.0", "1.125", "1.25"],
        ["milk", "2015-08-01T00:00:00Z", "2", "2.0", "2.125", "2.25"],
        ["milk, fat", "2015-08-01T00:00:00Z", "1", "0.0", "0.125", "0.25"],
    ]


def test_parquet_has_the_same_columns_and_values(amazon: Amazon, finish_jobs: FinishJobs) -> None:
    folder = bucket_folder(amazon)
    forecast = forecast_of(amazon, [["1"]])

    exported(amazon, finish_jobs, **request(forecast, Format="PARQUET"))

    (part,) = (folder / "daily").glob("*.parquet")
    assert PART.fullmatch(part.name)
    assert pq.read_table(part).to_pydict() == {
        "item_id": ["1", "1"],
        "date": ["2015-08-01T00:00:00Z", "2015-08-02T00:00:00Z"],
        "p90": [0.0, 0.125],
        "p10": [0.25, 0.375],
        "mean": [0.5, 0.625],
    }


def test_what_s3_refuses_is_the_message_of_the_job(
    amazon: Amazon, simulated_aws: SimulatedAws, finish_jobs: FinishJobs
) -> None:
    forecast = forecast_of(amazon, [["1"]])
    simulated_aws.use_user("s3:ListBucket", "s3:GetObject")

    with simulated_aws.permissions():
        job = exported(amazon, finish_jobs, **request(forecast, "s3://chain/daily"))

    assert job["Status"] == "CREATE_FAILED"
    assert job["Message"].startswith(
        "'s3://chain/daily/_CHECK' cannot be written. S3 answered PutObject with AccessDenied: "
        "Access Denied."
    )
    assert simulated_aws.keys() == []


def test_an_export_that_fails_midway_stores_no_part(
    amazon: Amazon, finish_jobs: FinishJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy import update

    from forecast_service.storage.tables import forecast_values

    folder = bucket_folder(amazon)
    forecast = forecast_of(amazon, [["1"], ["2"]])
    monkeypatch.setattr(forecast_export, "BLOCK_SERIES", 1)
    with amazon.database.write() as connection:
        damage = update(forecast_values).where(forecast_values.c.series_key == '["2"]')
        connection.execute(damage.values(checksum=1))

    job = exported(amazon, finish_jobs, **request(forecast))

    assert job["Status"] == "CREATE_FAILED"
    assert job["Message"].startswith("The stored forecast of series '[\"2\"]' is damaged.")
    assert [path.name for path in (folder / "daily").iterdir()] == ["_CHECK"]
    assert list((amazon.settings.home / ".scratch").iterdir()) == []


def test_a_forecast_cannot_be_deleted_while_it_is_exported(amazon: Amazon) -> None:
    forecast = forecast_of(amazon, [["1"]])
    job = amazon.forecast.create_forecast_export_job(**request(forecast))["ForecastExportJobArn"]

    error = refusal(amazon.forecast.delete_forecast, ForecastArn=forecast)

    assert error == (
        "ResourceInUseException",
        f"The forecast '{forecast}' has 1 resource below it, such as '{job}'. Delete these first, "
        "or everything with DeleteResourceTree.",
    )
    amazon.mark(job, "ACTIVE")
    assert amazon.forecast.delete_forecast_export_job(ForecastExportJobArn=job) == {}
    assert amazon.forecast.delete_forecast(ForecastArn=forecast) == {}


def test_a_waiting_export_can_be_stopped(amazon: Amazon, finish_jobs: FinishJobs) -> None:
    folder = bucket_folder(amazon)
    forecast = forecast_of(amazon, [["1"]])
    job = amazon.forecast.create_forecast_export_job(**request(forecast))["ForecastExportJobArn"]

    amazon.forecast.stop_resource(ResourceArn=job)
    finish_jobs()

    described = amazon.forecast.describe_forecast_export_job(ForecastExportJobArn=job)
    assert described["Status"] == "CREATE_STOPPED"
    assert list(folder.iterdir()) == []


def test_exports_are_listed_by_forecast_and_status(amazon: Amazon) -> None:
    forecast = forecast_of(amazon, [["1"]])
    for name in ("first", "second"):
        amazon.forecast.create_forecast_export_job(**request(forecast, ForecastExportJobName=name))
    arn = "arn:aws:forecast:eu-west-1:000000000000:forecast-export-job/monday/first"
    amazon.mark(arn, "ACTIVE")

    def names(*filters: tuple[str, str]) -> list[str]:
        conditions = [{"Key": key, "Value": value, "Condition": "IS"} for key, value in filters]
        listed = amazon.forecast.list_forecast_export_jobs(Filters=conditions)
        return [job["ForecastExportJobName"] for job in listed["ForecastExportJobs"]]

    assert names(("ForecastArn", forecast)) == ["second", "first"]
    assert names(("ForecastArn", forecast), ("Status", "ACTIVE")) == ["first"]
    assert names(("ForecastArn", f"{forecast}x")) == []


@pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "CREATE_FAILED"])
def test_only_a_ready_forecast_is_exported(amazon: Amazon, status: str) -> None:
    predictor = amazon.predictor(amazon.trainable_group())
    forecast = amazon.make_forecast(predictor, status=status)

    error = refusal(amazon.forecast.create_forecast_export_job, **request(forecast))

    assert error == (
        "ResourceInUseException",
        f"The forecast '{forecast}' is {status}, but CreateForecastExportJob needs it ACTIVE. Wait "
        "until it is, or use another one.",
    )


def test_an_unknown_forecast_is_not_found(amazon: Amazon) -> None:
    forecast = "arn:aws:forecast:eu-west-1:000000000000:forecast/nowhere"

    code, message = refusal(amazon.forecast.create_forecast_export_job, **request(forecast))

    assert code == "ResourceNotFoundException"
    assert forecast in message


def test_a_name_is_taken_once_per_forecast(amazon: Amazon) -> None:
    forecast = forecast_of(amazon, [["1"]])
    amazon.forecast.create_forecast_export_job(**request(forecast))

    error = refusal(amazon.forecast.create_forecast_export_job, **request(forecast))

    assert error == (
        "ResourceAlreadyExistsException",
        "A forecast export job already exists with the arn: "
        "arn:aws:forecast:eu-west-1:000000000000:forecast-export-job/monday/nightly",
    )


def test_an_unknown_format_is_refused(amazon: Amazon) -> None:
    forecast = forecast_of(amazon, [["1"]])

    code, _ = refusal(
        amazon.forecast.create_forecast_export_job, **request(forecast, Format="XLSX")
    )

    assert code == "ValidationException"
