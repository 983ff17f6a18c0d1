"""CreateForecast: a forecast by an ACTIVE predictor on the newest data."""

from __future__ import annotations

from typing import Any

from forecast_service.local.arns import arn_of
from forecast_service.local.calls import Call, Params, create, require_active
from forecast_service.local.errors import InvalidInput
from forecast_service.local.kinds import FORECAST, PREDICTOR
from forecast_service.local.operations.predictor_rules import check_forecast_types

__all__ = ["create_forecast"]


def create_forecast(call: Call, params: Params) -> dict[str, Any]:
    """CreateForecast: with the predictor's forecast types unless the request has its own."""
    predictor = require_active(call, PREDICTOR, params["PredictorArn"])
    if "TimeSeriesSelector" in params:
        raise InvalidInput(
            "'TimeSeriesSelector' is not available in this local Amazon Forecast yet. Leave it "
            "out: every series is forecast."
        )
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
