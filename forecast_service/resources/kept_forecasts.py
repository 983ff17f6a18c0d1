"""``/forecasts``: the forecasts that were served and are kept, and serving one of them again."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from forecast_service.common.instants import utc_text
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.requests import ListQuery
from forecast_service.resources.parsing import checked_name, read_query
from forecast_service.runs import KeptForecast

__all__ = ["CurrentForecastResource", "KeptForecastsResource", "forecast_document"]


class KeptForecastsResource(ServiceResource):
    """The forecasts that can be served."""

    @documented(
        "The forecasts that are or were served, while they are kept",
        query=ListQuery,
        answers={200: "KeptForecasts"},
        errors=(422,),
    )
    def get(self) -> Response:
        """Newest first."""
        limit = read_query(request, ListQuery).limit
        documents = [forecast_document(kept) for kept in self.service.forecasts.list(limit)]
        return json_response({"forecasts": documents})


class CurrentForecastResource(ServiceResource):
    """The choice of the forecast that is served."""

    @documented(
        "Serve an earlier forecast again", answers={200: "ServedForecast"}, errors=(404, 422)
    )
    def post(self, forecast_id: str) -> Response:
        """What is served now; the same request again changes nothing."""
        name = checked_name(forecast_id, "forecast_id")
        kept, previous = self.service.forecasts.make_current(name)
        return json_response({**forecast_document(kept), "previous": previous})


def forecast_document(kept: KeptForecast) -> dict[str, Any]:
    """A forecast as it is answered; the names are those of provenance, times are in UTC."""
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
