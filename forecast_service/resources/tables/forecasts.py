"""Documents of forecasts and what-ifs as tables, and with rounded numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from forecast_service.common.rounding import decimals_of
from forecast_service.resources.tables.table import Number, Table, as_time

__all__ = [
    "ALL_ITEMS",
    "flattened",
    "forecast_table",
    "program_table",
    "rounded",
    "what_if_table",
    "with_rows",
]

ALL_ITEMS = "(all items)"
ORIGIN = ("algorithm", "data_until", "fallback", "stale")
PROGRAM_ORIGIN = (
    "source",
    "algorithm",
    "predictor",
    "trained_at",
    "data_until",
    "fallback",
    "stale",
)

Document = dict[str, Any]


def flattened(documents: Iterable[Document]) -> Iterator[Document]:
    """The documents of all series: a store, then its items."""
    for document in documents:
        if "result" in document:
            yield document
        yield from document.get("items", ())


def forecast_table(documents: Iterable[Document], *, full: bool) -> Table:
    """A row per series and period, for people: rounded unless ``full``."""
    first, series = _first(documents)
    types = list(_predictions(first))
    columns = ["store_number", "store_name", "item", "date", *types, *ORIGIN]
    return Table(
        "Forecast", columns, chain.from_iterable(_rows(one, types, full) for one in series)
    )


def program_table(documents: Iterable[Document]) -> Table:
    """A row per series and period, for programs: times, all digits, ARNs."""
    first, series = _first(documents)
    types = list(_predictions(first))
    columns = ["store_number", "item", "timestamp", *types, *PROGRAM_ORIGIN]
    return Table(
        "Forecast", columns, chain.from_iterable(_program_rows(one, types) for one in series)
    )


def what_if_table(documents: Iterable[Document], *, full: bool) -> Table:
    """A row per series and period: the median with the changes, without them, the difference."""
    columns = ["store_number", "store_name", "item", "date", "baseline", "what_if", "difference"]
    rows = chain.from_iterable(_what_if_rows(document, full) for document in documents)
    return Table("What-if", columns, rows)


def rounded(document: Document) -> Document:
    """The document with rounded values, also those of its items."""
    parts: Document = dict(document)
    for name in ("result", "baseline", "difference"):
        if name in parts:
            parts[name] = {"Forecast": {"Predictions": _rounded(_predictions(parts, name))}}
    if "items" in parts:
        parts["items"] = [rounded(item) for item in parts["items"]]
    return parts


def with_rows(document: Document) -> Document:
    """The document with ``rows``, an object per period, in place of Amazon's ``result``."""
    parts: Document = {}
    for name, value in document.items():
        if name == "result":
            points = zip(*_predictions(document).values(), strict=True)
            types = list(_predictions(document))
            parts["rows"] = [_point_row(types, each) for each in points]
        else:
            parts[name] = [with_rows(each) for each in value] if name == "items" else value
    return parts


def _point_row(types: list[str], points: tuple[Document, ...]) -> Document:
    moment = points[0]["Timestamp"].removesuffix("T00:00:00")
    values = {name: point["Value"] for name, point in zip(types, points, strict=True)}
    return {"date": moment, **values}


def _first(documents: Iterable[Document]) -> tuple[Document, Iterator[Document]]:
    series = flattened(documents)
    first = next(series)
    return first, chain([first], series)


def _predictions(document: Document, name: str = "result") -> dict[str, list[dict[str, Any]]]:
    predictions: dict[str, list[dict[str, Any]]] = document[name]["Forecast"]["Predictions"]
    return predictions


def _rounded(predictions: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    digits = decimals_of(point["Value"] for points in predictions.values() for point in points)
    return {
        name: [{**point, "Value": round(point["Value"], digits)} for point in points]
        for name, points in predictions.items()
    }


def _rows(document: Document, types: list[str], full: bool) -> Iterator[list[Any]]:
    predictions = _predictions(document)
    values = (point["Value"] for points in predictions.values() for point in points)
    decimals = None if full else decimals_of(values)
    item = document.get("item", ALL_ITEMS if "total" in document else None)
    names = [document["store_number"], document.get("store_name"), item]
    origin = document["provenance"]
    end = [origin["algorithm"], as_time(f"{origin['data_until']}T00:00:00")]
    end += [origin["fallback"], origin["stale"]]
    for points in zip(*(predictions[name] for name in types), strict=True):
        numbers = [Number(point["Value"], decimals) for point in points]
        yield [*names, as_time(points[0]["Timestamp"]), *numbers, *end]


def _what_if_rows(document: Document, full: bool) -> Iterator[list[Any]]:
    middle = document["total"]["forecast_type"]
    series = [_predictions(document, name)[middle] for name in ("baseline", "result", "difference")]
    values = (point["Value"] for points in series for point in points)
    decimals = None if full else decimals_of(values)
    names = [document["store_number"], document.get("store_name"), document.get("item")]
    for points in zip(*series, strict=True):
        numbers = [Number(point["Value"], decimals) for point in points]
        yield [*names, as_time(points[0]["Timestamp"]), *numbers]


def _program_rows(document: Document, types: list[str]) -> Iterator[list[Any]]:
    predictions = _predictions(document)
    names = [document["store_number"], document.get("item")]
    origin = [document["provenance"][name] for name in PROGRAM_ORIGIN]
    for points in zip(*(predictions[name] for name in types), strict=True):
        values = [Number(point["Value"]) for point in points]
        yield [*names, points[0]["Timestamp"], *values, *origin]
