"""``/stores``: the stores, one store, and its sales."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Response, request

from forecast_service.common.instants import today, utc_text
from forecast_service.engine.calendar import last_day
from forecast_service.errors import DamagedData, InvalidRequest
from forecast_service.importer.files.column_names import shown_name
from forecast_service.reading.staleness import served_staleness
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.refusals import (
    OF_FORMATS,
    OF_QUERIES,
    OF_REGIONS,
    OF_SERIES,
    OF_STORES,
)
from forecast_service.resources.contract.requests import HistoryQuery, StoresQuery
from forecast_service.resources.gate.access import caller
from forecast_service.resources.parsing import as_number, checked_name, read_query
from forecast_service.resources.representations import (
    CSV_TYPE,
    XLSX_TYPE,
    representation_of,
    table_response,
)
from forecast_service.resources.tables.records import history_table, stores_table
from forecast_service.storage.forecast_store import dormant_items, dormant_stores
from forecast_service.storage.groups import DatasetGroup, read_group
from forecast_service.storage.stores import (
    existing_stores,
    page_of_stores,
    refuse_missing_item,
    refuse_unknown_region,
)
from forecast_service.storage.tables import series

__all__ = ["HistoryResource", "StoreResource", "StoresResource"]

SHOWN_ITEMS = 1000
PAGE_STORES, TABLE_STORES = 100, 5000  # without ``limit``
DAILY = "D"
PAGE_DAYS, TABLE_DAYS = 1000, 5000


class OfStores(ServiceResource):
    """What the resources of stores share."""

    def _state(
        self, connection: sa.Connection, group: DatasetGroup | None, stores: list[str]
    ) -> tuple[set[str], str | None]:
        """Those of the stores that are dormant in the served forecast, and why it is stale."""
        if group is None:
            return set(), None
        dormant = dormant_stores(connection, group.current_forecast_arn, stores)
        return dormant, served_staleness(connection, group, today(self.service.settings.timezone))


class StoresResource(OfStores):
    """The stores whose sales were imported."""

    @documented(
        "The stores, in the order of their numbers",
        scope="read",
        query=StoresQuery,
        answers={200: "Stores"},
        other_types=(CSV_TYPE, XLSX_TYPE),
        errors=(*OF_FORMATS, *OF_QUERIES, *OF_REGIONS),
    )
    def get(self) -> Response:
        """A page of stores; ``next`` is the address of the next page, or null."""
        form = representation_of(request)
        query = read_query(request, StoresQuery)
        limit = query.limit or (TABLE_STORES if form.is_table else PAGE_STORES)
        group, limits = self.service.settings.dataset_group, caller().limits
        with self.service.database.read() as connection:
            if query.region is not None:
                refuse_unknown_region(connection, group, query.region, limits)
            page = page_of_stores(
                connection,
                group,
                region=query.region,
                after=query.after,
                limit=limit,
                limits=limits,
            )
            names = [row["store"] for row in page.rows]
            served = read_group(connection, group)
            dormant, stale = self._state(connection, served, names)
        next_page = None
        if page.has_more:
            parameters = {**query.model_dump(exclude_none=True, exclude={"full"}), "limit": limit}
            next_page = f"/stores?{urlencode({**parameters, 'after': page.rows[-1]['store']})}"
        frequency = DAILY if served is None else served.frequency
        documents = [store_document(row, dormant, frequency) for row in page.rows]
        if form.is_table:
            return table_response(form, stores_table(documents, stale), ["stores"], next_page)
        answer = {"stores": documents, "count": page.count, "next": next_page, "stale": stale}
        return json_response(answer)


class StoreResource(OfStores):
    """One store."""

    @documented("A store and its items", scope="read", answers={200: "Store"}, errors=OF_STORES)
    def get(self, store_number: str) -> Response:
        """The store and its items. A 404 names the stores that exist."""
        name = checked_name(store_number, "store_number")
        group = self.service.settings.dataset_group
        with self.service.database.read() as connection:
            row = existing_stores(connection, group, [name], caller().limits)[name]
            statement = (
                sa.select(series.c.item)
                .where(series.c.dataset_group == group, series.c.store == name)
                .where(series.c.item != "")
                .order_by(series.c.item)
                .limit(SHOWN_ITEMS)
            )
            items = list(connection.execute(statement).scalars())
            served = read_group(connection, group)
            dormant, stale = self._state(connection, served, [name])
            forecast_arn = None if served is None else served.current_forecast_arn
            of_items = dormant_items(connection, forecast_arn, name, items)
        return json_response(
            {
                **store_document(row, dormant, DAILY if served is None else served.frequency),
                "items": items,
                "dormant_items": of_items,
                "unusual_days": row["unusual_days"] or [],
                "stale": stale,
            }
        )


class HistoryResource(ServiceResource):
    """The sales of a store."""

    @documented(
        "Sales of a store by day, oldest first",
        scope="read",
        query=HistoryQuery,
        answers={200: "History"},
        other_types=(CSV_TYPE, XLSX_TYPE),
        errors=(*OF_FORMATS, *OF_QUERIES, *OF_SERIES, DamagedData),
        examples={"The last four weeks": {"limit": 28}},
    )
    def get(self, store_number: str) -> Response:
        """Sales by day: the last ``limit`` days of the range."""
        form = representation_of(request)
        name = checked_name(store_number, "store_number")
        query = read_query(request, HistoryQuery)
        if query.start is not None and query.end is not None and query.start > query.end:
            raise InvalidRequest(
                f"'start' ({query.start}) is after 'end' ({query.end}). Send an earlier 'start'."
            )
        self._refuse_unknown_series(name, query.item)
        limit = query.limit or (TABLE_DAYS if form.is_table else PAGE_DAYS)
        days = self.service.imports.history(
            name, item=query.item, start=query.start, end=query.end, limit=limit
        )
        if form.is_table:
            items = [] if query.item is None else [query.item]
            until = [days[-1]["date"]] if days else []
            names = ["sales", "store", name, *items, *until]
            return table_response(form, history_table(as_number(name), days), names)
        return json_response({"store_number": as_number(name), "item": query.item, "days": days})

    def _refuse_unknown_series(self, store: str, item: str | None) -> None:
        name = self.service.settings.dataset_group
        with self.service.database.read() as connection:
            existing_stores(connection, name, [store], caller().limits)
            group = read_group(connection, name)
            if group is not None and item is not None:
                refuse_missing_item(connection, group, store, item)


def store_document(row: sa.RowMapping, dormant: Collection[str], frequency: str) -> dict[str, Any]:
    """The JSON of a store; ``dormant`` are the names of dormant stores."""
    columns = {name: row[name] for name in SHOWN_COLUMNS}
    attributes = {shown_name(name): value for name, value in row["attributes"].items()}
    return {
        "store_number": as_number(row["store"]),
        "state": "dormant" if row["store"] in dormant else "active",
        **columns,
        "attributes": attributes,
        "data_until": last_day(row["last_sale_on"], frequency),
        "imported_at": utc_text(row["imported_at"]),
    }


SHOWN_COLUMNS = (
    "region",
    "attributes",
    "first_sale_on",
    "last_sale_on",
    "days",
    "assumed_from",
)
