"""``/forecasts``: lists the forecasts that are kept, and serves one of them again."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from forecast_service.common.instants import utc_text
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.refusals import (
    OF_NAMES,
    OF_QUERIES,
)
from forecast_service.resources.contract.requests import ListQuery
from forecast_service.resources.parsing import checked_name, read_query
from forecast_service.runs import KeptForecast

__all__ = ["CurrentForecastResource", "KeptForecastsResource", "forecast_document"]


class KeptForecastsResource(ServiceResource):
    """The forecasts that are kept and can be served."""

    @documented(
        "The forecasts that can be served, newest first",
        scope="read",
        query=ListQuery,
        answers={200: "KeptForecasts"},
        errors=OF_QUERIES,
    )
    def get(self) -> Response:
        """The forecasts, newest first."""
        limit = read_query(request, ListQuery).limit
        documents = [forecast_document(kept) for kept in self.service.forecasts.list(limit)]
        return json_response({"forecasts": documents})


class CurrentForecastResource(ServiceResource):
    """The choice of the current forecast."""

    @documented(
        "Serve an earlier forecast again",
        scope="admin",
        answers={200: "ServedForecast"},
        errors=OF_NAMES,
    )
    def post(self, forecast_id: str) -> Response:
        """Serve this forecast, and return it. The same request again changes nothing."""
        name = checked_name(forecast_id, "forecast_id")
        kept, previous = self.service.forecasts.make_current(name)
        return json_response({**forecast_document(kept), "previous": previous})


def forecast_document(kept: KeptForecast) -> dict[str, Any]:
    """The JSON of a forecast, with the names that provenance uses and times in UTC."""
    return {
        "id": kept.id,
        "forecast": kept.forecast_arn,
        "created_at": utc_text(kept.created_at),
        "source": kept.source,
        "algorithm": kept.algorithm,
        "predictor": kept.predictor_arn,
        "trained_at": utc_text(kept.trained_at),
        "data_until": kept.data_until,
        "run": kept.run_id,
        "is_current": kept.is_current,
    }
