"""Explainability export jobs: impact scores, and their aggregates, as files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from forecast_service.common.keys import split_key
from forecast_service.local.jobs.explaining.impacts import AGGREGATE
from forecast_service.local.jobs.exports.export_files import export_destination, write_export
from forecast_service.local.jobs.job import Finish, Job
from forecast_service.local.kinds import FORECAST, PREDICTOR
from forecast_service.local.resource_details import (
    ExplainabilityDetails,
    JobDetails,
    PredictorDetails,
)
from forecast_service.storage.planning import forecast_parts

__all__ = ["run_explainability_export"]

ALL = "Aggregate"
NORMALIZED, RAW = "NormalizedImpactScore", "RawImpactScore"

Scores = dict[str, np.ndarray[Any, np.dtype[np.float64]]]


def run_explainability_export(job: Job) -> Finish:
    """Write all scores of an explainability; the returned function records nothing more.

    Columns: the fields that identify a series, ``timestamp`` (only of a forecast), then two scores
    of each attribute. ``Aggregate`` stands for all series, or for all periods.

    Raises
    ------
    InvalidData
        The destination cannot be written.
    """
    explained = job.get(job.resource.request["ExplainabilityArn"])
    subject = job.get(explained.request["ResourceArn"])
    predictor = subject if subject.type == PREDICTOR.word else job.get(str(subject.parent_arn))
    names = tuple(PredictorDetails.of(predictor.details).keys or ())
    times = [f"{at}Z" for at in ExplainabilityDetails.of(explained.details).times or ()]
    with job.database.read() as connection:
        stored = dict(forecast_parts.read_whole(connection, explained.arn))
    has_times = subject.type == FORECAST.word
    with export_destination(job) as destination:
        table = _table(stored, names, [*times, ALL], has_times=has_times)
        write_export(destination, {"": [table]})
    details = JobDetails.of(job.resource.details)

    def finish(connection: sa.Connection) -> JobDetails:
        return details

    return finish


def _table(
    stored: dict[str, Scores], names: Sequence[str], times: Sequence[str], *, has_times: bool
) -> pa.Table:
    order = sorted(stored, key=lambda key: (key == AGGREGATE, key))
    keys = [tuple([ALL] * len(names)) if key == AGGREGATE else split_key(key) for key in order]
    columns: dict[str, Any] = {
        name: [key[place] for key in keys for _ in times] for place, name in enumerate(names)
    }
    if has_times:
        columns["timestamp"] = [time for _ in keys for time in times]
    most = max((np.abs(v).max() for of in stored.values() for v in of.values()), default=0.0)
    for attribute in next(iter(stored.values())):
        raw = np.concatenate([stored[key][attribute] for key in order])
        columns[f"{attribute}-{NORMALIZED}"] = raw / most if most else raw
        columns[f"{attribute}-{RAW}"] = raw
    return pa.table(columns)
