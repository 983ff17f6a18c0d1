"""Predictors: legacy and auto, new, retrained and upgraded; their accuracy."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from forecast_service.engine.classic import statsmodels_package
from forecast_service.local.resource_details import PredictorDetails

from ..amazon import Amazon, legacy_request, refusal


def test_the_arn_of_an_auto_predictor_ends_with_an_identifier(amazon: Amazon) -> None:
    arn = amazon.predictor(amazon.trainable_group(), "weekly")

    pattern = r"arn:aws:forecast:eu-west-1:000000000000:predictor/weekly_[0-9A-HJKMNP-TV-Z]{26}"
    assert re.fullmatch(pattern, arn)


def test_an_auto_predictor_is_described_as_requested(amazon: Amazon) -> None:
    group = amazon.trainable_group(location="string")
    data = {
        "DatasetGroupArn": group,
        "AttributeConfigs": [
            {"AttributeName": "demand", "Transformations": {"middlefill": "nan", "backfill": "nan"}}
        ],
        "AdditionalDatasets": [{"Name": "holiday", "Configuration": {"CountryCode": ["DE"]}}],
    }

    arn = amazon.predictor(
        group, status=None, DataConfig=data, ForecastDimensions=["location"], ExplainPredictor=False
    )

    described = amazon.forecast.describe_auto_predictor(PredictorArn=arn)
    assert described.pop("CreationTime") == described.pop("LastModificationTime")
    assert described == {
        "PredictorArn": arn,
        "PredictorName": "weekly",
        "ForecastHorizon": 7,
        "ForecastFrequency": "D",
        "ForecastTypes": ["0.1", "0.5", "0.9"],
        "ForecastDimensions": ["location"],
        "DataConfig": data,
        "Status": "CREATE_PENDING",
    }


def test_a_legacy_predictor_is_described_with_its_defaults(amazon: Amazon) -> None:
    request = legacy_request(amazon.trainable_group())

    arn = amazon.forecast.create_predictor(**request)["PredictorArn"]

    described = amazon.forecast.describe_predictor(PredictorArn=arn)
    filling = {
        "aggregation": "sum",
        "frontfill": "none",
        "middlefill": "zero",
        "backfill": "zero",
    }
    method = {"FeaturizationMethodName": "filling", "FeaturizationMethodParameters": filling}
    assert arn == "arn:aws:forecast:eu-west-1:000000000000:predictor/classic"
    assert described.pop("CreationTime") == described.pop("LastModificationTime")
    assert described == {
        "PredictorArn": arn,
        "PredictorName": "classic",
        "AlgorithmArn": "arn:aws:forecast:::algorithm/Prophet",
        "AutoMLAlgorithmArns": ["arn:aws:forecast:::algorithm/Prophet"],
        "ForecastHorizon": 7,
        "ForecastTypes": ["0.1", "0.5", "0.9"],
        "PerformAutoML": False,
        "PerformHPO": False,
        "TrainingParameters": {},
        "EvaluationParameters": {"NumberOfBacktestWindows": 1, "BackTestWindowOffset": 7},
        "InputDataConfig": request["InputDataConfig"],
        "FeaturizationConfig": {
            "ForecastFrequency": "D",
            "Featurizations": [{"AttributeName": "demand", "FeaturizationPipeline": [method]}],
        },
        "IsAutoPredictor": False,
        "Status": "CREATE_PENDING",
    }


def test_each_kind_of_predictor_has_its_own_description(amazon: Amazon) -> None:
    group = amazon.trainable_group()
    auto = amazon.predictor(group)
    legacy = amazon.forecast.create_predictor(**legacy_request(group))["PredictorArn"]

    assert refusal(amazon.forecast.describe_predictor, PredictorArn=auto) == (
        "InvalidInputException",
        f"The predictor '{auto}' was made by CreateAutoPredictor. Describe it with "
        "DescribeAutoPredictor.",
    )
    assert refusal(amazon.forecast.describe_auto_predictor, PredictorArn=legacy) == (
        "InvalidInputException",
        f"The predictor '{legacy}' was made by CreatePredictor. Describe it with "
        "DescribePredictor.",
    )


def test_both_kinds_are_listed_newest_first(amazon: Amazon) -> None:
    group = amazon.trainable_group()
    auto = amazon.predictor(group)
    legacy = amazon.forecast.create_predictor(**legacy_request(group))["PredictorArn"]

    listed = amazon.forecast.list_predictors()["Predictors"]

    assert [(p["PredictorArn"], p["IsAutoPredictor"]) for p in listed] == [
        (legacy, False),
        (auto, True),
    ]
    assert listed[0]["DatasetGroupArn"] == group


def test_a_retrained_predictor_inherits_its_configuration(amazon: Amazon) -> None:
    group = amazon.trainable_group()
    old = amazon.predictor(group, "old", ForecastTypes=["0.2", "mean"], OptimizationMetric="WAPE")

    answer = amazon.forecast.create_auto_predictor(PredictorName="new", ReferencePredictorArn=old)

    described = amazon.forecast.describe_auto_predictor(PredictorArn=answer["PredictorArn"])
    assert described["PredictorName"] == "new"
    assert described["ForecastTypes"] == ["0.2", "mean"]
    assert described["OptimizationMetric"] == "WAPE"
    assert described["DataConfig"] == {"DatasetGroupArn": group}
    assert described["ReferencePredictorSummary"] == {"Arn": old, "State": "Active"}


def test_a_deleted_reference_is_described_as_deleted(amazon: Amazon) -> None:
    old = amazon.predictor(amazon.trainable_group(), "old")
    amazon.forecast.create_auto_predictor(PredictorName="new", ReferencePredictorArn=old)

    amazon.forecast.delete_predictor(PredictorArn=old)

    (listed,) = amazon.forecast.list_predictors()["Predictors"]
    assert listed["ReferencePredictorSummary"] == {"Arn": old, "State": "Deleted"}


def test_a_legacy_predictor_can_be_upgraded(amazon: Amazon) -> None:
    group = amazon.trainable_group()
    request = legacy_request(group)
    request["InputDataConfig"]["SupplementaryFeatures"] = [{"Name": "holiday", "Value": "UK"}]
    old = amazon.forecast.create_predictor(**request)["PredictorArn"]
    amazon.mark(old, "ACTIVE")

    answer = amazon.forecast.create_auto_predictor(PredictorName="new", ReferencePredictorArn=old)

    described = amazon.forecast.describe_auto_predictor(PredictorArn=answer["PredictorArn"])
    assert described["ForecastHorizon"] == 7
    assert described["DataConfig"]["AdditionalDatasets"] == [
        {"Name": "holiday", "Configuration": {"CountryCode": ["UK"]}}
    ]
    assert described["DataConfig"]["AttributeConfigs"][0]["Transformations"]["middlefill"] == "zero"


def test_a_retraining_accepts_no_other_parameters(amazon: Amazon) -> None:
    old = amazon.predictor(amazon.trainable_group(), "old")

    error = refusal(
        amazon.forecast.create_auto_predictor,
        PredictorName="new",
        ReferencePredictorArn=old,
        ForecastHorizon=14,
    )

    assert error == (
        "InvalidInputException",
        "'ForecastHorizon' does not go with ReferencePredictorArn: a retrained predictor inherits "
        "its configuration. Leave it out, or leave ReferencePredictorArn out.",
    )


def test_a_reference_that_is_still_training_is_in_use(amazon: Amazon) -> None:
    old = amazon.predictor(amazon.trainable_group(), "old", status="CREATE_IN_PROGRESS")

    error = refusal(
        amazon.forecast.create_auto_predictor, PredictorName="new", ReferencePredictorArn=old
    )

    assert error == (
        "ResourceInUseException",
        f"The predictor '{old}' is CREATE_IN_PROGRESS, but CreateAutoPredictor needs it ACTIVE. "
        "Wait until it is, or use another one.",
    )


WINDOW = {"RMSE": 2, "WeightedQuantileLosses": [{"Quantile": 0.9, "LossValue": 0.25}]}
ACCURACY = {
    "PredictorEvaluationResults": [
        {
            "TestWindows": [
                {"EvaluationType": "SUMMARY", "Metrics": WINDOW},
                {
                    "EvaluationType": "COMPUTED",
                    "TestWindowStart": "2015-07-25T00:00:00",
                    "TestWindowEnd": "2015-08-01T00:00:00",
                    "ItemCount": 3,
                    "Metrics": WINDOW,
                },
            ]
        }
    ]
}


def test_accuracy_is_that_of_the_backtests(amazon: Amazon) -> None:
    arn = amazon.predictor(amazon.trainable_group(), status=None)
    amazon.mark(arn, "ACTIVE", details=PredictorDetails(is_auto=True, accuracy=ACCURACY))

    answer = amazon.forecast.get_accuracy_metrics(PredictorArn=arn)

    summary, computed = answer["PredictorEvaluationResults"][0]["TestWindows"]
    assert answer["IsAutoPredictor"] is True
    assert summary == {"EvaluationType": "SUMMARY", "Metrics": WINDOW}
    assert computed["TestWindowEnd"] == datetime(2015, 8, 1, tzinfo=UTC)
    assert computed["ItemCount"] == 3


def test_there_is_no_accuracy_before_training_ends(amazon: Amazon) -> None:
    arn = amazon.predictor(amazon.trainable_group(), status="CREATE_IN_PROGRESS")

    assert refusal(amazon.forecast.get_accuracy_metrics, PredictorArn=arn) == (
        "ResourceInUseException",
        f"The predictor '{arn}' is CREATE_IN_PROGRESS, but GetAccuracyMetrics needs it ACTIVE. "
        "Wait until it is, or use another one.",
    )


def test_training_parameters_of_npts_are_echoed_with_their_defaults(amazon: Amazon) -> None:
    request = {
        **legacy_request(amazon.trainable_group()),
        "AlgorithmArn": "arn:aws:forecast:::algorithm/NPTS",
        "TrainingParameters": {"context_length": "90", "use_seasonal_model": "False"},
    }

    arn = amazon.forecast.create_predictor(**request)["PredictorArn"]

    assert amazon.forecast.describe_predictor(PredictorArn=arn)["TrainingParameters"] == {
        "context_length": "90",
        "kernel_type": "exponential",
        "exp_kernel_weights": "0.01",
        "use_seasonal_model": "False",
        "use_default_time_features": "True",
    }


def test_an_algorithm_without_its_library_is_refused(
    amazon: Amazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statsmodels_package, "find_spec", lambda library: None)
    request = {
        **legacy_request(amazon.trainable_group()),
        "AlgorithmArn": "arn:aws:forecast:::algorithm/ETS",
    }

    assert refusal(amazon.forecast.create_predictor, **request) == (
        "InvalidInputException",
        "'ets' needs the library statsmodels, which is not installed. Install this "
        "package with its extra 'classic', or use another algorithm.",
    )
