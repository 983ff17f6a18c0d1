"""CreatePredictor: one algorithm for every series of a dataset group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecast_service.local.arns import arn_of
from forecast_service.local.calls import Call, Params
from forecast_service.local.errors import InvalidInput
from forecast_service.local.kinds import PREDICTOR
from forecast_service.local.operations.algorithms import require_algorithm, training_parameters
from forecast_service.local.operations.closed_algorithms import closed_parameters, is_closed
from forecast_service.local.operations.filling_rules import TARGET_DEFAULTS
from forecast_service.local.operations.predictor_rules import PredictorRequest, check_request
from forecast_service.local.operations.predictors import DEFAULT_TYPES, insert_predictor

__all__ = ["as_auto_request", "create_predictor", "fillings"]

MAX_WINDOWS = 5

Fillings = list[tuple[str, Mapping[str, str]]]


def create_predictor(call: Call, params: Params) -> dict[str, Any]:
    """CreatePredictor: one algorithm for all series."""
    _check_algorithm(call, params)
    request = _add_defaults(params)
    basis = check_request(call, _predictor_request(request))
    _check_evaluation(request)
    request["FeaturizationConfig"] = _add_target_filling(
        request["FeaturizationConfig"], basis.target
    )
    arn = arn_of(call.settings, PREDICTOR.word, params["PredictorName"])
    return insert_predictor(call, request, basis, arn=arn, is_auto=False)


def fillings(config: Mapping[str, Any]) -> Fillings:
    """Attribute and filling parameters of each entry of a FeaturizationConfig."""
    return [
        (entry["AttributeName"], method.get("FeaturizationMethodParameters", {}))
        for entry in config.get("Featurizations", ())
        for method in entry.get("FeaturizationPipeline", [{}])
    ]


def as_auto_request(request: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of CreateAutoPredictor that upgrade this legacy predictor."""
    config, data = request["FeaturizationConfig"], request["InputDataConfig"]
    data_config = {
        "DatasetGroupArn": data["DatasetGroupArn"],
        "AttributeConfigs": [
            {"AttributeName": name, "Transformations": dict(methods)}
            for name, methods in fillings(config)
        ],
        "AdditionalDatasets": [
            {"Name": name, "Configuration": {"CountryCode": list(countries)}}
            for name, countries in _additional(data)
        ],
    }
    auto = {
        "ForecastHorizon": request["ForecastHorizon"],
        "ForecastTypes": request["ForecastTypes"],
        "ForecastFrequency": config["ForecastFrequency"],
        "ForecastDimensions": config.get("ForecastDimensions"),
        "OptimizationMetric": request.get("OptimizationMetric"),
        "EncryptionConfig": request.get("EncryptionConfig"),
        "DataConfig": {member: value for member, value in data_config.items() if value},
    }
    return {member: value for member, value in auto.items() if value is not None}


def _check_algorithm(call: Call, params: Params) -> None:
    if params.get("PerformAutoML"):
        _check_auto_ml(params)
        return
    arn = params.get("AlgorithmArn")
    if arn is None:
        raise InvalidInput(
            "'AlgorithmArn' is missing. Name one, set 'PerformAutoML': true, or use "
            "CreateAutoPredictor."
        )
    require_algorithm(arn, call.settings)
    if "HPOConfig" in params and not params.get("PerformHPO"):
        raise InvalidInput("'HPOConfig' is allowed only with 'PerformHPO': true. Leave it out.")
    if params.get("PerformHPO") and not is_closed(arn):
        raise InvalidInput(
            f"'PerformHPO' is true, but {arn.rsplit('/', 1)[1]} has no hyperparameters to tune. "
            "Leave it out."
        )


def _check_auto_ml(params: Params) -> None:
    for member in ("AlgorithmArn", "HPOConfig", "PerformHPO", "TrainingParameters"):
        if params.get(member):
            raise InvalidInput(f"'{member}' does not go with 'PerformAutoML': true. Leave one out.")


def _add_defaults(params: Params) -> dict[str, Any]:
    evaluation = {
        "NumberOfBacktestWindows": 1,
        "BackTestWindowOffset": params["ForecastHorizon"],
        **params.get("EvaluationParameters", {}),
    }
    return {
        "ForecastTypes": list(DEFAULT_TYPES),
        "PerformAutoML": False,
        "PerformHPO": False,
        **params,
        **_training_parameters(params),
        "EvaluationParameters": evaluation,
    }


def _training_parameters(params: Params) -> dict[str, Any]:
    """``TrainingParameters`` with all defaults; nothing if AutoML will choose the algorithm."""
    arn, given = params.get("AlgorithmArn"), params.get("TrainingParameters", {})
    if arn is None:
        return {}
    if is_closed(arn):
        parameters = closed_parameters(arn, params["ForecastHorizon"], given)
    else:
        parameters = training_parameters(arn, given)
    return {"TrainingParameters": parameters}


def _predictor_request(request: Mapping[str, Any]) -> PredictorRequest:
    config, data = request["FeaturizationConfig"], request["InputDataConfig"]
    return PredictorRequest(
        dataset_group_arn=data["DatasetGroupArn"],
        horizon=request["ForecastHorizon"],
        frequency=config["ForecastFrequency"],
        forecast_types=request["ForecastTypes"],
        dimensions=config.get("ForecastDimensions", ()),
        fillings=fillings(config),
        additional=_additional(data),
    )


def _additional(data: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    return [(entry["Name"], [entry["Value"]]) for entry in data.get("SupplementaryFeatures", ())]


def _check_evaluation(request: Mapping[str, Any]) -> None:
    evaluation, horizon = request["EvaluationParameters"], request["ForecastHorizon"]
    windows, offset = evaluation["NumberOfBacktestWindows"], evaluation["BackTestWindowOffset"]
    if not 1 <= windows <= MAX_WINDOWS:
        raise InvalidInput(
            f"NumberOfBacktestWindows is {windows}; it must be between 1 and {MAX_WINDOWS}."
        )
    if offset < horizon:
        raise InvalidInput(
            f"BackTestWindowOffset is {offset}; it must be at least the ForecastHorizon, {horizon}."
        )


def _add_target_filling(config: Mapping[str, Any], target: str) -> dict[str, Any]:
    """The configuration with all filling parameters of the target, as Describe echoes it."""
    methods = dict(fillings(config))
    methods[target] = {**TARGET_DEFAULTS, **methods.get(target, {})}
    return {**config, "Featurizations": [_featurization(*entry) for entry in methods.items()]}


def _featurization(attribute: str, methods: Mapping[str, str]) -> dict[str, Any]:
    step = {
        "FeaturizationMethodName": "filling",
        "FeaturizationMethodParameters": dict(methods),
    }
    return {"AttributeName": attribute, "FeaturizationPipeline": [step]}
