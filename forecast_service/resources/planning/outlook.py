"""``/stores/<store_number>/outlook``: past and forecast of one store, and what explains them."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, request

from forecast_service.reading.outlook import OutlookQuestion, rounded
from forecast_service.resources.api import ServiceResource
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.planning.planning_requests import OutlookQuery
from forecast_service.resources.contract.refusals import (
    OF_FORECASTS,
    OF_FORMATS,
    OF_QUERIES,
)
from forecast_service.resources.gate.access import caller
from forecast_service.resources.parsing import as_number, checked_name, read_query
from forecast_service.resources.representations import (
    CSV_TYPE,
    XLSX_TYPE,
    conditional,
    representation_of,
)

__all__ = ["OutlookResource"]


class OutlookResource(ServiceResource):
    """What one store sold and will sell."""

    @documented(
        "Past and forecast of a store side by side, and what explains them",
        query=OutlookQuery,
        answers={200: "Outlook", 304: None},
        other_types=(CSV_TYPE, XLSX_TYPE),
        errors=(*OF_FORECASTS, *OF_FORMATS, *OF_QUERIES),
        scope="read",
    )
    def get(self, store_number: str) -> Response:
        """Everything that a page about one store shows, with an ETag."""
        form = representation_of(request)
        name = checked_name(store_number, "store_number")
        query = read_query(request, OutlookQuery)
        question = OutlookQuestion(as_number(name), query.item, query.days, caller().limits)

        def encode(document: dict[str, Any]) -> tuple[bytes, tuple[tuple[str, str], ...]]:
            return orjson.dumps(document if query.full else rounded(document)), ()

        answer = self.service.outlooks.answer(question, (form, query.full), encode)
        return conditional(request, answer, form.content_type)
