"""``/stores/<store_number>/outlook`` and ``…/items``: one store, and what it sells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from flask import Response, request

from forecast_service.common.rounding import decimals_of
from forecast_service.reading.current import Encoded
from forecast_service.reading.outlook import ItemsQuestion, OutlookQuestion, rounded
from forecast_service.resources.api import ServiceResource
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.planning.planning_requests import ItemsQuery, OutlookQuery
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
    Representation,
    attachment,
    conditional,
    link_to_next,
    representation_of,
)
from forecast_service.resources.tables.outlooks import (
    ITEM_COLUMNS,
    as_rows,
    items_table,
    outlook_table,
)
from forecast_service.resources.told import told

__all__ = ["ItemsResource", "OutlookResource"]

PAGE_ITEMS, TABLE_ITEMS = 100, 5000
SHARE_DECIMALS = 3


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

        def encode(document: dict[str, Any]) -> Encoded:
            if form.is_table:
                return _table(document, form, name, query)
            shown = document if query.full else rounded(document)
            if query.shape == "rows":
                shown |= {part: as_rows(shown[part]) for part in ("history", "forecast")}
            return orjson.dumps(told(shown, shown["provenance"], shown["problems"])), ()

        key = (form, query.full, query.shape)
        answer = self.service.outlooks.answer(question, key, encode)
        return conditional(request, answer, form.content_type)


class ItemsResource(ServiceResource):
    """The items of one store."""

    @documented(
        "The items of a store with the coming week, those that sell most first",
        query=ItemsQuery,
        answers={200: "StoreItems", 304: None},
        other_types=(CSV_TYPE, XLSX_TYPE),
        errors=(400, 404, 406, 422, 503),
        scope="read",
    )
    def get(self, store_number: str) -> Response:
        """A page of items; ``next`` is the address of the next page, or null."""
        form = representation_of(request)
        name = checked_name(store_number, "store_number")
        query = read_query(request, ItemsQuery)
        order = query.order or ("asc" if query.sort == "item" else "desc")
        question = ItemsQuestion(
            store=as_number(name),
            sort=query.sort,
            ascending=order == "asc",
            search=query.search,
            limit=query.limit or (TABLE_ITEMS if form.is_table else PAGE_ITEMS),
            after=query.after,
            limits=caller().limits,
        )

        def encode(document: dict[str, Any]) -> Encoded:
            following = _address(name, query, document["next"])
            shown = {**document, "next": following}
            if form.is_table:
                table = items_table(document, full=form.full)
                file = attachment(["items", "store", name], form)
                return form.write(table), (file, *link_to_next(following))
            return orjson.dumps(shown if query.full else _rounded(shown)), ()

        answer = self.service.outlooks.items(question, (form, query.full), encode)
        return conditional(request, answer, form.content_type)


def _table(
    document: Mapping[str, Any], form: Representation, store: str, query: OutlookQuery
) -> Encoded:
    items = [] if query.item is None else [query.item]
    names = ["outlook", "store", store, *items, document["forecast"]["date"][0]]
    return form.write(outlook_table(document, full=form.full)), (attachment(names, form),)


def _address(store: str, query: ItemsQuery, after: str | None) -> str | None:
    """The address of the page that follows."""
    if after is None:
        return None
    asked = query.model_dump(exclude_none=True, exclude={"after"})
    if "full" in asked:
        asked["full"] = str(asked["full"]).lower()
    return f"/stores/{quote(store, safe='')}/items?{urlencode({**asked, 'after': after})}"


def _rounded(document: dict[str, Any]) -> dict[str, Any]:
    items = document["items"]
    values = (row[name] for row in items for name in ITEM_COLUMNS if row[name] is not None)
    decimals = decimals_of(values)

    def number(name: str, value: float | None) -> float | None:
        if value is None:
            return None
        if name == "change":
            return round(value, SHARE_DECIMALS)
        return round(value, decimals) if decimals else round(value)

    figures = (*ITEM_COLUMNS, "change")
    rows = [{**row, **{name: number(name, row[name]) for name in figures}} for row in items]
    return {**document, "items": rows}
