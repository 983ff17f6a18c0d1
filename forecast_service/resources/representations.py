"""How forecasts leave: as JSON, or as CSV that no spreadsheet runs as a formula."""

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

__all__ = ["ENCODERS", "negotiated"]

JSON_TYPE = "application/json"
CSV_TYPE = "text/csv"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@lru_cache(maxsize=256)
def negotiated(accept: str | None) -> str:
    """The media type to answer with; JSON when nothing else is preferred.

    Raises
    ------
    NotAcceptable
        Neither JSON nor CSV is wanted.
    """
    if not accept:
        return JSON_TYPE
    best = parse_accept_header(accept, MIMEAccept).best_match([JSON_TYPE, CSV_TYPE])
    if best is None:
        raise NotAcceptable(
            f"'{accept[:100]}' cannot be answered here; accept '{JSON_TYPE}' or '{CSV_TYPE}'."
        )
    return best


def as_json(documents: list[dict[str, Any]], many: bool) -> bytes:
    """The document of one store, or ``{"forecasts": [...]}``."""
    return orjson.dumps({"forecasts": documents} if many else documents[0])


def as_csv(documents: list[dict[str, Any]], many: bool) -> bytes:
    """One line per store and period, each with where it comes from."""
    text = io.StringIO()
    types = list(documents[0]["result"]["Forecast"]["Predictions"])
    origins = ("source", "algorithm", "predictor", "trained_at", "data_until", "fallback", "stale")
    writer = csv.writer(text)
    writer.writerow(["store_number", "item", "timestamp", *map(_cell, types), *origins])
    for document in documents:
        origin = [_cell(document["provenance"][name]) for name in origins]
        names = [_cell(document["store_number"]), _cell(document.get("item"))]
        writer.writerows([*names, *numbers, *origin] for numbers in _lines(document, types))
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
