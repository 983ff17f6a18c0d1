"""CreateAutoPredictor: trains, retrains or upgrades to an auto predictor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecast_service.local.arns import arn_of, ulid
from forecast_service.local.calls import Call, Params, require_active
from forecast_service.local.errors import InvalidInput
from forecast_service.local.kinds import PREDICTOR
from forecast_service.local.operations.alignment import check_boundary
from forecast_service.local.operations.legacy_predictors import as_auto_request
from forecast_service.local.operations.predictor_rules import PredictorRequest, check_request
from forecast_service.local.operations.predictors import DEFAULT_TYPES, insert_predictor
from forecast_service.local.resource_details import PredictorDetails

__all__ = ["create_auto_predictor"]

REQUIRED = ("ForecastHorizon", "ForecastFrequency", "DataConfig")
ALLOWED_IN_RETRAINING = ("PredictorName", "ReferencePredictorArn", "Tags")
NOT_INHERITED = ("PredictorName", "ReferencePredictorArn", "ExplainPredictor")
NOT_YET = "is not available in this local Amazon Forecast yet. Leave it out."


def create_auto_predictor(call: Call, params: Params) -> dict[str, Any]:
    """CreateAutoPredictor: with a new configuration, or with that of another predictor."""
    _check_available(params)
    is_retraining = "ReferencePredictorArn" in params
    request = _inherit(call, params) if is_retraining else _add_defaults(params)
    basis = check_request(call, _predictor_request(request))
    check_boundary(request["ForecastFrequency"], request.get("TimeAlignmentBoundary", {}))
    arn = arn_of(call.settings, PREDICTOR.word, f"{params['PredictorName']}_{ulid()}")
    return insert_predictor(call, request, basis, arn=arn, is_auto=True)


def _check_available(params: Params) -> None:
    if params.get("ExplainPredictor"):
        raise InvalidInput(f"'ExplainPredictor': true {NOT_YET}")
    if "MonitorConfig" in params:
        raise InvalidInput(f"'MonitorConfig' {NOT_YET}")


def _add_defaults(params: Params) -> dict[str, Any]:
    missing = [member for member in REQUIRED if member not in params]
    if missing:
        raise InvalidInput(
            f"'{missing[0]}' is missing. A new predictor needs {', '.join(REQUIRED)}; to retrain "
            "one, give its ARN as ReferencePredictorArn and nothing else."
        )
    return {"ForecastTypes": list(DEFAULT_TYPES), **params}


def _inherit(call: Call, params: Params) -> dict[str, Any]:
    extra = sorted(set(params) - set(ALLOWED_IN_RETRAINING))
    if extra:
        raise InvalidInput(
            f"'{extra[0]}' does not go with ReferencePredictorArn: a retrained predictor inherits "
            "its configuration. Leave it out, or leave ReferencePredictorArn out."
        )
    reference = require_active(call, PREDICTOR, params["ReferencePredictorArn"])
    is_auto = PredictorDetails.of(reference.details).is_auto
    config = reference.request if is_auto else as_auto_request(reference.request)
    inherited = {member: value for member, value in config.items() if member not in NOT_INHERITED}
    return {**inherited, **params}


def _predictor_request(request: Mapping[str, Any]) -> PredictorRequest:
    data = request["DataConfig"]
    return PredictorRequest(
        dataset_group_arn=data["DatasetGroupArn"],
        horizon=request["ForecastHorizon"],
        frequency=request["ForecastFrequency"],
        forecast_types=request["ForecastTypes"],
        dimensions=request.get("ForecastDimensions", ()),
        fillings=[
            (entry["AttributeName"], entry["Transformations"])
            for entry in data.get("AttributeConfigs", ())
        ],
        additional=[
            (entry["Name"], entry.get("Configuration", {}).get("CountryCode", ()))
            for entry in data.get("AdditionalDatasets", ())
        ],
    )
