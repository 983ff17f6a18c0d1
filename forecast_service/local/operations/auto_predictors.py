"""CreateAutoPredictor: trains, retrains or upgrades to an auto predictor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecast_service.local.arns import arn_of, ulid
from forecast_service.local.calls import Call, Params, require, require_active
from forecast_service.local.catalog import Resource
from forecast_service.local.errors import InvalidInput
from forecast_service.local.kinds import PREDICTOR
from forecast_service.local.operations.alignment import check_boundary
from forecast_service.local.operations.insights.explainabilities import (
    insert_explainability,
    require_explainable,
)
from forecast_service.local.operations.insights.monitors import (
    check_monitor_name,
    continue_monitor,
    insert_monitor,
)
from forecast_service.local.operations.legacy_predictors import as_auto_request
from forecast_service.local.operations.predictor_rules import PredictorRequest, check_request
from forecast_service.local.operations.predictors import DEFAULT_TYPES, insert_predictor
from forecast_service.local.resource_details import PredictorDetails

__all__ = ["create_auto_predictor"]

REQUIRED = ("ForecastHorizon", "ForecastFrequency", "DataConfig")
ALLOWED_IN_RETRAINING = ("PredictorName", "ReferencePredictorArn", "Tags")
NOT_INHERITED = ("PredictorName", "ReferencePredictorArn", "ExplainPredictor", "MonitorConfig")


def create_auto_predictor(call: Call, params: Params) -> dict[str, Any]:
    """CreateAutoPredictor: with a new configuration, or with that of another predictor."""
    if "MonitorConfig" in params:
        check_monitor_name(call, params["MonitorConfig"]["MonitorName"])
    is_retraining = "ReferencePredictorArn" in params
    request = _inherit(call, params) if is_retraining else _add_defaults(params)
    basis = check_request(call, _predictor_request(request))
    check_boundary(request["ForecastFrequency"], request.get("TimeAlignmentBoundary", {}))
    arn = arn_of(call.settings, PREDICTOR.word, f"{params['PredictorName']}_{ulid()}")
    answer = insert_predictor(call, request, basis, arn=arn, is_auto=True)
    _add_insights(call, params, require(call, PREDICTOR, arn))
    return answer


def _add_insights(call: Call, params: Params, predictor: Resource) -> None:
    """Add what was asked for together with the predictor, and what a retraining continues."""
    if params.get("ExplainPredictor"):
        require_explainable(call, predictor)
        insert_explainability(call, predictor)
    if "MonitorConfig" in params:
        insert_monitor(call, params["MonitorConfig"]["MonitorName"], predictor)
    elif "ReferencePredictorArn" in params:
        continue_monitor(call, params["ReferencePredictorArn"], predictor)


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
