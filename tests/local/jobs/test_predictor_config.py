"""The configuration of legacy and auto predictors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from forecast_service.engine.registry import NAMES
from forecast_service.local.catalog import Resource
from forecast_service.local.jobs.predictor_config import configuration_of, fill_values
from forecast_service.predictor_requests import ALGORITHM_ARNS
from forecast_service.settings import Settings

GROUP = "arn:aws:forecast:eu-west-1:000000000000:dataset-group/g"


def predictor(request: Mapping[str, Any], *, is_auto: bool) -> Resource:
    return Resource(
        sequence=1,
        arn="arn",
        type="predictor",
        name="p",
        parent_arn=GROUP,
        dataset_group_arn=GROUP,
        status="CREATE_PENDING",
        message=None,
        request=dict(request),
        details={"is_auto": is_auto},
        progress=None,
        progress_note=None,
        created_at=0.0,
        modified_at=0.0,
    )


def auto(**overrides: Any) -> Resource:
    request = {
        "ForecastHorizon": 28,
        "ForecastFrequency": "D",
        "ForecastTypes": ["0.9", "mean", "0.1"],
        "ForecastDimensions": ["location"],
        "DataConfig": {
            "DatasetGroupArn": GROUP,
            "AttributeConfigs": [
                {"AttributeName": "demand", "Transformations": {"middlefill": "nan"}}
            ],
            "AdditionalDatasets": [{"Name": "holiday", "Configuration": {"CountryCode": ["DE"]}}],
        },
        **overrides,
    }
    return predictor(request, is_auto=True)


def legacy() -> Resource:
    step = {
        "FeaturizationMethodName": "filling",
        "FeaturizationMethodParameters": {"futurefill": "zero"},
    }
    request = {
        "AlgorithmArn": "arn:aws:forecast:::algorithm/Seasonal_Naive",
        "ForecastHorizon": 7,
        "ForecastTypes": ["0.5"],
        "EvaluationParameters": {"NumberOfBacktestWindows": 3, "BackTestWindowOffset": 14},
        "InputDataConfig": {
            "DatasetGroupArn": GROUP,
            "SupplementaryFeatures": [{"Name": "holiday", "Value": "US"}],
        },
        "FeaturizationConfig": {
            "ForecastFrequency": "D",
            "Featurizations": [{"AttributeName": "promo", "FeaturizationPipeline": [step]}],
        },
    }
    return predictor(request, is_auto=False)


def test_an_auto_predictor_lets_the_engine_choose() -> None:
    config = configuration_of(auto())

    assert (config.algorithm, config.algorithm_arn, config.is_auto) == ("auto", None, True)
    assert (config.horizon, config.dimensions, config.country) == (28, ("location",), "DE")
    assert config.fillings == {"demand": {"middlefill": "nan"}}


def test_a_legacy_predictor_names_its_algorithm_and_its_windows() -> None:
    config = configuration_of(legacy())

    assert (config.algorithm, config.is_auto) == ("seasonal_naive", False)
    assert (config.windows, config.offset, config.country) == (3, 14, "US")
    assert config.fillings == {"promo": {"futurefill": "zero"}}


def test_the_settings_and_the_api_have_the_same_algorithms() -> None:
    annotation = Settings.model_fields["algorithm"].annotation

    assert set(get_args(annotation)) == {"auto", *ALGORITHM_ARNS}
    assert set(ALGORITHM_ARNS) <= set(NAMES)


def test_the_engine_gets_ascending_quantiles_and_the_settings(settings: Settings) -> None:
    fit = configuration_of(auto()).fit_config(settings)

    assert fit.quantiles == (0.1, 0.9)
    assert (fit.horizon, fit.season_length, fit.country, fit.processes) == (28, 7, "DE", 1)


def test_a_predictor_of_the_mean_alone_is_measured_on_the_usual_quantiles(
    settings: Settings,
) -> None:
    fit = configuration_of(auto(ForecastTypes=["mean"])).fit_config(settings)

    assert fit.quantiles == (0.1, 0.5, 0.9)


def test_fill_values_are_the_numbers_beside_the_method_value() -> None:
    methods = {"middlefill": "value", "middlefill_value": "2.5", "backfill": "zero"}

    assert fill_values(methods) == {"middle": 2.5}
