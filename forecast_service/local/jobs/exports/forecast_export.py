"""Forecast export jobs: every series of a forecast, read in blocks, written as files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from forecast_service.common.keys import prediction_key, split_key
from forecast_service.errors import InvalidData
from forecast_service.local.catalog import Resource
from forecast_service.local.jobs.exports.export_files import export_destination, write_export
from forecast_service.local.jobs.job import Finish, Job
from forecast_service.local.resource_details import (
    ForecastDetails,
    JobDetails,
    PredictorDetails,
)
from forecast_service.storage import forecast_store
from forecast_service.storage.stored_forecast import StoredForecast, period_starts

__all__ = ["run_forecast_export", "series_columns"]

BLOCK_SERIES = 500


def run_forecast_export(job: Job) -> Finish:
    """Write all points of the forecast; the returned function records nothing more.

    Columns: the item, ``date`` (with ``Z``), the dimensions, then the forecast types as the
    forecast has them.

    Raises
    ------
    InvalidData
        The destination cannot be written.
    DamagedData
        A stored value is not as it was written.
    """
    forecast = job.get(job.resource.request["ForecastArn"])
    predictor = job.get(str(forecast.parent_arn))
    names = tuple(PredictorDetails.of(predictor.details).keys or ())
    with export_destination(job) as destination:
        write_export(destination, {"": _tables(job, forecast, names)})
    details = JobDetails.of(job.resource.details)

    def finish(connection: sa.Connection) -> JobDetails:
        return details

    return finish


def series_columns(
    keys: Sequence[Sequence[str]], names: Sequence[str], counts: Sequence[int]
) -> dict[str, pa.Array]:
    """The columns ``names`` that identify series; the key of series k stands in counts[k] rows."""
    rows = np.repeat(np.arange(len(keys)), counts)
    return {
        name: pa.array([key[place] for key in keys], pa.string()).take(pa.array(rows))
        for place, name in enumerate(names)
    }


def _tables(job: Job, forecast: Resource, names: Sequence[str]) -> Iterator[pa.Table]:
    total = max(ForecastDetails.of(forecast.details).series or 0, 1)
    done = 0
    for block in forecast_store.read_in_blocks(job.database, forecast.arn, BLOCK_SERIES):
        job.progress(0.9 * min(done / total, 1.0), f"{done} of {total} series")
        yield _table(block, names)
        done += len(block)
    if not done:
        raise InvalidData(f"Forecast '{forecast.name}' has no values. Create another forecast.")


def _table(block: Sequence[StoredForecast], names: Sequence[str]) -> pa.Table:
    """The points of some series of a forecast; all have the same periods and types."""
    dates = pa.array([f"{start}Z" for start in period_starts(block[0])])
    keys = [split_key(series.series_key) for series in block]
    item, *dimensions = series_columns(keys, names, [len(dates)] * len(block)).items()
    values = np.stack([series.values for series in block])
    places = pa.array(np.tile(np.arange(len(dates)), len(block)))
    types = (prediction_key(forecast_type) for forecast_type in block[0].forecast_types)
    columns = {
        item[0]: item[1],
        "date": dates.take(places),
        **dict(dimensions),
        **{name: pa.array(values[:, place].ravel()) for place, name in enumerate(types)},
    }
    return pa.table(columns)
