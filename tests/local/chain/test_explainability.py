"""Explainability: which attributes move the forecasts of a chain with promotions."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from ..amazon import Amazon, auto_request, refusal, schema, source
from .conftest import finish, put

ALL = {"TimeSeriesGranularity": "ALL", "TimePointGranularity": "ALL"}
Rows = list[dict[str, str]]


def explain(amazon: Amazon, resource: str, **parameters: Any) -> str:
    """An explainability that a worker made."""
    request = {"ExplainabilityConfig": ALL, **parameters}
    arn = amazon.forecast.create_explainability(
        ExplainabilityName="why", ResourceArn=resource, **request
    )["ExplainabilityArn"]
    finish(amazon)
    described = amazon.forecast.describe_explainability(ExplainabilityArn=arn)
    assert described["Status"] == "ACTIVE", described
    return str(arn)


def exported(amazon: Amazon, arn: str) -> Rows:
    """The rows of an export of an explainability."""
    answer = amazon.forecast.create_explainability_export(
        ExplainabilityExportName="out",
        ExplainabilityArn=arn,
        Destination=source("s3://bucket/impacts"),
    )
    finish(amazon)
    export = answer["ExplainabilityExportArn"]
    described = amazon.forecast.describe_explainability_export(ExplainabilityExportArn=export)
    assert described["Status"] == "ACTIVE", described
    (file,) = (amazon.settings.home / "s3" / "bucket" / "impacts").glob("out_*.csv")
    return list(csv.DictReader(io.StringIO(file.read_text())))


def score(row: dict[str, str], attribute: str, kind: str = "NormalizedImpactScore") -> float:
    return float(row[f"{attribute}-{kind}"])


def test_promotions_matter_more_than_a_random_number(amazon: Amazon, predictor: str) -> None:
    (row,) = exported(amazon, explain(amazon, predictor))

    assert list(row) == [
        "item_id",
        *(
            f"{name}-{kind}"
            for name in ("luck", "promo", "region")
            for kind in ("NormalizedImpactScore", "RawImpactScore")
        ),
    ]
    assert row["item_id"] == "Aggregate"
    assert score(row, "promo") == -1.0  # no promotion is planned, so the forecast is lower
    assert abs(score(row, "luck")) < 0.1
    assert score(row, "region") == 0.0
    assert -80 < score(row, "promo", "RawImpactScore") < -20  # of 325 a day


def test_single_series_and_periods_are_explained(amazon: Amazon, forecast: str) -> None:
    arn = explain(
        amazon,
        forecast,
        ExplainabilityConfig={
            "TimeSeriesGranularity": "SPECIFIC",
            "TimePointGranularity": "SPECIFIC",
        },
        DataSource=source(put(amazon, "some.csv", "2\n3\n")),
        Schema=schema({"item_id": "string"}),
        StartDateTime="2024-05-21T00:00:00",
        EndDateTime="2024-05-22T00:00:00",
    )

    rows = exported(amazon, arn)

    times = ["2024-05-21T00:00:00Z", "2024-05-22T00:00:00Z", "Aggregate"]
    assert [(row["item_id"], row["timestamp"]) for row in rows] == [
        (item, time) for item in ("2", "3", "Aggregate") for time in times
    ]
    promo = {(row["item_id"], row["timestamp"]): score(row, "promo") for row in rows}
    assert min(promo.values()) == -1.0
    alone = [promo["2", time] for time in times]
    assert alone[2] == pytest.approx((alone[0] + alone[1]) / 2, abs=1e-3)


def test_a_predictor_is_explained_with_its_training(amazon: Amazon, predictor: str) -> None:
    group = amazon.forecast.list_dataset_groups()["DatasetGroups"][0]["DatasetGroupArn"]
    arn = amazon.forecast.create_auto_predictor(
        **auto_request(group, "explained"), ExplainPredictor=True
    )["PredictorArn"]
    before = amazon.forecast.describe_auto_predictor(PredictorArn=arn)["ExplainabilityInfo"]

    finish(amazon)

    info = amazon.forecast.describe_auto_predictor(PredictorArn=arn)["ExplainabilityInfo"]
    assert (before["Status"], info["Status"]) == ("CREATE_PENDING", "ACTIVE")
    code, message = refusal(
        amazon.forecast.create_explainability,
        ExplainabilityName="second",
        ResourceArn=arn,
        ExplainabilityConfig=ALL,
    )
    assert code == "LimitExceededException"
    assert info["ExplainabilityArn"] in message
    again, _ = refusal(amazon.forecast.delete_predictor, PredictorArn=arn)
    amazon.forecast.delete_explainability(ExplainabilityArn=info["ExplainabilityArn"])
    assert again == "ResourceInUseException"
    assert amazon.forecast.delete_predictor(PredictorArn=arn) == {}


def test_a_time_outside_the_forecast_fails_the_job(amazon: Amazon, forecast: str) -> None:
    arn = amazon.forecast.create_explainability(
        ExplainabilityName="why",
        ResourceArn=forecast,
        ExplainabilityConfig={**ALL, "TimePointGranularity": "SPECIFIC"},
        StartDateTime="2030-01-01T00:00:00",
        EndDateTime="2030-01-02T00:00:00",
    )["ExplainabilityArn"]
    finish(amazon)

    described = amazon.forecast.describe_explainability(ExplainabilityArn=arn)

    assert described["Status"] == "CREATE_FAILED"
    assert "it covers 2024-05-20T00:00:00 to 2024-05-26T00:00:00" in described["Message"]
