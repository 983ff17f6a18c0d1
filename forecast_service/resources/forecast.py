"""``/forecast``: what a store will sell in the coming days."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Response, request

from forecast_service.common.names import listed_names
from forecast_service.reading import Answer, Documents, Encode, Question
from forecast_service.reading.current import Encoded
from forecast_service.resources.api import ServiceResource
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.refusals import (
    OF_BODIES,
    OF_FORECASTS,
    OF_FORMATS,
    OF_QUERIES,
)
from forecast_service.resources.contract.requests import (
    ForecastBody,
    ForecastQuery,
    SeriesBody,
    ShapeQuery,
)
from forecast_service.resources.gate.access import caller
from forecast_service.resources.parsing import as_number, json_body, query_values, read_model
from forecast_service.resources.representations import (
    CSV_TYPE,
    ROWS,
    XLSX_TYPE,
    Representation,
    attachment,
    conditional,
    json_list,
    link_to_next,
    representation_of,
    shape_of,
    unconditional,
)
from forecast_service.resources.tables.forecasts import (
    forecast_table,
    program_table,
    rounded,
    with_rows,
)
from forecast_service.storage.stores import stores_with_commas

__all__ = ["ForecastResource", "question_of"]

REPEATED = ("store_number", "store_numbers", "item")

PAGE_ITEMS, TABLE_ITEMS = 100, 5000  # items of an answer without ``limit``
DATE_LENGTH = len("2015-08-01")
WEEK = {"forecast_start_date": "2026-09-05", "forecast_end_date": "2026-09-11"}


class ForecastResource(ServiceResource):
    """The current forecast of one store or of many."""

    @documented(
        "The current forecast of a store, of its items, or of many stores",
        scope="read",
        query=ForecastQuery,
        answers={200: "Forecast", 304: None},
        other_types=(CSV_TYPE, XLSX_TYPE),
        errors=(*OF_FORECASTS, *OF_FORMATS, *OF_QUERIES),
        examples={
            "One store": {"store_number": 1},
            "A week of several stores": {"store_numbers": "1,2", **WEEK},
        },
    )
    def get(self) -> Response:
        """Answer a query string, with an ETag. A cached query string is not parsed again."""
        query = request.environ.get("QUERY_STRING", "")
        form = representation_of(request)
        answer = self._answer(query, form, lambda: question_of(self._from_query(), form))
        return conditional(request, answer, form.content_type)

    @documented(
        "The current forecast of a store, of its items, or of many stores",
        scope="read",
        query=ShapeQuery,
        body=ForecastBody,
        answers={200: "Forecast"},
        other_types=(CSV_TYPE, XLSX_TYPE),
        errors=(*OF_FORECASTS, *OF_FORMATS, *OF_BODIES),
        examples={
            "One store": {"store_number": 1},
            "One item of it": {"store_number": 1, "item": "milk"},
            "A week of several stores": {"store_numbers": [1, 2], **WEEK},
        },
    )
    def post(self) -> Response:
        """Answer a JSON body."""
        form = representation_of(request)  # refuse a wrong format before the body
        question = question_of(json_body(request, ForecastBody), form)
        answer = self._answer(question, form, lambda: question)
        return unconditional(answer, form.content_type)

    def _from_query(self) -> ForecastBody:
        """The question in the query string. Either parameter for stores may be repeated."""
        values = query_values(request, ForecastQuery, repeated=REPEATED)
        if len(values.get("store_number", ())) > 1 and "store_numbers" not in values:
            values["store_numbers"] = values.pop("store_number")
        elif "store_number" in values:
            values["store_number"] = as_number(values["store_number"][0].strip())
        if "store_numbers" in values:
            texts = values["store_numbers"]
            names = self._split(texts[0]) if len(texts) == 1 else texts
            values["store_numbers"] = [as_number(name.strip()) for name in names]
        if len(values.get("item", ())) == 1:
            values["item"] = values["item"][0]
        return read_model(ForecastQuery, values, "?")

    def _split(self, text: str) -> list[str]:
        """The names in a list. A name of a store with a comma is one name."""
        if all(isinstance(as_number(part.strip()), int) for part in text.split(",")):
            return text.split(",")
        with self.service.database.read() as connection:
            group = self.service.settings.dataset_group
            known = stores_with_commas(connection, group, caller().limits)
        return listed_names(text, known)

    def _answer(
        self, key: Hashable, form: Representation, question: Callable[[], Question]
    ) -> Answer:
        shape = shape_of(request)
        encode = _encoder(form, in_rows=shape == ROWS)
        return self.service.current.answer((key, shape), form, encode, question, caller().limits)


def _encoder(form: Representation, *, in_rows: bool) -> Encode:
    """What makes the bytes and headers of this form."""

    def encode(documents: Documents, question: Question) -> tuple[bytes, Any]:
        shape = ROWS if in_rows else None
        linked = (_with_address(one, question, form, shape) for one in documents)
        return _as_table(linked, question, form) if form.is_table else _as_json(linked, question)

    def _as_json(documents: Documents, question: Question) -> tuple[bytes, Any]:
        full = "full" in request.args if in_rows else True  # without a word, rows are rounded
        shown = documents if form.full and full else map(rounded, documents)
        shown = map(with_rows, shown) if in_rows else shown
        if question.many:
            return json_list("forecasts", shown), ()
        return orjson.dumps(next(iter(shown))), ()

    return encode


def _with_address(
    document: dict[str, Any], question: Question, form: Representation, shape: str | None
) -> dict[str, Any]:
    """The document with the address of its next page in place of the item where it begins."""
    if document.get("next") is None:
        return document
    query = {
        "store_number": document["store_number"],
        "forecast_start_date": question.start and question.start[:DATE_LENGTH],
        "forecast_end_date": question.end and question.end[:DATE_LENGTH],
        "limit": question.limit,
        "after": document["next"],
        "format": form.format if form.by_name else None,
        "full": "true" if form.by_name and form.full else None,
        "shape": shape,
    }
    known = {name: value for name, value in query.items() if value is not None}
    return {**document, "next": f"/forecast?{urlencode(known)}"}


def _as_table(
    documents: Iterator[dict[str, Any]], question: Question, form: Representation
) -> Encoded:
    """A table of all series; later pages leave the total out, so that pages can be joined."""
    first = next(documents)
    link = link_to_next(first.get("next"))
    every = chain([first if question.after is None else _without_total(first)], documents)
    if form.format == "csv" and not form.by_name:
        return form.write(program_table(every)), link
    name = attachment(_file_name(first, question), form)
    return form.write(forecast_table(every, full=form.full)), (name, *link)


def _without_total(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "result"}


def _file_name(document: dict[str, Any], question: Question) -> list[int | str]:
    """``forecast-store-1-2015-06-14`` in parts; the day is the first in the table."""
    one = document if "result" in document else document["items"][0]
    points = next(iter(one["result"]["Forecast"]["Predictions"].values()))
    stores: list[int | str] = ["store", document["store_number"]]
    if len(question.stores) > 1:
        stores = [len(question.stores), "stores"]
    items = [question.item] if question.item is not None else []
    return ["forecast", *stores, *items, points[0]["Timestamp"][:DATE_LENGTH]]


def question_of(body: SeriesBody, form: Representation | None = None) -> Question:
    """The question of a body. A day means all of its periods."""
    many = body.store_numbers is not None
    stores = body.store_numbers if body.store_numbers is not None else [body.store_number]
    usual = TABLE_ITEMS if form is not None and form.is_table else PAGE_ITEMS
    return Question(
        stores=_distinct(stores),
        many=many,
        items=body.items(),
        start=_first_of_day(body.forecast_start_date),
        end=_last_of_day(body.forecast_end_date),
        after=getattr(body, "after", None),
        limit=getattr(body, "limit", None) or usual,
    )


def _distinct(stores: Iterable[int | str | None]) -> tuple[int | str, ...]:
    """Every store once, as it was sent first; 1 and "1" are the same store."""
    first: dict[str, int | str] = {}
    for store in stores:
        if store is not None:
            first.setdefault(str(store), store)
    return tuple(first.values())


def _first_of_day(value: str | None) -> str | None:
    # A day is the smallest period: a time asks for its whole day.
    return None if value is None else f"{datetime.fromisoformat(value).date()}T00:00:00"


def _last_of_day(value: str | None) -> str | None:
    return None if value is None else f"{datetime.fromisoformat(value).date()}T23:59:59"
