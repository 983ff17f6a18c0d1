"""What-if analyses, what-if forecasts and their exports: what they may be asked for."""

from __future__ import annotations

from typing import Any

from forecast_service.local.arns import arn_of
from forecast_service.local.calls import Call, Params, create, require, require_active
from forecast_service.local.catalog import Resource
from forecast_service.local.errors import InvalidInput, TooMany
from forecast_service.local.kinds import (
    DATASET_GROUP,
    FORECAST,
    PREDICTOR,
    WHAT_IF_ANALYSIS,
    WHAT_IF_EXPORT,
    WHAT_IF_FORECAST,
)
from forecast_service.local.operations.dataset_groups import datasets_of
from forecast_service.local.operations.insights.what_if_rules import check_assumption
from forecast_service.local.operations.time_series_selectors import check_selector
from forecast_service.local.resource_details import PredictorDetails

__all__ = ["create_analysis", "create_what_if_export", "create_what_if_forecast"]

MOST_EXPORTED = 3  # what-if forecasts per export, as Amazon's quota has it


def create_analysis(call: Call, params: Params) -> dict[str, Any]:
    """CreateWhatIfAnalysis: of an ACTIVE forecast by an auto predictor."""
    forecast = require_active(call, FORECAST, params["ForecastArn"])
    predictor = require(call, PREDICTOR, str(forecast.parent_arn))
    details = PredictorDetails.of(predictor.details)
    if not details.is_auto:
        raise InvalidInput(
            f"The forecast '{forecast.arn}' was made by a predictor of CreatePredictor. A what-if "
            "analysis needs one of CreateAutoPredictor: upgrade the predictor with its ARN as "
            "ReferencePredictorArn, and make a forecast with the new one."
        )
    check_selector(params, tuple(details.keys or ()))
    name = params[WHAT_IF_ANALYSIS.name_member]
    return create(
        call,
        WHAT_IF_ANALYSIS,
        params,
        arn=arn_of(call.settings, WHAT_IF_ANALYSIS.word, name),
        parent=forecast,
        dataset_group_arn=forecast.dataset_group_arn,
    )


def create_what_if_forecast(call: Call, params: Params) -> dict[str, Any]:
    """CreateWhatIfForecast: the forecast of an analysis with changed related series."""
    analysis = require_active(call, WHAT_IF_ANALYSIS, params["WhatIfAnalysisArn"])
    forecast = require(call, FORECAST, str(analysis.parent_arn))
    _check(call, params, forecast)
    name = params[WHAT_IF_FORECAST.name_member]
    return create(
        call,
        WHAT_IF_FORECAST,
        {**params, "ForecastTypes": forecast.request["ForecastTypes"]},
        arn=arn_of(call.settings, WHAT_IF_FORECAST.word, analysis.name, name),
        parent=analysis,
        dataset_group_arn=forecast.dataset_group_arn,
    )


def create_what_if_export(call: Call, params: Params) -> dict[str, Any]:
    """CreateWhatIfForecastExport: of ACTIVE what-if forecasts of one analysis."""
    arns = params["WhatIfForecastArns"]
    what_ifs = [require_active(call, WHAT_IF_FORECAST, arn) for arn in arns]
    if len(set(arns)) > MOST_EXPORTED:
        raise TooMany(
            f"WhatIfForecastArns has {len(arns)} entries; an export has at most {MOST_EXPORTED} "
            "what-if forecasts. Make several exports."
        )
    if len({what_if.parent_arn for what_if in what_ifs}) > 1:
        raise InvalidInput(
            f"The what-if forecasts '{arns[0]}' and '{arns[-1]}' are not of the same what-if "
            "analysis, so they have no common baseline. Make an export for each analysis."
        )
    name = params[WHAT_IF_EXPORT.name_member]
    return create(
        call,
        WHAT_IF_EXPORT,
        {"Format": "CSV", **params, "WhatIfForecastArns": list(dict.fromkeys(arns))},
        arn=arn_of(call.settings, WHAT_IF_EXPORT.word, name),
        parent=require(call, WHAT_IF_ANALYSIS, str(what_ifs[0].parent_arn)),
        dataset_group_arn=what_ifs[0].dataset_group_arn,
    )


def _check(call: Call, params: Params, forecast: Resource) -> None:
    predictor = require(call, PREDICTOR, str(forecast.parent_arn))
    group = require(call, DATASET_GROUP, str(forecast.dataset_group_arn))
    names = tuple(PredictorDetails.of(predictor.details).keys or ())
    check_assumption(params, names, datasets_of(call, group))
