"""Forecasts as JSON, or as CSV that no spreadsheet runs as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import NotAcceptable
from werkzeug.http import parse_accept_header

from forecast_service.reading import Encode

__all__ = ["ENCODERS", "negotiate"]

JSON_TYPE = "application/json"
CSV_TYPE = "text/csv"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@lru_cache(maxsize=256)
def negotiate(accept: str | None) -> str:
    """Choose the media type of the answer; JSON if the request prefers nothing.

    Raises
    ------
    NotAcceptable
        The request accepts neither JSON nor CSV.
    """
    if not accept:
        return JSON_TYPE
    best = parse_accept_header(accept, MIMEAccept).best_match([JSON_TYPE, CSV_TYPE])
    if best is None:
        raise NotAcceptable(
            f"'{accept[:100]}' is not available here. Accept '{JSON_TYPE}' or '{CSV_TYPE}'."
        )
    return best


def as_json(documents: list[dict[str, Any]], many: bool) -> bytes:
    """JSON of one store, or ``{"forecasts": [...]}`` of many."""
    return orjson.dumps({"forecasts": documents} if many else documents[0])


def as_csv(documents: list[dict[str, Any]], many: bool) -> bytes:
    """CSV with one line per store and period, which includes the provenance."""
    text = io.StringIO()
    types = list(documents[0]["result"]["Forecast"]["Predictions"])
    provenance_columns = (
        "source",
        "algorithm",
        "predictor",
        "trained_at",
        "data_until",
        "fallback",
        "stale",
    )
    writer = csv.writer(text)
    writer.writerow(["store_number", "item", "timestamp", *map(_cell, types), *provenance_columns])
    for document in documents:
        provenance = [_cell(document["provenance"][name]) for name in provenance_columns]
        names = [_cell(document["store_number"]), _cell(document.get("item"))]
        writer.writerows([*names, *numbers, *provenance] for numbers in _lines(document, types))
    return text.getvalue().encode()


def _lines(document: dict[str, Any], types: list[str]) -> Iterator[list[Any]]:
    predictions = document["result"]["Forecast"]["Predictions"]
    for points in zip(*(predictions[name] for name in types), strict=True):
        yield [points[0]["Timestamp"], *(point["Value"] for point in points)]


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


ENCODERS: dict[str, Encode] = {JSON_TYPE: as_json, CSV_TYPE: as_csv}
