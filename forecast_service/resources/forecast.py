"""``/forecast``: what a store will sell in the coming days."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime

from flask import Request, Response, request

from forecast_service.reading import Answer, Question
from forecast_service.resources.api import ServiceResource
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.requests import ForecastBody, ForecastQuery
from forecast_service.resources.parsing import as_number, json_body, query_values, read_model
from forecast_service.resources.representations import ENCODERS, negotiate

__all__ = ["ForecastResource", "question_of"]

CONTENT_TYPES = {"application/json": "application/json", "text/csv": "text/csv; charset=utf-8"}


class ForecastResource(ServiceResource):
    """The current forecast of one store or of many."""

    @documented(
        "The current forecast of a store, or of many",
        query=ForecastQuery,
        answers={200: "Forecast", 304: None},
        other_types=("text/csv",),
        errors=(404, 406, 422, 503),
    )
    def get(self) -> Response:
        """Answer a query string, with an ETag. A cached query string is not parsed again."""
        query = request.environ.get("QUERY_STRING", "")
        answer, media_type = self._answer(query, lambda: question_of(_from_query(request)))
        return _response(answer, media_type, request.environ.get("HTTP_IF_NONE_MATCH"))

    @documented(
        "The current forecast of a store, or of many",
        body=ForecastBody,
        answers={200: "Forecast"},
        other_types=("text/csv",),
        errors=(400, 404, 406, 413, 415, 422, 503),
    )
    def post(self) -> Response:
        """Answer a JSON body."""
        negotiate(request.environ.get("HTTP_ACCEPT"))  # refuse a wrong Accept before the body
        question = question_of(json_body(request, ForecastBody))
        return _response(*self._answer(question, lambda: question), None)

    def _answer(self, key: Hashable, question: Callable[[], Question]) -> tuple[Answer, str]:
        media_type = negotiate(request.environ.get("HTTP_ACCEPT"))
        encode = ENCODERS[media_type]
        return self.service.current.answer(key, media_type, encode, question), media_type


def _response(answer: Answer, media_type: str, if_none_match: str | None) -> Response:
    # A list of pairs that includes the content type is fastest in Werkzeug.
    headers = [
        ("Content-Type", CONTENT_TYPES[media_type]),
        ("ETag", answer.etag),
        ("Cache-Control", "no-cache"),
        ("Vary", "Accept"),
    ]
    if if_none_match is not None and _matches(if_none_match, answer.etag):
        return Response(status=304, headers=headers)
    return Response(answer.body, headers=headers)


def _matches(if_none_match: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or tags == ["*"]


def _from_query(sent: Request) -> ForecastBody:
    values = query_values(sent, ForecastQuery, repeated=("store_numbers",))
    if "store_number" in values:
        values["store_number"] = as_number(values["store_number"])
    if "store_numbers" in values:
        texts = values["store_numbers"]
        names = texts[0].split(",") if len(texts) == 1 else texts
        values["store_numbers"] = [as_number(name) for name in names]
    return read_model(ForecastQuery, values, "?")


def question_of(body: ForecastBody) -> Question:
    """The question of a body. A day means all of its periods."""
    many = body.store_numbers is not None
    stores = body.store_numbers if body.store_numbers is not None else [body.store_number]
    return Question(
        stores=_distinct(stores),
        many=many,
        item=body.item,
        start=_first_of_day(body.forecast_start_date),
        end=_last_of_day(body.forecast_end_date),
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
