"""What-if forecast export jobs: the baseline and what-if forecasts side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from forecast_service.common.keys import prediction_key, split_key
from forecast_service.errors import InvalidData
from forecast_service.local.jobs.exports.export_files import export_destination, write_export
from forecast_service.local.jobs.exports.forecast_export import BLOCK_SERIES, series_columns
from forecast_service.local.jobs.job import Finish, Job
from forecast_service.local.resource_details import JobDetails, PredictorDetails
from forecast_service.storage import forecast_store
from forecast_service.storage.stored_forecast import StoredForecast, period_starts

__all__ = ["run_what_if_export"]

BASELINE = "Baseline"


def run_what_if_export(job: Job) -> Finish:
    """Write all points of the what-if forecasts; the returned function records nothing more.

    Columns: the fields that identify a series, ``date`` (with ``Z``), then ``Baseline_p50`` and
    ``<name>_p50`` for each forecast and type.

    Raises
    ------
    InvalidData
        The destination cannot be written, or a forecast has no values.
    DamagedData
        A stored value is not as it was written.
    """
    what_ifs = [job.get(arn) for arn in job.resource.request["WhatIfForecastArns"]]
    forecast = job.get(job.get(str(job.resource.parent_arn)).request["ForecastArn"])
    predictor = job.get(str(forecast.parent_arn))
    names = tuple(PredictorDetails.of(predictor.details).keys or ())
    arns = {BASELINE: forecast.arn, **{what_if.name: what_if.arn for what_if in what_ifs}}
    with export_destination(job) as destination:
        write_export(destination, {"": _tables(job, arns, names)})
    details = JobDetails.of(job.resource.details)

    def finish(connection: sa.Connection) -> JobDetails:
        return details

    return finish


def _tables(job: Job, arns: Mapping[str, str], names: Sequence[str]) -> Iterator[pa.Table]:
    """The series of the what-ifs in blocks; ``arns`` has the forecast of each group of columns."""
    leading = list(arns.values())[-1]
    done = 0
    for block in forecast_store.read_in_blocks(job.database, leading, BLOCK_SERIES):
        job.progress(0.5, f"{done} series")
        keys = [series.series_key for series in block]
        with job.database.read() as connection:
            found = {
                name: forecast_store.read_many(connection, arn, keys) for name, arn in arns.items()
            }
        yield _table({name: [of[key] for key in keys] for name, of in found.items()}, names)
        done += len(block)
    if not done:
        raise InvalidData(f"'{leading}' has no values. Create another what-if forecast.")


def _table(forecasts: Mapping[str, Sequence[StoredForecast]], names: Sequence[str]) -> pa.Table:
    baseline = forecasts[BASELINE]
    dates = pa.array([f"{start}Z" for start in period_starts(baseline[0])])
    keys = [split_key(series.series_key) for series in baseline]
    columns = {
        **series_columns(keys, names, [len(dates)] * len(baseline)),
        "date": dates.take(pa.array(np.tile(np.arange(len(dates)), len(baseline)))),
    }
    for name, block in forecasts.items():
        values = np.stack([series.values for series in block])
        for place, forecast_type in enumerate(block[0].forecast_types):
            columns[f"{name}_{prediction_key(forecast_type)}"] = pa.array(values[:, place].ravel())
    return pa.table(columns)
