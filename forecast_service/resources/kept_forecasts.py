"""``/forecasts``: lists the forecasts that are kept, and serves one of them again."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from forecast_service.common.instants import utc_text
from forecast_service.errors import DamagedData
from forecast_service.reading.outlook import SeriesName
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.planning.planning_requests import (
    ComparisonQuery,
    KeptForecastsQuery,
)
from forecast_service.resources.contract.refusals import (
    OF_NAMES,
    OF_QUERIES,
    OF_SERIES,
)
from forecast_service.resources.gate.access import caller
from forecast_service.resources.parsing import as_number, checked_name, read_query
from forecast_service.runs import KeptForecast

__all__ = [
    "CurrentForecastResource",
    "KeptForecastResource",
    "KeptForecastsResource",
    "forecast_document",
]


class KeptForecastsResource(ServiceResource):
    """The forecasts that are kept and can be served."""

    @documented(
        "The forecasts that can be served, newest first",
        query=KeptForecastsQuery,
        answers={200: "KeptForecasts"},
        errors=(*OF_QUERIES, *OF_SERIES, DamagedData),
        examples={"Also the values for a store": {"store_number": "1"}},
        scope="read",
    )
    def get(self) -> Response:
        """The forecasts, newest first; of a store also its values in each of them."""
        query = read_query(request, KeptForecastsQuery)
        kept = self.service.forecasts.list(query.limit)
        documents = [forecast_document(one) for one in kept]
        if query.store_number is not None:
            name = series_name(query.store_number, query.item)
            values = self.service.comparisons.values(name, kept)
            documents = [
                {**document, "values": values[document["forecast"]]} for document in documents
            ]
        return json_response({"forecasts": documents})


class KeptForecastResource(ServiceResource):
    """One forecast that is kept."""

    @documented(
        "A kept forecast: its values for a store, and what changed against another one",
        query=ComparisonQuery,
        answers={200: "ComparedForecast"},
        errors=(*OF_NAMES, *OF_QUERIES, *OF_SERIES, DamagedData),
        examples={"For a store": {"store_number": "1"}},
        scope="read",
    )
    def get(self, forecast_id: str) -> Response:
        """The forecast; with ``against``, both, their difference, and why they differ."""
        query = read_query(request, ComparisonQuery)
        kept = self.service.forecasts.get(checked_name(forecast_id, "forecast_id"))
        document: dict[str, Any] = forecast_document(kept)
        if query.store_number is None:
            return json_response(document)
        name = series_name(query.store_number, query.item)
        against = None if query.against is None else self.service.forecasts.get(query.against)
        both = [kept] if against is None else [kept, against]
        values = self.service.comparisons.values(name, both)
        document |= {"store_number": name.store, "item": name.item}
        document["values"] = values[kept.forecast_arn]
        if against is not None:
            other = {**forecast_document(against), "values": values[against.forecast_arn]}
            compared = self.service.comparisons.compare(name, against, kept)
            document |= {"against": other, **compared}
        return json_response(document)


def series_name(store_number: str, item: str | None) -> SeriesName:
    """The series of a query, as the caller may see it."""
    return SeriesName(as_number(store_number), item, caller().limits)


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
