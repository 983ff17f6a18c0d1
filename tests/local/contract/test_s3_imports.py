"""Import jobs from S3, by API calls and environment variables alone."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from simulated_aws import SimulatedAws

from ..amazon import ROLE, Amazon

FIRST = dt.datetime(2015, 1, 1)
FinishJobs = Callable[[], None]


def csv(store: str, days: int = 3) -> str:
    return "".join(f"{store},{(FIRST + dt.timedelta(days=day)).date()},5\n" for day in range(days))


def parquet(store: str, days: int = 3) -> bytes:
    stream = io.BytesIO()
    times = [FIRST + dt.timedelta(days=day) for day in range(days)]
    pq.write_table(
        pa.table({"item_id": [store] * days, "timestamp": times, "demand": [5.0] * days}), stream
    )
    return stream.getvalue()


def imported(amazon: Amazon, finish_jobs: FinishJobs, path: str, **over: Any) -> dict[str, Any]:
    """The description of an import job from this address, after its end."""
    request = {
        "DatasetImportJobName": "first",
        "DatasetArn": amazon.dataset(),
        "DataSource": {"S3Config": {"Path": path, "RoleArn": ROLE}},
        "TimestampFormat": "yyyy-MM-dd",
        **over,
    }
    arn = amazon.forecast.create_dataset_import_job(**request)["DatasetImportJobArn"]
    finish_jobs()
    described: dict[str, Any] = amazon.forecast.describe_dataset_import_job(DatasetImportJobArn=arn)
    return described


def test_a_file_on_s3_is_imported(
    amazon: Amazon, simulated_aws: SimulatedAws, finish_jobs: FinishJobs
) -> None:
    uri = simulated_aws.put("sales/2015.csv", csv("1"))

    job = imported(amazon, finish_jobs, uri)

    assert (job["Status"], job.get("Message")) == ("ACTIVE", None)
    assert job["FieldStatistics"]["demand"]["Count"] == 3
    assert job["DataSource"] == {"S3Config": {"Path": uri, "RoleArn": ROLE}}
    assert list((amazon.settings.home / ".scratch").iterdir()) == []


def test_a_folder_of_parquet_files_on_s3_is_imported(
    amazon: Amazon, simulated_aws: SimulatedAws, finish_jobs: FinishJobs
) -> None:
    for store in ("1", "2"):
        simulated_aws.put(f"sales/{store}.parquet", parquet(store))
    simulated_aws.put("sales/_SUCCESS", "")

    job = imported(amazon, finish_jobs, "s3://chain/sales", Format="PARQUET")

    assert (job["Status"], job.get("Message")) == ("ACTIVE", None)
    assert job["FieldStatistics"]["item_id"]["CountDistinct"] == 2


def test_a_single_parquet_file_on_s3_is_imported(
    amazon: Amazon, simulated_aws: SimulatedAws, finish_jobs: FinishJobs
) -> None:
    uri = simulated_aws.put("1.parquet", parquet("1"))

    job = imported(amazon, finish_jobs, uri, Format="PARQUET")

    assert (job["Status"], job.get("Message")) == ("ACTIVE", None)
    assert job["FieldStatistics"]["demand"]["Count"] == 3


def test_a_fault_in_a_file_on_s3_is_named_by_the_name_of_the_object(
    amazon: Amazon, simulated_aws: SimulatedAws, finish_jobs: FinishJobs
) -> None:
    simulated_aws.put("sales/a.csv", csv("1"))
    simulated_aws.put("sales/b.csv", "2,2015-01-01,many\n")

    job = imported(amazon, finish_jobs, "s3://chain/sales/")

    assert (job["Status"], job["Message"]) == (
        "CREATE_FAILED",
        "File 'b.csv', line 1: 'demand' is 'many', which is not a number. Write a number, 'NaN', "
        "or nothing for a missing value.",
    )


def test_what_s3_refuses_is_the_message_of_the_job(
    amazon: Amazon, simulated_aws: SimulatedAws, finish_jobs: FinishJobs
) -> None:
    simulated_aws.use_user()

    with simulated_aws.permissions():
        job = imported(amazon, finish_jobs, "s3://chain/sales/")

    assert job["Status"] == "CREATE_FAILED"
    assert "S3 answered ListObjectsV2 with AccessDenied: Access Denied." in job["Message"]
    assert str(amazon.settings.home) not in job["Message"]


def test_nothing_at_an_address_fails_in_the_words_of_amazon(
    amazon: Amazon, simulated_aws: SimulatedAws, finish_jobs: FinishJobs
) -> None:
    job = imported(amazon, finish_jobs, "s3://chain/nothing/")

    assert job["Status"] == "CREATE_FAILED"
    assert job["Message"].startswith(
        "No objects found in s3 path s3://chain/nothing/, please ensure the path is specified "
        "correctly."
    )
