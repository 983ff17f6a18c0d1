"""What-if analyses and forecasts: members, refusals and deletion, without a model."""

from __future__ import annotations

from typing import Any

import pytest

from ..amazon import Amazon, legacy_request, refusal, schema, source

PREFIX = "arn:aws:forecast:eu-west-1:000000000000:"
RAISE = {"AttributeName": "promo", "Operation": "ADD", "Value": 1.0}


@pytest.fixture
def forecast(amazon: Amazon) -> str:
    """A forecast of a group with related series and item metadata."""
    datasets = [
        amazon.dataset(),
        amazon.dataset("plans", "RELATED_TIME_SERIES"),
        amazon.dataset("stores", "ITEM_METADATA"),
    ]
    for dataset in datasets:
        amazon.import_job(dataset)
    return amazon.make_forecast(amazon.predictor(amazon.group(*datasets)))


@pytest.fixture
def analysis(amazon: Amazon, forecast: str) -> str:
    answer = amazon.forecast.create_what_if_analysis(
        WhatIfAnalysisName="spring", ForecastArn=forecast
    )
    arn = str(answer["WhatIfAnalysisArn"])
    amazon.mark(arn, "ACTIVE")
    return arn


def what_if(amazon: Amazon, analysis: str, name: str = "more", **parameters: Any) -> str:
    answer = amazon.forecast.create_what_if_forecast(
        WhatIfForecastName=name, WhatIfAnalysisArn=analysis, **parameters
    )
    return str(answer["WhatIfForecastArn"])


def test_an_analysis_is_described_and_listed(amazon: Amazon, forecast: str, analysis: str) -> None:
    described = amazon.forecast.describe_what_if_analysis(WhatIfAnalysisArn=analysis)
    (listed,) = amazon.forecast.list_what_if_analyses()["WhatIfAnalyses"]

    assert analysis == f"{PREFIX}what-if-analysis/spring"
    assert (described["ForecastArn"], described["Status"]) == (forecast, "ACTIVE")
    assert listed == {name: value for name, value in described.items() if name in listed}


def test_a_what_if_forecast_echoes_its_assumption(amazon: Amazon, analysis: str) -> None:
    transformations = [
        {
            "Action": RAISE,
            "TimeSeriesConditions": [
                {"AttributeName": "region", "AttributeValue": "x", "Condition": "EQUALS"}
            ],
        }
    ]

    arn = what_if(amazon, analysis, TimeSeriesTransformations=transformations)

    described = amazon.forecast.describe_what_if_forecast(WhatIfForecastArn=arn)
    assert arn == f"{PREFIX}what-if-forecast/spring/more"
    assert described["TimeSeriesTransformations"] == transformations
    assert described["ForecastTypes"] == ["0.1", "0.5", "0.9"]
    assert (described["Status"], described["WhatIfAnalysisArn"]) == ("CREATE_PENDING", analysis)
    (listed,) = amazon.forecast.list_what_if_forecasts()["WhatIfForecasts"]
    assert listed["WhatIfForecastArn"] == arn


def test_names_are_unique_inside_the_analysis(amazon: Amazon, analysis: str) -> None:
    arn = what_if(amazon, analysis)

    code, message = refusal(
        amazon.forecast.create_what_if_forecast,
        WhatIfForecastName="more",
        WhatIfAnalysisArn=analysis,
    )

    assert code == "ResourceAlreadyExistsException"
    assert message == f"A what-if forecast already exists with the arn: {arn}"


def test_an_analysis_needs_an_auto_predictor(amazon: Amazon) -> None:
    answer = amazon.forecast.create_predictor(**legacy_request(amazon.trainable_group()))
    amazon.mark(answer["PredictorArn"], "ACTIVE")
    forecast = amazon.make_forecast(answer["PredictorArn"])

    code, message = refusal(
        amazon.forecast.create_what_if_analysis, WhatIfAnalysisName="a", ForecastArn=forecast
    )

    assert code == "InvalidInputException"
    assert "needs one of CreateAutoPredictor" in message


def condition(name: str, value: str = "x") -> dict[str, str]:
    return {"AttributeName": name, "AttributeValue": value, "Condition": "EQUALS"}


