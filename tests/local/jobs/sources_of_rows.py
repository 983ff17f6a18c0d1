"""Sources and panels from rows written out in a test."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from forecast_service.local.files.schema import DatasetSchema
from forecast_service.local.jobs.panels import ModelInput, build_input
from forecast_service.local.jobs.predictor_config import PredictorConfig
from forecast_service.local.jobs.sources import Source, Sources

NAN = float("nan")
NAN_FILLING = {"middlefill": "nan", "backfill": "nan"}
SALES = [("a", 1, 1.0), ("a", 2, 2.0), ("a", 3, 3.0)]
Row = tuple[Any, ...]


def source(kind: str, fields: Mapping[str, str], rows: Sequence[Row]) -> Source:
    types = {"string": pa.string(), "timestamp": pa.timestamp("ms")}
    columns = {
        name: pa.chunked_array([pa.array([_value(row[i], type_) for row in rows])]).cast(
            types.get(type_, pa.float64())
        )
        for i, (name, type_) in enumerate(fields.items())
    }
    return Source(pa.table(columns), DatasetSchema(kind, "item_id", tuple(fields.items())))


def _value(value: Any, type_: str) -> Any:
    return dt.datetime.fromisoformat(value) if type_ == "timestamp" else value


def target(rows: Sequence[Row], *dimensions: str) -> Source:
    """Rows of item, (dimensions,) day of January 2015 or a whole time, and demand."""
    fields = {"item_id": "string", **dict.fromkeys(dimensions, "string")}
    fields |= {"timestamp": "timestamp", "demand": "float"}
    return source("TARGET_TIME_SERIES", fields, [(*r[:-2], day(r[-2]), r[-1]) for r in rows])


def related(rows: Sequence[Row], *dimensions: str, feature: str = "promo") -> Source:
    fields = {"item_id": "string", **dict.fromkeys(dimensions, "string")}
    fields |= {"timestamp": "timestamp", feature: "float"}
    return source("RELATED_TIME_SERIES", fields, [(*r[:-2], day(r[-2]), r[-1]) for r in rows])


def day(at: int | str) -> str:
    return at if isinstance(at, str) else f"2015-01-{at:02d}"


def panel_of(
    sales: Source,
    promotions: Source | None = None,
    metadata: Source | None = None,
    *,
    horizon: int = 2,
    frequency: str = "D",
    dimensions: tuple[str, ...] = (),
    **fillings: Mapping[str, str],
) -> ModelInput:
    config = PredictorConfig(
        dataset_group_arn="group",
        algorithm="seasonal_naive",
        algorithm_arn=None,
        horizon=horizon,
        frequency=frequency,
        dimensions=dimensions,
        forecast_types=("0.5",),
        fillings={"demand": NAN_FILLING, **fillings},
        country=None,
    )
    return build_input(Sources(sales, promotions, metadata, {}, ()), config)
