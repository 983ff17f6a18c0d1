"""The operations that legacy and auto predictors share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecast_service.local import descriptions
from forecast_service.local.calls import Call, Params, create, require, require_active
from forecast_service.local.errors import InvalidInput
from forecast_service.local.kinds import PREDICTOR
from forecast_service.local.operations.predictor_rules import Basis
from forecast_service.local.resource_details import PredictorDetails
from forecast_service.local.shapes import CONTROL, output_shape

__all__ = [
    "DEFAULT_TYPES",
    "accuracy",
    "describe_auto_predictor",
    "describe_predictor",
    "insert_predictor",
]

DEFAULT_TYPES = ("0.1", "0.5", "0.9")


def insert_predictor(
    call: Call, request: Mapping[str, Any], basis: Basis, *, arn: str, is_auto: bool
) -> dict[str, Any]:
    """Add a predictor and queue the work that trains it."""
    return create(
        call,
        PREDICTOR,
        request,
        arn=arn,
        parent=basis.group,
        dataset_group_arn=basis.group.arn,
        details=PredictorDetails(is_auto=is_auto, keys=basis.keys),
    )


def describe_predictor(call: Call, params: Params) -> dict[str, Any]:
    """DescribePredictor: legacy predictors only."""
    return _describe(call, params, is_auto=False, other="DescribeAutoPredictor")


def describe_auto_predictor(call: Call, params: Params) -> dict[str, Any]:
    """DescribeAutoPredictor: auto predictors only."""
    return _describe(call, params, is_auto=True, other="DescribePredictor")


def accuracy(call: Call, params: Params) -> dict[str, Any]:
    """GetAccuracyMetrics of an ACTIVE predictor."""
    predictor = require_active(call, PREDICTOR, params["PredictorArn"])
    details = PredictorDetails.of(predictor.details)
    members = {
        "IsAutoPredictor": details.is_auto,
        "OptimizationMetric": predictor.request.get("OptimizationMetric"),
        "AutoMLOverrideStrategy": predictor.request.get("AutoMLOverrideStrategy"),
        **(details.accuracy or {}),
    }
    answer: dict[str, Any] = descriptions.select_members(
        members, output_shape(CONTROL, call.operation)
    )
    return answer


def _describe(call: Call, params: Params, *, is_auto: bool, other: str) -> dict[str, Any]:
    predictor = require(call, PREDICTOR, params["PredictorArn"])
    if PredictorDetails.of(predictor.details).is_auto != is_auto:
        maker = other.replace("Describe", "Create")
        raise InvalidInput(
            f"The predictor '{predictor.arn}' was made by {maker}. Describe it with {other}."
        )
    shape = output_shape(CONTROL, call.operation)
    return descriptions.describe(call.connection, predictor, shape)
