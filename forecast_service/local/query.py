"""LocalForecastQuery: the query plane of Amazon Forecast, answered from stored forecasts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from forecast_service.common.keys import series_key
from forecast_service.local import catalog
from forecast_service.local.calls import Call, Handler, Params, require_active
from forecast_service.local.catalog import Resource
from forecast_service.local.client import LocalClient, add_operations
from forecast_service.local.errors import DoesNotExist, InvalidInput, InvalidToken
from forecast_service.local.kinds import FORECAST, PREDICTOR, WHAT_IF_FORECAST
from forecast_service.local.resource_details import PredictorDetails
from forecast_service.local.shapes import QUERY
from forecast_service.storage import forecast_store
from forecast_service.storage.stored_forecast import period_starts, predictions

__all__ = ["LocalForecastQuery"]

TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2})?")


def query_forecast(call: Call, params: Params) -> dict[str, Any]:
    """QueryForecast: the points of one series, including both ends of the range."""
    forecast = require_active(call, FORECAST, params["ForecastArn"])
    return _answer(call, params, forecast)


def query_what_if_forecast(call: Call, params: Params) -> dict[str, Any]:
    """QueryWhatIfForecast: the points of one series under the assumptions of a what-if forecast."""
    forecast = require_active(call, WHAT_IF_FORECAST, params["WhatIfForecastArn"])
    return _answer(call, params, forecast)


def _answer(call: Call, params: Params, forecast: Resource) -> dict[str, Any]:
    if "NextToken" in params:
        raise InvalidToken(f"{call.operation} answers in one page. Leave NextToken out.")
    start, end = _time(params, "StartDate"), _time(params, "EndDate")
    if start is not None and end is not None and start > end:
        raise InvalidInput(f"StartDate '{start}' is after EndDate '{end}'. Exchange them.")
    names = _key_names(call, forecast)
    filters = params["Filters"]
    _check_filters(filters, names)
    key = series_key([filters[name] for name in names])
    stored = forecast_store.read(call.connection, forecast.arn, key)
    if stored is None:
        named = ", ".join(f"{name} '{filters[name]}'" for name in names)
        raise DoesNotExist(f"The forecast '{forecast.arn}' has no series with {named}.")
    points = predictions(stored, start, end)
    if not any(points.values()):
        starts = period_starts(stored)
        raise InvalidInput(
            "The forecast has no period between StartDate and EndDate: it covers "
            f"{starts[0]} to {starts[-1]}. Ask for a time in that range."
        )
    return {"Forecast": {"Predictions": points}}


def _key_names(call: Call, forecast: Resource) -> tuple[str, ...]:
    """Fields that identify a series: the item, then the forecast dimensions in schema order."""
    above: Resource | None = forecast
    while above is not None and above.type != PREDICTOR.word:
        above = catalog.get(call.connection, str(above.parent_arn))
    if above is None:
        raise DoesNotExist(f"The predictor of the forecast '{forecast.arn}' no longer exists.")
    return tuple(PredictorDetails.of(above.details).keys or ())


def _check_filters(filters: Mapping[str, str], names: tuple[str, ...]) -> None:
    unknown = sorted(set(filters) - set(names))
    missing = [name for name in names if name not in filters]
    if unknown or missing:
        problem = (
            f"'{unknown[0]}' is not a key of this forecast"
            if unknown
            else f"'{missing[0]}' is missing in Filters"
        )
        raise InvalidInput(
            f"{problem}: this forecast identifies series by {', '.join(names)}. "
            "Give each of these keys, and no others."
        )


def _time(params: Params, member: str) -> str | None:
    """The time as ``yyyy-MM-ddTHH:mm:ss``; a zone is dropped, because the data have none."""
    text = params.get(member)
    if text is None:
        return None
    match = TIME.match(text)
    try:
        if match is None:
            raise ValueError(text)
        return datetime.fromisoformat(match[0].upper()).isoformat(timespec="seconds")
    except ValueError as error:
        raise InvalidInput(
            f"{member} '{text}' is not a time. Write it as yyyy-MM-ddTHH:mm:ss."
        ) from error


HANDLERS: Mapping[str, Handler] = {
    "QueryForecast": query_forecast,
    "QueryWhatIfForecast": query_what_if_forecast,
}


@add_operations
class LocalForecastQuery(LocalClient):
    """The local stand-in for ``boto3.client("forecastquery")``."""

    service = QUERY
    handlers = HANDLERS
