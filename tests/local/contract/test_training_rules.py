"""Requests of predictors that are refused."""

from __future__ import annotations

from typing import Any

import pytest

from ..amazon import Amazon, auto_request, legacy_request, refusal


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
        {"ForecastFrequency": "W-FRI"},
        "'ForecastFrequency': 'W-FRI' is not a frequency. Use 'W', and give the day on which weeks "
        "begin as TimeAlignmentBoundary of an auto predictor.",
    ),
    (
        {"ForecastDimensions": ["colour"]},
        "Forecast dimension 'colour' is not a dimension of the TARGET_TIME_SERIES dataset. Allowed "
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
        "'futurefill' is not a filling parameter of 'demand'. Allowed are: aggregation, frontfill, "
        "middlefill, backfill.",
    ),
    (
        {"DataConfig": config({"backfill": "value"})},
        "'backfill' of 'demand' is 'value', so 'backfill_value' must be given.",
    ),
    (
        {"DataConfig": config({"backfill": "zero", "backfill_value": "2"})},
        "'backfill_value' of 'demand' is allowed only with 'backfill': 'value'. Leave it out.",
    ),
    (
        {"DataConfig": config({"backfill": "value", "backfill_value": "two"})},
        "'backfill_value' of 'demand' is 'two', which is not a number.",
    ),
    (
        {"DataConfig": {"AdditionalDatasets": [{"Name": "weather"}]}},
        "'weather' is not available in this local Amazon Forecast, which has no weather data. "
        "Leave "
        "it out, or import weather as related time series.",
    ),
    (
        {"DataConfig": {"AdditionalDatasets": [{"Name": "moon"}]}},
        "'moon' is not an additional dataset. Allowed are: holiday, weather.",
    ),
    (
        {"TimeAlignmentBoundary": {"DayOfMonth": 4}},
        "'TimeAlignmentBoundary' {'DayOfMonth': 4} does not fit ForecastFrequency 'D'. It must be "
        "{'Hour': 0 to 23}, or be left out. Without it, periods begin on the first of January or "
        "of a month, on Mondays, at midnight, or with the hour or minute.",
    ),
]


@pytest.mark.parametrize(("parameters", "sentence"), REFUSED_AUTO)
def test_an_auto_predictor_with_wrong_parameters_is_refused(
    amazon: Amazon, parameters: dict[str, Any], sentence: str
) -> None:
    group = amazon.trainable_group(location="string")
    request = {**auto_request(group), **parameters}
    request["DataConfig"] = {"DatasetGroupArn": group, **parameters.get("DataConfig", {})}

    error = refusal(amazon.forecast.create_auto_predictor, **request)

    assert error == ("InvalidInputException", sentence)
    assert amazon.forecast.list_predictors() == {"Predictors": []}


@pytest.mark.parametrize("countries", [["XX"], ["DE", "FR"], None])
def test_holidays_are_those_of_one_known_country(
    amazon: Amazon, countries: list[str] | None
) -> None:
    group = amazon.trainable_group()
    configuration = {} if countries is None else {"CountryCode": countries}
    holiday = {"Name": "holiday", "Configuration": configuration}
    data = {"DatasetGroupArn": group, "AdditionalDatasets": [holiday]}

    code, sentence = refusal(
        amazon.forecast.create_auto_predictor, **{**auto_request(group), "DataConfig": data}
    )

    assert code == "InvalidInputException"
    assert sentence.startswith("'holiday' has country ")
    assert "UA, UK, US" in sentence


@pytest.mark.parametrize("country", ["UK", "GB"])
def test_great_britain_has_two_codes(amazon: Amazon, country: str) -> None:
    group = amazon.trainable_group()
    holiday = {"Name": "holiday", "Configuration": {"CountryCode": [country]}}

    predictor = amazon.predictor(
        group, DataConfig={"DatasetGroupArn": group, "AdditionalDatasets": [holiday]}
    )

    described = amazon.forecast.describe_auto_predictor(PredictorArn=predictor)
    assert described["DataConfig"]["AdditionalDatasets"] == [holiday]