REPLACED = {
    "S3Config": source()["S3Config"],
    "Schema": schema({"item_id": "string", "timestamp": "timestamp", "promo": "float"}),
}


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        (
            {"TimeSeriesTransformations": [{"Action": {**RAISE, "AttributeName": "price"}}]},
            "'price' is not a feature of the RELATED_TIME_SERIES dataset. Allowed are: promo.",
        ),
        (
            {"TimeSeriesTransformations": [{}]},
            "A transformation has no Action. Give one, such as {'AttributeName': 'price', "
            "'Operation': 'MULTIPLY', 'Value': 0.9}.",
        ),
        (
            {
                "TimeSeriesTransformations": [
                    {"Action": {**RAISE, "Operation": "DIVIDE", "Value": 0.0}}
                ]
            },
            "'promo' cannot be divided by 0. Use another Value.",
        ),
        (
            {
                "TimeSeriesTransformations": [
                    {"Action": RAISE, "TimeSeriesConditions": [condition("promo")]}
                ]
            },
            "A condition cannot be about 'promo'. Allowed are: item_id, region, timestamp.",
        ),
        (
            {
                "TimeSeriesTransformations": [
                    {"Action": RAISE, "TimeSeriesConditions": [condition("timestamp", "May")]}
                ]
            },
            "The condition on timestamp has the value 'May', which is not a time. Write it as "
            "yyyy-MM-dd HH:mm:ss.",
        ),
        (
            {
                "TimeSeriesTransformations": [{"Action": RAISE}],
                "TimeSeriesReplacementsDataSource": REPLACED,
            },
            "'TimeSeriesTransformations' and 'TimeSeriesReplacementsDataSource' exclude each "
            "other. Give one of them.",
        ),
        (
            {
                "TimeSeriesReplacementsDataSource": {
                    **REPLACED,
                    "Schema": schema({"item_id": "string", "timestamp": "timestamp"}),
                }
            },
            "The schema of TimeSeriesReplacementsDataSource replaces nothing. Add a feature of the "
            "RELATED_TIME_SERIES dataset: promo.",
        ),
    ],
)
def test_an_assumption_must_fit_the_data(
    amazon: Amazon, analysis: str, parameters: dict[str, Any], sentence: str
) -> None:
    error = refusal(
        amazon.forecast.create_what_if_forecast,
        WhatIfForecastName="w",
        WhatIfAnalysisArn=analysis,
        **parameters,
    )

    assert error == ("InvalidInputException", sentence)


def test_an_analysis_goes_with_its_tree_only(amazon: Amazon, forecast: str, analysis: str) -> None:
    arn = what_if(amazon, analysis)
    amazon.mark(arn, "ACTIVE")

    code, message = refusal(amazon.forecast.delete_what_if_analysis, WhatIfAnalysisArn=analysis)
    above, _ = refusal(amazon.forecast.delete_forecast, ForecastArn=forecast)
    amazon.forecast.delete_resource_tree(ResourceArn=analysis)

    assert code == above == "ResourceInUseException"
    assert f"has 1 resource below it, such as '{arn}'" in message
    assert amazon.forecast.list_what_if_forecasts() == {"WhatIfForecasts": []}
    assert amazon.forecast.delete_forecast(ForecastArn=forecast) == {}


def test_a_waiting_what_if_forecast_can_be_stopped(amazon: Amazon, analysis: str) -> None:
    arn = what_if(amazon, analysis)

    amazon.forecast.stop_resource(ResourceArn=arn)

    described = amazon.forecast.describe_what_if_forecast(WhatIfForecastArn=arn)
    assert described["Status"] == "CREATE_STOPPED"


def export(amazon: Amazon, *arns: str) -> str:
    answer = amazon.forecast.create_what_if_forecast_export(
        WhatIfForecastExportName="out",
        WhatIfForecastArns=list(arns),
        Destination=source("s3://bucket/out"),
    )
    return str(answer["WhatIfForecastExportArn"])


def test_a_what_if_forecast_that_is_being_exported_stays(amazon: Amazon, analysis: str) -> None:
    arn = what_if(amazon, analysis)
    amazon.mark(arn, "ACTIVE")
    exporting = export(amazon, arn)

    code, message = refusal(amazon.forecast.delete_what_if_forecast, WhatIfForecastArn=arn)
    (listed,) = amazon.forecast.list_what_if_forecast_exports()["WhatIfForecastExports"]
    amazon.mark(exporting, "ACTIVE")

    assert exporting == f"{PREFIX}what-if-forecast-export/out"
    assert listed["WhatIfForecastArns"] == [arn]
    assert code == "ResourceInUseException"
    assert f"is being exported by '{exporting}'" in message
    assert amazon.forecast.delete_what_if_forecast(WhatIfForecastArn=arn) == {}


def test_an_export_has_at_most_three_what_if_forecasts(amazon: Amazon, analysis: str) -> None:
    arns = [what_if(amazon, analysis, f"w{number}") for number in range(4)]
    for arn in arns:
        amazon.mark(arn, "ACTIVE")

    code, _ = refusal(
        amazon.forecast.create_what_if_forecast_export,
        WhatIfForecastExportName="out",
        WhatIfForecastArns=arns,
        Destination=source("s3://bucket/out"),
    )

    assert code == "LimitExceededException"
