"""Dataset import jobs, and the status of a dataset during an import."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from forecast_service.local.resource_details import ImportJobDetails
from forecast_service.storage.queue import Queue

from ..amazon import FIELDS, Amazon, refusal, schema, source

KEY = "arn:aws:kms:eu-west-1:000000000000:key/one"


def test_an_import_job_is_described_with_its_defaults(amazon: Amazon) -> None:
    dataset = amazon.dataset()

    arn = amazon.import_job(dataset, "first", status=None)

    described = amazon.forecast.describe_dataset_import_job(DatasetImportJobArn=arn)
    assert arn == "arn:aws:forecast:eu-west-1:000000000000:dataset-import-job/sales/first"
    assert described.pop("CreationTime") == described.pop("LastModificationTime")
    assert described == {
        "DatasetImportJobName": "first",
        "DatasetImportJobArn": arn,
        "DatasetArn": dataset,
        "TimestampFormat": "yyyy-MM-dd HH:mm:ss",
        "UseGeolocationForTimeZone": False,
        "DataSource": source(),
        "Format": "CSV",
        "ImportMode": "FULL",
        "Status": "CREATE_PENDING",
    }


def test_an_import_job_queues_work(amazon: Amazon, queue: Queue) -> None:
    arn = amazon.import_job(amazon.dataset(), status=None)

    claim = queue.claim("worker", ["resource"])

    assert claim is not None
    assert claim.subject == arn


@pytest.mark.parametrize(
    ("job", "dataset"),
    [
        ("CREATE_PENDING", "UPDATE_PENDING"),
        ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"),
        ("CREATE_STOPPING", "UPDATE_IN_PROGRESS"),
        ("CREATE_STOPPED", "ACTIVE"),
        ("CREATE_FAILED", "ACTIVE"),
        ("ACTIVE", "ACTIVE"),
    ],
)
def test_a_dataset_mirrors_its_import_job(amazon: Amazon, job: str, dataset: str) -> None:
    arn = amazon.dataset()
    amazon.import_job(arn, status=job)

    assert amazon.forecast.describe_dataset(DatasetArn=arn)["Status"] == dataset


def test_a_dataset_is_modified_when_its_import_ends(amazon: Amazon) -> None:
    arn = amazon.dataset()
    time.sleep(0.01)
    job = amazon.import_job(arn)

    described = amazon.forecast.describe_dataset(DatasetArn=arn)

    ended = amazon.forecast.describe_dataset_import_job(DatasetImportJobArn=job)
    assert described["LastModificationTime"] == ended["LastModificationTime"]
    assert described["LastModificationTime"] > described["CreationTime"]


def test_a_dataset_is_modified_now_during_an_import(amazon: Amazon) -> None:
    arn = amazon.dataset()
    job = amazon.import_job(arn, status="CREATE_IN_PROGRESS")
    time.sleep(0.05)

    before = datetime.now(UTC) - timedelta(milliseconds=40)
    described = amazon.forecast.describe_dataset(DatasetArn=arn)
    running = amazon.forecast.describe_dataset_import_job(DatasetImportJobArn=job)

    assert described["LastModificationTime"] > before
    assert running["LastModificationTime"] > before


def test_a_second_import_waits_for_the_first(amazon: Amazon) -> None:
    dataset = amazon.dataset()
    amazon.import_job(dataset, "first", status="CREATE_IN_PROGRESS")

    error = refusal(
        amazon.forecast.create_dataset_import_job,
        DatasetImportJobName="second",
        DatasetArn=dataset,
        DataSource=source(),
    )

    assert error == (
        "ResourceInUseException",
        f"The dataset '{dataset}' is UPDATE_IN_PROGRESS: another import job has not ended. Wait "
        "until the dataset is ACTIVE.",
    )


def test_a_repeated_call_is_refused_as_existing(amazon: Amazon) -> None:
    dataset = amazon.dataset()
    arn = amazon.import_job(dataset, "first", status="CREATE_IN_PROGRESS")

    error = refusal(
        amazon.forecast.create_dataset_import_job,
        DatasetImportJobName="first",
        DatasetArn=dataset,
        DataSource=source(),
    )

    assert error == (
        "ResourceAlreadyExistsException",
        f"A dataset import job already exists with the arn: {arn}",
    )


def test_a_job_name_is_unique_inside_its_dataset(amazon: Amazon) -> None:
    sales, more = amazon.dataset("sales"), amazon.dataset("more")
    first = amazon.import_job(sales, "daily")

    amazon.import_job(more, "daily")

    assert refusal(
        amazon.forecast.create_dataset_import_job,
        DatasetImportJobName="daily",
        DatasetArn=sales,
        DataSource=source(),
    ) == (
        "ResourceAlreadyExistsException",
        f"A dataset import job already exists with the arn: {first}",
    )


def test_remaining_minutes_are_estimated_while_a_job_runs(amazon: Amazon) -> None:
    arn = amazon.import_job(amazon.dataset(), status=None)
    began_at = time.time() - 120
    details = ImportJobDetails(started_at=began_at)

    amazon.mark(arn, "CREATE_IN_PROGRESS", progress=0.25, details=details)
    running = amazon.forecast.describe_dataset_import_job(DatasetImportJobArn=arn)
    amazon.mark(arn, "ACTIVE", progress=1.0)
    ended = amazon.forecast.describe_dataset_import_job(DatasetImportJobArn=arn)

    assert running["EstimatedTimeRemainingInMinutes"] in (6, 7)
    assert "EstimatedTimeRemainingInMinutes" not in ended


def test_an_earlier_import_tells_how_long_a_new_one_takes(amazon: Amazon) -> None:
    dataset, now = amazon.dataset(), time.time()
    first = amazon.import_job(dataset, "first", status=None)
    amazon.mark(first, "ACTIVE", details=ImportJobDetails(started_at=now - 600))
    second = amazon.import_job(dataset, "second", status=None)
    details = ImportJobDetails(started_at=now - 60)

    amazon.mark(second, "CREATE_IN_PROGRESS", progress=0.0, details=details)

    running = amazon.forecast.describe_dataset_import_job(DatasetImportJobArn=second)
    assert running["EstimatedTimeRemainingInMinutes"] in (9, 10)


def test_a_first_import_has_no_estimate_before_it_progresses(amazon: Amazon) -> None:
    arn = amazon.import_job(amazon.dataset(), status="CREATE_IN_PROGRESS")

    running = amazon.forecast.describe_dataset_import_job(DatasetImportJobArn=arn)

    assert "EstimatedTimeRemainingInMinutes" not in running


@pytest.mark.parametrize("zone", ["Europe/Berlin", "EST", "UTC"])
def test_a_known_time_zone_is_kept(amazon: Amazon, zone: str) -> None:
    arn = amazon.forecast.create_dataset_import_job(
        DatasetImportJobName="first",
        DatasetArn=amazon.dataset(),
        DataSource=source(),
        TimeZone=zone,
    )["DatasetImportJobArn"]

    described = amazon.forecast.describe_dataset_import_job(DatasetImportJobArn=arn)
    assert described["TimeZone"] == zone


def test_an_unknown_time_zone_is_refused_with_a_similar_one(amazon: Amazon) -> None:
    error = refusal(
        amazon.forecast.create_dataset_import_job,
        DatasetImportJobName="first",
        DatasetArn=amazon.dataset(),
        DataSource=source(),
        TimeZone="Europe/Berln",
    )

    assert error == (
        "InvalidInputException",
        "TimeZone 'Europe/Berln' is unknown. Give a name of the IANA time zone database in its "
        "exact spelling, such as 'Europe/Berlin' or 'UTC', or leave it out.",
    )


def test_a_failed_job_has_a_message(amazon: Amazon) -> None:
    arn = amazon.import_job(amazon.dataset(), status=None)

    amazon.mark(arn, "CREATE_FAILED", message="Line 7 of 'sales.csv' has no date.")

    described = amazon.forecast.describe_dataset_import_job(DatasetImportJobArn=arn)
    assert described["Message"] == "Line 7 of 'sales.csv' has no date."
    assert described["Status"] == "CREATE_FAILED"


def test_statistics_of_an_import_are_shown(amazon: Amazon) -> None:
    arn = amazon.import_job(amazon.dataset(), status=None)
    statistics = {"demand": {"Count": 3, "CountDistinct": 2, "Min": "0.0", "Avg": 1, "Stddev": 0.5}}

    details = ImportJobDetails(version=1, data_size_gb=1e-6, field_statistics=statistics)
    amazon.mark(arn, "ACTIVE", details=details)

    described = amazon.forecast.describe_dataset_import_job(DatasetImportJobArn=arn)
    assert described["DataSize"] == 1e-6
    assert described["FieldStatistics"] == statistics


@pytest.mark.parametrize(
    ("frequency", "parameters", "sentence"),
    [
        (
            "H",
            {"TimestampFormat": "yyyy-MM-dd"},
            "TimestampFormat 'yyyy-MM-dd' does not fit data of frequency 'H'. Allowed are: "
            "yyyy-MM-dd HH:mm:ss, yyyy-MM-dd hh:mm:ss.",
        ),
        (
            "D",
            {"TimestampFormat": "MM-dd-yyyy"},
            "TimestampFormat 'MM-dd-yyyy' does not fit data of frequency 'D'. Allowed are: "
            "yyyy-MM-dd, yyyy-MM-dd HH:mm:ss, yyyy-MM-dd hh:mm:ss.",
        ),
        (
            "D",
            {"GeolocationFormat": "PLUS_CODE"},
            "GeolocationFormat 'PLUS_CODE' is unknown. Allowed are: LAT_LONG, CC_POSTALCODE.",
        ),
        (
            "D",
            {"DataSource": {"S3Config": {**source()["S3Config"], "KMSKeyArn": KEY}}},
            f"KMSKeyArn '{KEY}' is not the key of the dataset's EncryptionConfig. Give the same "
            "key "
            "in both, or none here.",
        ),
        (
            "D",
            {"ImportMode": "INCREMENTAL"},
            "ImportMode 'INCREMENTAL' needs existing data, but the dataset 'sales' has none yet. "
            "Use 'FULL' first.",
        ),
    ],
)
def test_an_import_with_wrong_parameters_is_refused(
    amazon: Amazon, frequency: str, parameters: dict[str, object], sentence: str
) -> None:
    dataset = amazon.forecast.create_dataset(
        DatasetName="sales",
        Domain="RETAIL",
        DatasetType="TARGET_TIME_SERIES",
        DataFrequency=frequency,
        Schema=schema(FIELDS["TARGET_TIME_SERIES"]),
    )["DatasetArn"]
    request = {"DatasetImportJobName": "first", "DatasetArn": dataset, "DataSource": source()}

    error = refusal(amazon.forecast.create_dataset_import_job, **{**request, **parameters})

    assert error == ("InvalidInputException", sentence)


def test_an_increment_needs_the_format_of_the_existing_data(amazon: Amazon) -> None:
    dataset = amazon.dataset()
    amazon.import_job(dataset, "first")
    request = {
        "DatasetImportJobName": "second",
        "DatasetArn": dataset,
        "DataSource": source(),
        "ImportMode": "INCREMENTAL",
    }

    error = refusal(amazon.forecast.create_dataset_import_job, **request, Format="PARQUET")
    accepted = amazon.forecast.create_dataset_import_job(**request)

    assert error == (
        "InvalidInputException",
        "'Format' is 'PARQUET', but was 'CSV' in the import job 'first'. Use the same value, "
        "or import everything with ImportMode 'FULL'.",
    )
    assert set(accepted) == {"DatasetImportJobArn"}


def test_the_key_of_the_dataset_is_accepted(amazon: Amazon) -> None:
    encryption = {"RoleArn": "arn:aws:iam::000000000000:role/forecast", "KMSKeyArn": KEY}
    dataset = amazon.forecast.create_dataset(
        DatasetName="sales",
        Domain="RETAIL",
        DatasetType="TARGET_TIME_SERIES",
        Schema=schema(FIELDS["TARGET_TIME_SERIES"]),
        EncryptionConfig=encryption,
    )["DatasetArn"]

    answer = amazon.forecast.create_dataset_import_job(
        DatasetImportJobName="first",
        DatasetArn=dataset,
        DataSource={"S3Config": {**source()["S3Config"], "KMSKeyArn": KEY}},
    )

    assert set(answer) == {"DatasetImportJobArn"}
    assert amazon.forecast.describe_dataset(DatasetArn=dataset)["EncryptionConfig"] == encryption
