"""``/accuracy``: how far the served forecasts were from the sales that came since."""

from __future__ import annotations

import orjson
from flask import Response, request

from forecast_service.errors import UnknownStore
from forecast_service.reading.accuracy_report import accuracy_document
from forecast_service.reading.board import Board, Line
from forecast_service.reading.current import Encoded
from forecast_service.reading.overview import lines_of_region, visible_lines
from forecast_service.resources.api import JSON_TYPE, ServiceResource
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.planning.overview_requests import AccuracyQuery
from forecast_service.resources.contract.refusals import (
    OF_QUERIES,
    OF_REGIONS,
)
from forecast_service.resources.gate.access import caller
from forecast_service.resources.parsing import as_number, read_query
from forecast_service.resources.representations import conditional
from forecast_service.storage.limits import Limits
from forecast_service.storage.stores import unknown_store

__all__ = ["AccuracyResource"]


class AccuracyResource(ServiceResource):
    """The accuracy of the forecasts that were served."""

    @documented(
        "How far off the served forecasts were, by lag, week and store",
        query=AccuracyQuery,
        answers={200: "Accuracy", 304: None},
        errors=(*OF_QUERIES, UnknownStore, *OF_REGIONS),
        scope="read",
    )
    def get(self) -> Response:
        """The accuracy of a store, of a region, or of all stores that the caller may see."""
        query, limits = read_query(request, AccuracyQuery), caller().limits

        def encode(board: Board) -> Encoded:
            lines = _lines(board, limits, query)
            with self.service.database.read() as connection:
                group = self.service.settings.dataset_group
                document = accuracy_document(connection, group, lines, query.weeks)
            for store in document["stores"]:
                store["store_number"] = as_number(store["store_number"])
            return orjson.dumps(document), ()

        answer = self.service.overview.answer(("accuracy", query, limits), encode)
        return conditional(request, answer, JSON_TYPE)


def _lines(board: Board, limits: Limits, query: AccuracyQuery) -> list[Line]:
    lines = lines_of_region(visible_lines(board, limits), query.region)
    if query.store_number is None:
        return lines
    chosen = [line for line in lines if line.store == query.store_number]
    if not chosen:
        raise unknown_store(query.store_number, [line.store for line in lines])
    return chosen
