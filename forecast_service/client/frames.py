"""Answers of the service as pandas DataFrames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

__all__ = [
    "accuracy_frame",
    "comparison_frame",
    "forecast_frame",
    "history_frame",
    "items_frame",
    "outlook_frame",
    "overview_frame",
    "stores_frame",
    "what_if_frame",
]

Document = Mapping[str, Any]


def forecast_frame(documents: Sequence[Document]) -> pd.DataFrame:
    """A row per store, item and period: ``store``, ``item`` if there are any, ``date``, and a
    column per forecast type. The total of a store has no item.

    ``attrs["provenance"]`` has the provenance of each series, in the order of the rows.
    """
    series = [each for document in documents for each in _series(document)]
    frame = _concat([_points(each, "result") for each in series])
    frame.attrs["provenance"] = [dict(each["provenance"]) for each in series]
    return frame


def what_if_frame(documents: Sequence[Document]) -> pd.DataFrame:
    """As ``forecast_frame`` with the changes; ``<type>_baseline`` without them.

    ``attrs["totals"]`` and ``attrs["notes"]`` are of each document.
    """
    frames = []
    for document in documents:
        changed, baseline = _points(document, "result"), _points(document, "baseline")
        types = list(document["baseline"]["Forecast"]["Predictions"])
        frames.append(changed.assign(**{f"{name}_baseline": baseline[name] for name in types}))
    frame = _concat(frames)
    frame.attrs["totals"] = [dict(document["total"]) for document in documents]
    frame.attrs["notes"] = [list(document["notes"]) for document in documents]
    return frame


def history_frame(document: Document) -> pd.DataFrame:
    """A row per day (and item): ``date``, ``sales`` (NaN: not known), ``stockout``, covariates."""
    days = document["days"]
    rows = [
        {**{key: value for key, value in day.items() if key != "covariates"}, **day["covariates"]}
        for day in days
    ]
    frame = pd.DataFrame(rows)
    if rows:
        frame["date"] = pd.to_datetime(frame["date"])
        frame["sales"] = frame["sales"].astype(float)
    return frame


def outlook_frame(document: Document) -> pd.DataFrame:
    """A row per period of past and forecast: ``date``, ``sales``, forecast types, ``last_year``,
    ``closed``, covariates; ``<type>_then`` is what was forecast a week before, ``part_<name>`` the
    parts of the forecast.

    ``attrs`` has ``next_7_days``, the ``weeks``, ``reasons``, ``plan``, ``coverage``, ``problems``,
    ``holidays`` and the ``provenance``.
    """
    frames = [_columns(document["history"]), _columns(document["forecast"])]
    frame = pd.concat([each for each in frames if len(each)], ignore_index=True)
    frame["date"] = pd.to_datetime(frame["date"])
    names = ("next_7_days", "weeks", "reasons", "plan", "coverage", "problems", "holidays")
    frame.attrs |= {name: document[name] for name in (*names, "provenance")}
    return frame


def items_frame(pages: Sequence[Document]) -> pd.DataFrame:
    """A row per item; ``attrs["week"]`` has the first and last day."""
    frame = pd.DataFrame([dict(item) for page in pages for item in page["items"]])
    frame.attrs["week"] = pages[0]["week"]
    return frame


def comparison_frame(document: Document) -> pd.DataFrame:
    """A row per common day: ``date``, ``before``, ``after``, ``units`` and ``share``.

    ``attrs`` has the ``total``, the ``weeks`` and the ``reasons``.
    """
    frame = pd.DataFrame(document["days"])
    frame["date"] = pd.to_datetime(frame["date"])
    frame.attrs |= {name: document[name] for name in ("total", "weeks", "reasons")}
    return frame


def _columns(part: Document) -> pd.DataFrame:
    """The columns of a part of an outlook; inner ones under names of their own."""
    columns: dict[str, Any] = {}
    for name, value in part.items():
        if name == "then":
            columns |= {f"{inner}_then": values for inner, values in value.items()}
        elif name == "parts":
            columns |= {f"part_{inner}": values for inner, values in (value or {}).items()}
        elif name == "covariates":
            columns |= value
        else:
            columns[name] = value
    return pd.DataFrame(columns)


def stores_frame(stores: Iterable[Document]) -> pd.DataFrame:
    """A row per store; its attributes are columns."""
    rows = [
        {**{k: v for k, v in store.items() if k != "attributes"}, **store["attributes"]}
        for store in stores
    ]
    frame = pd.DataFrame(rows).rename(columns={"store_number": "store"})
    for name in ("first_sale_on", "last_sale_on"):
        if name in frame:
            frame[name] = pd.to_datetime(frame[name])
    return frame


def overview_frame(pages: Sequence[Document]) -> pd.DataFrame:
    """A row per store; ``wape`` and ``bias`` are those of ``accuracy_lag``, ``problems`` a text.

    ``attrs`` has the ``week``, the ``forecast``, the ``tiles`` and the ``regions``.
    """
    rows = [_overview_row(store) for page in pages for store in page["stores"]]
    frame = pd.DataFrame(rows).rename(columns={"store_number": "store"})
    if "data_until" in frame:
        frame["data_until"] = pd.to_datetime(frame["data_until"])
    frame.attrs |= {name: pages[0][name] for name in ("week", "forecast", "tiles", "regions")}
    return frame


def accuracy_frame(document: Document) -> pd.DataFrame:
    """A row per lag: ``wape``, ``bias``, ``coverage``, ``days`` and ``naive_wape``.

    ``attrs`` has the ``weeks`` and the worst ``stores`` of the lag ``lag``, the ``source``, and
    the ``backtest`` where nothing was served yet.
    """
    rows = [
        {"lag": int(lag), **measure, "naive_wape": document["naive"].get(lag, {}).get("wape")}
        for lag, measure in document["lags"].items()
    ]
    frame = pd.DataFrame(rows, columns=["lag", "wape", "bias", "coverage", "days", "naive_wape"])
    names = ("lag", "weeks", "stores", "source", "backtest")
    frame.attrs |= {name: document[name] for name in names}
    return frame


def _overview_row(store: Document) -> dict[str, Any]:
    accuracy = store["accuracy"] or {}
    lag = next((lag for lag in ("7", "14", "1", "backtest") if lag in accuracy), None)
    measure = accuracy.get(lag, {})
    texts = [problem["text"] for problem in store["problems"]]
    return {
        **{name: value for name, value in store.items() if name != "accuracy"},
        "accuracy_lag": int(lag) if lag is not None and lag.isdigit() else None,
        "wape": measure.get("wape"),
        "bias": measure.get("bias"),
        "problems": " ".join(texts),
    }


def _series(document: Document) -> Iterator[Document]:
    """The forecasts in a document: of a store, or of items of a store."""
    if document.get("result") is not None:
        yield document
    yield from document.get("items") or ()


def _points(document: Document, part: str) -> pd.DataFrame:
    predictions = document[part]["Forecast"]["Predictions"]
    times = [point["Timestamp"] for point in next(iter(predictions.values()))]
    columns: dict[str, Any] = {"store": document["store_number"]}
    if document.get("item") is not None:
        columns["item"] = document["item"]
    columns["date"] = pd.to_datetime(pd.Series(times, dtype="string"))
    values = {name: [p["Value"] for p in points] for name, points in predictions.items()}
    return pd.DataFrame({**columns, **values})


def _concat(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
