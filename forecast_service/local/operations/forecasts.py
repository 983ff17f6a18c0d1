"""CreateForecast: a forecast by an ACTIVE predictor on the newest data."""

from __future__ import annotations

from typing import Any

from forecast_service.local.arns import arn_of
from forecast_service.local.calls import Call, Params, create, require_active
from forecast_service.local.kinds import FORECAST, PREDICTOR
from forecast_service.local.operations.predictor_rules import check_forecast_types
from forecast_service.local.operations.time_series_selectors import check_selector
from forecast_service.local.resource_details import PredictorDetails

__all__ = ["create_forecast"]


def create_forecast(call: Call, params: Params) -> dict[str, Any]:
    """CreateForecast: with the predictor's forecast types unless the request has its own."""
    predictor = require_active(call, PREDICTOR, params["PredictorArn"])
    check_selector(params, tuple(PredictorDetails.of(predictor.details).keys or ()))
    request = {"ForecastTypes": predictor.request["ForecastTypes"], **params}
    check_forecast_types(request["ForecastTypes"])
    return create(
        call,
        FORECAST,
        request,
        arn=arn_of(call.settings, FORECAST.word, params["ForecastName"]),
        parent=predictor,
        dataset_group_arn=predictor.dataset_group_arn,
    )
