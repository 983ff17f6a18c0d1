"""Predictors: legacy and auto, new, retrained and upgraded; what is refused; accuracy."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from .amazon import Amazon, auto_request, legacy_request, refused

RELATED = "RELATED_TIME_SERIES"
NOT_YET = "is not available in this local Amazon Forecast yet. Leave it out."


def test_an_auto_predictor_carries_an_identifier_behind_its_name(amazon: Amazon) -> None:
    arn = amazon.predictor(amazon.trainable_group(), "weekly")

    pattern = r"arn:aws:forecast:eu-west-1:000000000000:predictor/weekly_[0-9A-HJKMNP-TV-Z]{26}"
    assert re.fullmatch(pattern, arn)


def test_an_auto_predictor_is_described_as_it_was_asked_for(amazon: Amazon) -> None:
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

    assert refused(amazon.forecast.describe_predictor, PredictorArn=auto) == (
        "InvalidInputException",
        f"The predictor '{auto}' was made by CreateAutoPredictor. Describe it with "
        "DescribeAutoPredictor.",
    )
    assert refused(amazon.forecast.describe_auto_predictor, PredictorArn=legacy) == (
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


def test_a_deleted_reference_is_said_to_be_deleted(amazon: Amazon) -> None:
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


def test_a_retraining_changes_nothing_else(amazon: Amazon) -> None:
    old = amazon.predictor(amazon.trainable_group(), "old")

    error = refused(
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

    error = refused(
        amazon.forecast.create_auto_predictor, PredictorName="new", ReferencePredictorArn=old
    )

    assert error == (
        "ResourceInUseException",
        f"The predictor '{old}' is CREATE_IN_PROGRESS, and CreateAutoPredictor needs it ACTIVE. "
        "Wait "
        "until it is, or use another one.",
    )


def config(methods: dict[str, str], attribute: str = "demand") -> dict[str, Any]:
    return {"AttributeConfigs": [{"AttributeName": attribute, "Transformations": methods}]}


REFUSED_AUTO: list[tuple[dict[str, Any], str]] = [
    ({"ForecastHorizon": 0}, "ForecastHorizon is 0; it must be between 1 and 500 periods."),
    ({"ForecastHorizon": 501}, "ForecastHorizon is 501; it must be between 1 and 500 periods."),
    (
        {"ForecastTypes": ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6"]},
        "ForecastTypes has 6 entries; at most 5 are allowed.",
    ),
    (
        {"ForecastTypes": ["0.5", ".50"]},
        "Forecast type '0.5' is given twice. Give each one once.",
    ),
    (
        {"ForecastTypes": ["0.00"]},
        "Forecast type '0.00' must be between 0.01 and 0.99, or 'mean'.",
    ),
    (
        {"ForecastFrequency": "H"},
        "ForecastFrequency 'H' is finer than 'D', the frequency of the TARGET_TIME_SERIES dataset. "
        "Use 'D' or a coarser one.",
    ),
    (
        {"ForecastFrequency": "W"},
        "'ForecastFrequency': Frequency 'W' is understood, but models are trained on daily data "
        "only. Use frequency 'D'.",
    ),
    (
        {"ForecastDimensions": ["colour"]},
        "Forecast dimension 'colour' is no dimension of the TARGET_TIME_SERIES dataset. Allowed "
        "are: "
        "location.",
    ),
    (
        {"ForecastDimensions": ["location", "location"]},
        "Forecast dimension 'location' is given twice. Give each one once.",
    ),
    (
        {"DataConfig": config({"middlefill": "zero"}, "price")},
        "'price' cannot be filled: it is neither the target nor a numeric field of the "
        "RELATED_TIME_SERIES dataset. Allowed are: demand.",
    ),
    (
        {"DataConfig": config({"middlefill": "most"})},
        "'middlefill' of 'demand' is 'most'. Allowed are: nan, zero, value, median, mean, min, "
        "max.",
    ),
    (
        {"DataConfig": config({"futurefill": "zero"})},
        "'futurefill' is no filling parameter of 'demand'. Allowed are: aggregation, frontfill, "
        "middlefill, backfill.",
    ),
    (
        {"DataConfig": config({"backfill": "value"})},
        "'backfill' of 'demand' is 'value', so 'backfill_value' must be given.",
    ),
    (
        {"DataConfig": config({"backfill": "zero", "backfill_value": "2"})},
        "'backfill_value' of 'demand' goes with 'backfill': 'value' only. Leave it out.",
    ),
    (
        {"DataConfig": config({"backfill": "value", "backfill_value": "two"})},
        "'backfill_value' of 'demand' is 'two', which is no number.",
    ),
    (
        {"DataConfig": {"AdditionalDatasets": [{"Name": "weather"}]}},
        "'weather' is not available in this local Amazon Forecast, which has no weather data. "
        "Leave "
        "it out, or import weather as related time series.",
    ),
    (
        {"DataConfig": {"AdditionalDatasets": [{"Name": "moon"}]}},
        "'moon' is no additional dataset. Allowed are: holiday, weather.",
    ),
    ({"ExplainPredictor": True}, f"'ExplainPredictor': true {NOT_YET}"),
    ({"MonitorConfig": {"MonitorName": "watch"}}, f"'MonitorConfig' {NOT_YET}"),
    (
        {"TimeAlignmentBoundary": {"Hour": 4}},
        "'TimeAlignmentBoundary' can only be {'Hour': 0} in this local Amazon Forecast yet: days "
        "start at hour 0. Leave it out.",
    ),
]


@pytest.mark.parametrize(("parameters", "sentence"), REFUSED_AUTO)
def test_an_auto_predictor_that_cannot_be_meant_is_refused(
    amazon: Amazon, parameters: dict[str, Any], sentence: str
) -> None:
    group = amazon.trainable_group(location="string")
    request = {**auto_request(group), **parameters}
    request["DataConfig"] = {"DatasetGroupArn": group, **parameters.get("DataConfig", {})}

    error = refused(amazon.forecast.create_auto_predictor, **request)

    assert error == ("InvalidInputException", sentence)
    assert amazon.forecast.list_predictors() == {"Predictors": []}


@pytest.mark.parametrize("countries", [["GB"], ["DE", "FR"], None])
def test_holidays_are_those_of_one_known_country(
    amazon: Amazon, countries: list[str] | None
) -> None:
    group = amazon.trainable_group()
    configuration = {} if countries is None else {"CountryCode": countries}
    holiday = {"Name": "holiday", "Configuration": configuration}
    data = {"DatasetGroupArn": group, "AdditionalDatasets": [holiday]}

    code, sentence = refused(
        amazon.forecast.create_auto_predictor, **{**auto_request(group), "DataConfig": data}
    )

    assert code == "InvalidInputException"
    assert sentence.startswith("'holiday' has country ")
    assert "UA, UK, US" in sentence


def test_a_new_predictor_needs_all_of_its_configuration(amazon: Amazon) -> None:
    error = refused(amazon.forecast.create_auto_predictor, PredictorName="weekly")

    assert error == (
        "InvalidInputException",
        "'ForecastHorizon' is missing. A new predictor needs ForecastHorizon, ForecastFrequency, "
        "DataConfig; to retrain one, give its ARN as ReferencePredictorArn and nothing else.",
    )


ALGORITHM = "arn:aws:forecast:::algorithm/"
REFUSED_LEGACY: list[tuple[dict[str, Any], str]] = [
    (
        {"AlgorithmArn": f"{ALGORITHM}NPTS"},
        f"Invalid Algorithm ARN specified: {ALGORITHM}NPTS. Options: {ALGORITHM}Prophet, "
        f"{ALGORITHM}Seasonal_Naive",
    ),
    (
        {"AlgorithmArn": None},
        "'AlgorithmArn' is missing. Name one, or use CreateAutoPredictor.",
    ),
    (
        {"PerformAutoML": True},
        "'AlgorithmArn' does not go with 'PerformAutoML': true. Leave one out.",
    ),
    (
        {"PerformAutoML": True, "AlgorithmArn": None, "PerformHPO": True},
        "'PerformHPO' does not go with 'PerformAutoML': true. Leave one out.",
    ),
    (
        {"PerformAutoML": True, "AlgorithmArn": None},
        "'PerformAutoML': true is not available in this local Amazon Forecast yet. Use "
        "CreateAutoPredictor, which chooses per series, or name an AlgorithmArn.",
    ),
    (
        {"PerformHPO": True},
        "'PerformHPO' is true, and Prophet has no hyperparameters to tune. Leave it out.",
    ),
    (
        {"HPOConfig": {"ParameterRanges": {}}},
        "'HPOConfig' goes with 'PerformHPO': true only. Leave it out.",
    ),
    (
        {"TrainingParameters": {"epochs": "500"}},
        "'epochs' is no training parameter of Prophet, which has none. Leave 'TrainingParameters' "
        "out.",
    ),
    (
        {"EvaluationParameters": {"NumberOfBacktestWindows": 6}},
        "NumberOfBacktestWindows is 6; it must be between 1 and 5.",
    ),
    (
        {"EvaluationParameters": {"BackTestWindowOffset": 6}},
        "BackTestWindowOffset is 6; it must be at least the ForecastHorizon, 7.",
    ),
]


@pytest.mark.parametrize(("parameters", "sentence"), REFUSED_LEGACY)
def test_a_legacy_predictor_that_cannot_be_meant_is_refused(
    amazon: Amazon, parameters: dict[str, Any], sentence: str
) -> None:
    request = {**legacy_request(amazon.trainable_group()), **parameters}
    given = {name: value for name, value in request.items() if value is not None}

    error = refused(amazon.forecast.create_predictor, **given)

    assert error == ("InvalidInputException", sentence)


def test_a_group_without_data_cannot_be_trained(amazon: Amazon) -> None:
    group = amazon.group(amazon.dataset("empty"))

    error = refused(amazon.forecast.create_auto_predictor, **auto_request(group))

    dataset = "arn:aws:forecast:eu-west-1:000000000000:dataset/empty"
    assert error == (
        "InvalidInputException",
        f"The dataset '{dataset}' has no data. Import some with CreateDatasetImportJob, or take it "
        "out of the dataset group.",
    )


def test_a_group_whose_first_import_runs_is_in_use(amazon: Amazon) -> None:
    dataset = amazon.dataset()
    amazon.import_job(dataset, status="CREATE_IN_PROGRESS")

    error = refused(amazon.forecast.create_auto_predictor, **auto_request(amazon.group(dataset)))

    assert error == (
        "ResourceInUseException",
        f"The dataset '{dataset}' is being imported for the first time. Wait until its import job "
        "is "
        "ACTIVE.",
    )


def test_a_group_without_a_target_cannot_be_trained(amazon: Amazon) -> None:
    group = amazon.group()

    error = refused(amazon.forecast.create_auto_predictor, **auto_request(group))

    assert error == (
        "InvalidInputException",
        f"The dataset group '{group}' has no TARGET_TIME_SERIES dataset. Add one with "
        "UpdateDatasetGroup.",
    )


def related_group(amazon: Amazon, frequency: str = "D", **fields: str) -> str:
    """A group with both time series; the related one has this frequency and more fields."""
    sales, promotions = amazon.dataset(location="string"), amazon.dataset("p", RELATED, **fields)
    for dataset in (sales, promotions):
        amazon.import_job(dataset)
    if frequency != "D":
        described = amazon.forecast.describe_dataset(DatasetArn=promotions)
        request = {name: described[name] for name in ("Domain", "DatasetType", "Schema")}
        amazon.mark(promotions, "ACTIVE", request={**request, "DataFrequency": frequency})
    return amazon.group(sales, promotions)


def test_text_in_a_related_time_series_must_be_a_dimension(amazon: Amazon) -> None:
    group = related_group(amazon, weather="string")

    error = refused(amazon.forecast.create_auto_predictor, **auto_request(group))

    assert error == (
        "InvalidInputException",
        "The attribute(s) [weather] present in the RELATED_TIME_SERIES schema should be of numeric "
        "type such as `integer` or `float`, or be added as a forecast dimension",
    )


def test_a_related_time_series_is_never_aggregated(amazon: Amazon) -> None:
    group = related_group(amazon, "H")

    error = refused(amazon.forecast.create_auto_predictor, **auto_request(group))

    assert error == (
        "InvalidInputException",
        "ForecastFrequency 'D' differs from 'H', the frequency of the RELATED_TIME_SERIES dataset, "
        "which is never aggregated. Use 'H', or take that dataset out of the dataset group.",
    )


def test_features_of_a_related_time_series_can_be_filled(amazon: Amazon) -> None:
    group = related_group(amazon, location="string")
    data = {"DatasetGroupArn": group, **config({"futurefill": "mean"}, "promo")}

    arn = amazon.predictor(group, DataConfig=data, ForecastDimensions=["location"])

    assert amazon.forecast.describe_auto_predictor(PredictorArn=arn)["DataConfig"] == data


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
    amazon.mark(arn, "ACTIVE", details={"is_auto": True, "accuracy": ACCURACY})

    answer = amazon.forecast.get_accuracy_metrics(PredictorArn=arn)

    summary, computed = answer["PredictorEvaluationResults"][0]["TestWindows"]
    assert answer["IsAutoPredictor"] is True
    assert summary == {"EvaluationType": "SUMMARY", "Metrics": WINDOW}
    assert computed["TestWindowEnd"] == datetime(2015, 8, 1, tzinfo=UTC)
    assert computed["ItemCount"] == 3


def test_there_is_no_accuracy_before_training_ends(amazon: Amazon) -> None:
    arn = amazon.predictor(amazon.trainable_group(), status="CREATE_IN_PROGRESS")

    assert refused(amazon.forecast.get_accuracy_metrics, PredictorArn=arn) == (
        "ResourceInUseException",
        f"The predictor '{arn}' is CREATE_IN_PROGRESS, and GetAccuracyMetrics needs it ACTIVE. "
        "Wait "
        "until it is, or use another one.",
    )
