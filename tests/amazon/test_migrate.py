"""`forecast-service aws migrate`: an account is rebuilt here and compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
import sqlalchemy as sa
from aws_stand_in import Aws, aws
from click.testing import Result
from support import until, write_sales

from forecast_service.session import open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.tables import resources

__all__ = ["aws"]

Command = Callable[..., Result]
ROLE = "arn:aws:iam::000000000000:role/reader"
ATTRIBUTES = {"item_id": "string", "timestamp": "timestamp", "target_value": "float"}
SCHEMA = {
    "Attributes": [{"AttributeName": n, "AttributeType": kind} for n, kind in ATTRIBUTES.items()]
}


def active(describe: Callable[..., dict[str, Any]], **arn: str) -> None:
    until(lambda: describe(**arn)["Status"] in ("ACTIVE", "CREATE_FAILED"))
    assert describe(**arn)["Status"] == "ACTIVE"


@pytest.fixture
def account(aws: Aws, tmp_path: Path) -> Any:
    """An account of a team: one group, data on S3, two predictors and a forecast."""
    client: Any = boto3.client("forecast", region_name="eu-west-1")
    lines = write_sales(tmp_path / "sales.csv", range(1, 4), range(90)).read_text().splitlines()[1:]
    rows = [line.split(",")[:3] for line in lines]
    aws.account.put("sales.csv", "\n".join(",".join(row) for row in rows))
    dataset = client.create_dataset(
        DatasetName="team_sales",
        Domain="CUSTOM",
        DatasetType="TARGET_TIME_SERIES",
        DataFrequency="D",
        Schema={
            "Attributes": [
                *SCHEMA["Attributes"][:2],
                {**SCHEMA["Attributes"][2], "AttributeName": "target_value"},
            ]
        },
    )["DatasetArn"]
    job = client.create_dataset_import_job(
        DatasetImportJobName="all_sales",
        DatasetArn=dataset,
        DataSource={"S3Config": {"Path": "s3://chain/sales.csv", "RoleArn": ROLE}},
        TimestampFormat="yyyy-MM-dd",
    )["DatasetImportJobArn"]
    active(client.describe_dataset_import_job, DatasetImportJobArn=job)
    group = client.create_dataset_group(
        DatasetGroupName="team", Domain="CUSTOM", DatasetArns=[dataset]
    )["DatasetGroupArn"]
    old = client.create_predictor(
        PredictorName="old",
        AlgorithmArn="arn:aws:forecast:::algorithm/NPTS",
        ForecastHorizon=7,
        EvaluationParameters={"NumberOfBacktestWindows": 2, "BackTestWindowOffset": 7},
        InputDataConfig={"DatasetGroupArn": group},
        FeaturizationConfig={"ForecastFrequency": "D"},
    )["PredictorArn"]
    active(client.describe_predictor, PredictorArn=old)
    forecast = client.create_forecast(
        ForecastName="old_week", PredictorArn=old, ForecastTypes=["0.5", "0.9"]
    )["ForecastArn"]
    active(client.describe_forecast, ForecastArn=forecast)
    export = client.create_forecast_export_job(
        ForecastExportJobName="nightly",
        ForecastArn=forecast,
        Destination={"S3Config": {"Path": "s3://chain/exports", "RoleArn": ROLE}},
    )["ForecastExportJobArn"]
    active(client.describe_forecast_export_job, ForecastExportJobArn=export)
    return client


def test_an_account_is_rebuilt_and_compared(
    account: Any, settings: Settings, database: Database, forecast_service: Command
) -> None:
    moved = forecast_service("aws", "migrate", "--group", "team", "--json")
    assert moved.exit_code == 0, moved.output

    (compared,) = json.loads(moved.stdout)
    assert (compared["group"], compared["predictor"]) == ("team", "old")
    assert compared["same_windows"]
    assert len(compared["here"]["windows"]) == 2
    assert compared["there"]["wape"] == pytest.approx(compared["here"]["wape"])
    assert compared["note"] is None
    assert compared["forecast_difference"] == pytest.approx(0, abs=1e-9)
    assert compared["cost_there"] == pytest.approx(compared["seconds_there"] / 3600 * 0.24)

    here = open_session(settings, database).forecast
    (dataset,) = here.list_datasets()["Datasets"]
    there = account.describe_dataset(
        DatasetArn=account.list_datasets()["Datasets"][0]["DatasetArn"]
    )
    assert here.describe_dataset(DatasetArn=dataset["DatasetArn"])["Schema"] == there["Schema"]
    (forecast,) = here.list_forecasts()["Forecasts"]
    described = here.describe_forecast(ForecastArn=forecast["ForecastArn"])
    assert described["ForecastName"] == "old_week"
    assert described["ForecastTypes"] == ["0.5", "0.9"]

    again = forecast_service("aws", "migrate")
    assert again.exit_code == 0, again.output
    assert len(here.list_predictors()["Predictors"]) == 1
    header, row = again.stdout.splitlines()
    assert header.split("\t")[:4] == ["group", "predictor", "wql_there", "wql_here"]
    assert row.startswith("team\told\t0.")


@pytest.mark.slow
def test_data_that_left_s3_are_named(aws: Aws, account: Any, forecast_service: Command) -> None:
    aws.account.s3.delete_object(Bucket="chain", Key="sales.csv")
    moved = forecast_service("aws", "migrate", "--group", "team")

    assert moved.exit_code == 1
    assert "Import job 'all_sales' cannot be repeated: No objects found" in moved.stderr
    assert moved.stderr.rstrip().endswith("Put its files back, then repeat this.")


def test_a_group_that_does_not_exist_is_named(aws: Aws, forecast_service: Command) -> None:
    result = forecast_service("aws", "migrate", "--group", "nobody")

    assert result.exit_code == 1
    assert "Dataset group 'nobody' does not exist in this account. It has: none." in result.stderr


@pytest.mark.slow
def test_an_algorithm_that_only_aws_has_becomes_an_auto_predictor(
    aws: Aws, account: Any, forecast_service: Command
) -> None:
    with aws.database.write() as connection:
        predictor = resources.c.type == "predictor"
        request = connection.execute(sa.select(resources.c.request).where(predictor)).scalar_one()
        request["AlgorithmArn"] = "arn:aws:forecast:::algorithm/CNN-QR"
        connection.execute(sa.update(resources).where(predictor).values(request=request))
    aws.account.s3.delete_object(Bucket="chain", Key=next(iter(aws.account.keys("exports/n"))))

    moved = forecast_service("aws", "migrate", "--json")
    assert moved.exit_code == 0, moved.output

    (compared,) = json.loads(moved.stdout)
    assert compared["note"].startswith("CNN-QR is trained as an auto predictor here")
    assert compared["here"]["wape"] is not None
    assert compared["forecast_difference"] is None
