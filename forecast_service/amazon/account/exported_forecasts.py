"""Exported forecasts: what Amazon's export of a forecast on S3 says, beside our own forecast."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from forecast_service.common.keys import series_key
from forecast_service.settings import Settings
from forecast_service.storage import forecast_store
from forecast_service.storage.database import Database
from forecast_service.storage.objects.object_store import each_opened, open_store
from forecast_service.storage.stored_forecast import predictions

__all__ = ["ExportedForecasts"]

BEFORE_VALUES = ("item_id", "date")
MEDIANS = ("p50", "mean")
DATE_LENGTH = len("2019-02-01T00:00:00")


class ExportedForecasts:
    """Reads exports of Amazon's, and compares them with forecasts that are stored here."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings = settings
        self.database = database

    def difference(self, export: Mapping[str, Any], forecast_arn: str) -> float | None:
        """Sum of the absolute differences of the medians, as a share of those in the export.

        ``export`` describes an export job, ``forecast_arn`` is our forecast. None if they have no
        series, time and column in common.

        Raises
        ------
        InvalidData
            The files cannot be read.
        """
        apart, total = 0.0, 0.0
        with self.database.read() as connection:
            for table in self._tables(export):
                column = next((name for name in MEDIANS if name in table.column_names), None)
                if column is None:
                    return None
                for key, values in _by_series(table, column).items():
                    stored = forecast_store.read(connection, forecast_arn, key)
                    points = {} if stored is None else predictions(stored)
                    for point in points.get(column, ()):
                        value = values.get(str(point["Timestamp"])[:DATE_LENGTH])
                        if value is not None:
                            apart += abs(point["Value"] - value)
                            total += abs(value)
        return apart / total if total else None

    def _tables(self, export: Mapping[str, Any]) -> Iterator[pa.Table]:
        """The content of each file that the job wrote."""
        config = export["Destination"]["S3Config"]
        name = export["ForecastExportJobName"]
        with tempfile.TemporaryDirectory(dir=self.settings.home) as scratch:
            store = open_store(self.settings, config, Path(scratch))
            found = [one for one in store.find(config["Path"]) if one.name.startswith(f"{name}_")]
            for path in each_opened(store, found):
                is_parquet = export.get("Format", "CSV") == "PARQUET"
                yield pq.read_table(path) if is_parquet else pa_csv.read_csv(path)


def _by_series(table: pa.Table, column: str) -> dict[str, dict[str, float]]:
    """Key of the series -> time -> value."""
    dimensions = [
        name
        for name in table.column_names
        if name not in BEFORE_VALUES and pa.types.is_string(table.schema.field(name).type)
    ]
    names = ["item_id", *dimensions]
    keys = zip(*(table.column(name).cast(pa.string()).to_pylist() for name in names), strict=True)
    times = [str(time).replace(" ", "T")[:DATE_LENGTH] for time in table.column("date").to_pylist()]
    found: dict[str, dict[str, float]] = {}
    for key, time, value in zip(keys, times, table.column(column).to_pylist(), strict=True):
        found.setdefault(series_key(list(key)), {})[time] = float(value)
    return found
