"""Requests of explainabilities: what does not go together, and what cannot be explained."""

from __future__ import annotations

from typing import Any

import pytest

from ..amazon import Amazon, auto_request, legacy_request, refusal, schema, source

ALL = {"TimeSeriesGranularity": "ALL", "TimePointGranularity": "ALL"}
POINTS = {**ALL, "TimePointGranularity": "SPECIFIC"}
SERIES = {**ALL, "TimeSeriesGranularity": "SPECIFIC"}


@pytest.fixture
def predictor(amazon: Amazon) -> str:
    """A predictor of a group with related series."""
    datasets = amazon.dataset(), amazon.dataset("plans", "RELATED_TIME_SERIES")
    for dataset in datasets:
        amazon.import_job(dataset)
    return amazon.predictor(amazon.group(*datasets))


def refused(amazon: Amazon, resource: str, **parameters: Any) -> tuple[str, str]:
    request = {"ExplainabilityConfig": ALL, **parameters}
    return refusal(
        amazon.forecast.create_explainability,
        ExplainabilityName="why",
        ResourceArn=resource,
        **request,
    )


def test_an_explainability_is_described_and_listed(amazon: Amazon, predictor: str) -> None:
    arn = amazon.forecast.create_explainability(
        ExplainabilityName="why", ResourceArn=predictor, ExplainabilityConfig=ALL
    )["ExplainabilityArn"]

    described = amazon.forecast.describe_explainability(ExplainabilityArn=arn)
    only = [{"Key": "ResourceArn", "Value": predictor, "Condition": "IS"}]
    (listed,) = amazon.forecast.list_explainabilities(Filters=only)["Explainabilities"]

    assert arn == "arn:aws:forecast:eu-west-1:000000000000:explainability/why"
    assert (described["Status"], described["EnableVisualization"]) == ("CREATE_PENDING", False)
    assert (listed["ExplainabilityArn"], listed["ExplainabilityConfig"]) == (arn, ALL)


@pytest.mark.parametrize(
    ("parameters", "part"),
    [
        ({"ExplainabilityConfig": POINTS}, "ResourceArn is that of a predictor"),
        ({"ExplainabilityConfig": SERIES}, "ResourceArn is that of a predictor"),
        ({"DataSource": source()}, "'DataSource' does not go with 'TimeSeriesGranularity' ALL"),
        (
            {"StartDateTime": "2024-01-01T00:00:00"},
            "'StartDateTime' does not go with 'TimePointGranularity' ALL",
        ),
    ],
)
def test_a_predictor_is_explained_as_a_whole(
    amazon: Amazon, predictor: str, parameters: dict[str, Any], part: str
) -> None:
    code, message = refused(amazon, predictor, **parameters)

    assert code == "InvalidInputException"
    assert part in message


@pytest.mark.parametrize(
    ("parameters", "part"),
    [
        ({"ExplainabilityConfig": SERIES}, "'DataSource' is missing"),
        ({"ExplainabilityConfig": POINTS}, "'StartDateTime' is missing"),
        (
            {
                "ExplainabilityConfig": SERIES,
                "DataSource": source(),
                "Schema": schema({"promo": "string"}),
            },
            "Attribute 'item_id' is missing",
        ),
        (
            {
                "ExplainabilityConfig": POINTS,
                "StartDateTime": "2024-01-02T00:00:00",
                "EndDateTime": "2024-01-01T00:00:00",
            },
            "is after EndDateTime",
        ),
    ],
)
def test_specific_series_and_points_are_named(
    amazon: Amazon, predictor: str, parameters: dict[str, Any], part: str
) -> None:
    code, message = refused(amazon, amazon.make_forecast(predictor), **parameters)

    assert code == "InvalidInputException"
    assert part in message


def test_a_predictor_without_attributes_cannot_be_explained(amazon: Amazon) -> None:
    group = amazon.trainable_group()
    plain = amazon.predictor(group)
    holidays = {"Name": "holiday", "Configuration": {"CountryCode": ["DE"]}}
    config = {"DatasetGroupArn": group, "AdditionalDatasets": [holidays]}

    code, message = refused(amazon, plain)
    amazon.predictor(group, "german", None, DataConfig=config, ExplainPredictor=True)
    with_training, _ = refusal(
        amazon.forecast.create_auto_predictor,
        **auto_request(group, "explained"),
        ExplainPredictor=True,
    )

    assert code == with_training == "InvalidInputException"
    assert "has nothing that could explain its forecasts" in message
    assert len(amazon.forecast.list_predictors()["Predictors"]) == 2


def test_a_legacy_predictor_cannot_be_explained(amazon: Amazon) -> None:
    answer = amazon.forecast.create_predictor(**legacy_request(amazon.trainable_group()))
    amazon.mark(answer["PredictorArn"], "ACTIVE")

    code, message = refused(amazon, answer["PredictorArn"])

    assert code == "InvalidInputException"
    assert "Only predictors of CreateAutoPredictor can be explained" in message
