"""Helpers of the tests of exports: forecasts with values, and the files of an export."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from forecast_service.common.keys import series_key
from forecast_service.storage import forecast_store
from forecast_service.storage.stored_forecast import StoredForecast

from ..amazon import ROLE, Amazon

TYPES = ("0.9", "0.1", "mean")


def forecast_of(
    amazon: Amazon, keys: Sequence[Sequence[str]], horizon: int = 2, **fields: str
) -> str:
    """An ACTIVE forecast from 2015-08-01 of these series; ``fields`` are dimensions."""
    dimensions = {"ForecastDimensions": list(fields)} if fields else {}
    arn = amazon.make_forecast(amazon.predictor(amazon.trainable_group(**fields), **dimensions))
    size = len(TYPES) * horizon
    rows = [
        StoredForecast(
            forecast_arn=arn,
            series_key=series_key(key),
            start="2015-08-01T00:00:00",
            frequency="D",
            forecast_types=TYPES,
            values=(place + np.arange(size) / 8).reshape(len(TYPES), horizon),
        )
        for place, key in enumerate(keys)
    ]
    with amazon.database.write() as connection:
        forecast_store.write(connection, rows)
    return arn


def bucket_folder(amazon: Amazon) -> Path:
    """The local bucket ``exports``."""
    folder = amazon.settings.home / "s3" / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def request(forecast: str, path: str = "s3://exports/daily", **over: Any) -> dict[str, Any]:
    """Parameters of CreateForecastExportJob."""
    return {
        "ForecastExportJobName": "nightly",
        "ForecastArn": forecast,
        "Destination": {"S3Config": {"Path": path, "RoleArn": ROLE}},
        **over,
    }


def csv_rows(text: str) -> list[list[str]]:
    """The rows of a CSV file, with its header."""
    return list(csv.reader(io.StringIO(text)))
