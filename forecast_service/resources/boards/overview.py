"""``/overview`` and ``/regions``: how all stores are doing, the worst first."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Response, request

from forecast_service.errors import UnknownStore
from forecast_service.reading.board import Board
from forecast_service.reading.board_totals import region_totals
from forecast_service.reading.current import Encoded
from forecast_service.reading.overview import (
    OverviewQuestion,
    overview_document,
    visible_lines,
)
from forecast_service.resources.api import JSON_TYPE, ServiceResource
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.planning.overview_requests import (
    OverviewQuery,
    RegionsQuery,
)
from forecast_service.resources.contract.refusals import (
    OF_FORMATS,
    OF_QUERIES,
    OF_REGIONS,
)
from forecast_service.resources.gate.access import caller
from forecast_service.resources.parsing import as_number, read_query
from forecast_service.resources.representations import (
    CSV_TYPE,
    XLSX_TYPE,
    Representation,
    attachment,
    conditional,
    link_to_next,
    representation_of,
)
from forecast_service.resources.tables.overviews import overview_table
from forecast_service.resources.told import told

__all__ = ["OverviewResource", "RegionsResource"]

PAGE_STORES, TABLE_STORES = 100, 5000  # without ``limit``


class OverviewResource(ServiceResource):
    """All stores: what they will sell, against last week and last year, and their problems."""

    @documented(
        "How all stores are doing, the worst first",
        query=OverviewQuery,
        answers={200: "Overview", 304: None},
        other_types=(CSV_TYPE, XLSX_TYPE),
        errors=(*OF_QUERIES, *OF_FORMATS, *OF_REGIONS, UnknownStore),
        scope="read",
    )
    def get(self) -> Response:
        """A page of stores, with the totals of all; ``next`` is the address of the next page."""
        form, limits = representation_of(request), caller().limits
        query = read_query(request, OverviewQuery)
        limit = query.limit or (TABLE_STORES if form.is_table else PAGE_STORES)
        question = OverviewQuestion(
            limits, query.region, query.search, query.sort, query.order, limit, query.after
        )

        def encode(board: Board) -> Encoded:
            return _encoded(board, question, query, form)

        answer = self.service.overview.answer((question, form), encode)
        return conditional(request, answer, form.content_type)


class RegionsResource(ServiceResource):
    """The regions and their totals."""

    @documented(
        "The regions, with the totals of their stores",
        query=RegionsQuery,
        answers={200: "Regions", 304: None},
        errors=OF_QUERIES,
        scope="read",
    )
    def get(self) -> Response:
        """The regions that the caller may see."""
        read_query(request, RegionsQuery)
        limits = caller().limits

        def encode(board: Board) -> Encoded:
            regions = region_totals(visible_lines(board, limits))
            return orjson.dumps({"regions": regions}), ()

        answer = self.service.overview.answer(("regions", limits), encode)
        return conditional(request, answer, JSON_TYPE)


def _encoded(
    board: Board, question: OverviewQuestion, query: OverviewQuery, form: Representation
) -> Encoded:
    document = overview_document(board, question)
    following = None
    if document["next"] is not None:
        names = {"format"} if form.by_name else set()
        parameters = query.model_dump(exclude_none=True, exclude={"format", "full"} - names)
        parameters |= {"limit": question.limit, "after": document["next"]}
        following = f"/overview?{urlencode(parameters)}"
    stores = [_numbered(store) for store in document["stores"]]
    if not form.is_table:
        found = [store["problems"] for store in stores]
        answer = told(
            {**document, "stores": stores, "next": following}, found, document["forecast"]
        )
        return orjson.dumps(answer), ()
    names_of_file = ["overview", *([question.region] if question.region else []), str(board.as_of)]
    headers = (attachment(names_of_file, form), *link_to_next(following))
    return form.write(overview_table(document, stores)), headers


def _numbered(store: dict[str, Any]) -> dict[str, Any]:
    return {**store, "store_number": as_number(store["store_number"])}