def test_a_new_predictor_needs_all_of_its_configuration(amazon: Amazon) -> None:
    error = refusal(amazon.forecast.create_auto_predictor, PredictorName="weekly")

    assert error == (
        "InvalidInputException",
        "'ForecastHorizon' is missing. A new predictor needs ForecastHorizon, ForecastFrequency, "
        "DataConfig; to retrain one, give its ARN as ReferencePredictorArn and nothing else.",
    )


ALGORITHM = "arn:aws:forecast:::algorithm/"
OPTIONS = ", ".join(
    ALGORITHM + name
    for name in ("ARIMA", "ETS", "NPTS", "Prophet", "Pooled", "Seasonal_Naive", "TSB")
)
REFUSED_LEGACY: list[tuple[dict[str, Any], str]] = [
    (
        {"AlgorithmArn": f"{ALGORITHM}XGBoost"},
        f"Invalid Algorithm ARN specified: {ALGORITHM}XGBoost. Options: {OPTIONS}",
    ),
    (
        {"AlgorithmArn": f"{ALGORITHM}Deep_AR_Plus"},
        f"'{ALGORITHM}Deep_AR_Plus' is a deep network, which this local Amazon Forecast does not "
        "train. Use CreateAutoPredictor, which weighs several algorithms for each series, or one "
        f"of: {OPTIONS}. With FORECAST_CLOSED_ALGORITHMS=substitute, our best model is trained "
        "under this name.",
    ),
    (
        {"AlgorithmArn": f"{ALGORITHM}CNN-QR"},
        f"'{ALGORITHM}CNN-QR' is a deep network, which this local Amazon Forecast does not "
        "train. Use CreateAutoPredictor, which weighs several algorithms for each series, or one "
        f"of: {OPTIONS}. With FORECAST_CLOSED_ALGORITHMS=substitute, our best model is trained "
        "under this name.",
    ),
    (
        {"AlgorithmArn": f"{ALGORITHM}NPTS", "TrainingParameters": {"epochs": "500"}},
        "'epochs' is not a training parameter of NPTS. Allowed are: context_length, kernel_type, "
        "exp_kernel_weights, use_seasonal_model, use_default_time_features.",
    ),
    (
        {"AlgorithmArn": f"{ALGORITHM}NPTS", "TrainingParameters": {"kernel_type": "normal"}},
        "'kernel_type' is 'normal'; it must be 'exponential' or 'uniform'. Leave it out for its "
        "default.",
    ),
    (
        {"AlgorithmArn": None},
        "'AlgorithmArn' is missing. Name one, set 'PerformAutoML': true, or use "
        "CreateAutoPredictor.",
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
        {"PerformHPO": True},
        "'PerformHPO' is true, but Prophet has no hyperparameters to tune. Leave it out.",
    ),
    (
        {"HPOConfig": {"ParameterRanges": {}}},
        "'HPOConfig' is allowed only with 'PerformHPO': true. Leave it out.",
    ),
    (
        {"TrainingParameters": {"epochs": "500"}},
        "'epochs' is not a training parameter of Prophet. Allowed are growth, seasonality_mode, "
        "cap, floor, changepoint_prior_scale, seasonality_prior_scale, holidays_prior_scale, "
        "n_changepoints, changepoint_range.",
    ),
    (
        {"TrainingParameters": {"growth": "cubic"}},
        "'growth' is 'cubic'; it must be one of linear, flat, logistic.",
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
def test_a_legacy_predictor_with_wrong_parameters_is_refused(
    amazon: Amazon, parameters: dict[str, Any], sentence: str
) -> None:
    request = {**legacy_request(amazon.trainable_group()), **parameters}
    parameters = {name: value for name, value in request.items() if value is not None}

    error = refusal(amazon.forecast.create_predictor, **parameters)

    assert error == ("InvalidInputException", sentence)
