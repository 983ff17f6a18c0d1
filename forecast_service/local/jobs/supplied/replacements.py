"""Replacement data: rows of related series that are merged over a known future."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from forecast_service.common.arrow import to_numpy, to_times
from forecast_service.common.keys import series_key
from forecast_service.engine.calendar import periods_between
from forecast_service.engine.panel import KnownFuture
from forecast_service.engine.periods.frequency import Times
from forecast_service.errors import InvalidData
from forecast_service.local.files.schema import DatasetSchema
from forecast_service.local.jobs.aggregation import SeriesRows, series_rows, spread

__all__ = ["Replacement"]


class Replacement:
    """The rows of replacement files; ``names`` are the fields that identify a series.

    Raises
    ------
    InvalidData
        Two rows are about the same series and time.
    """

    def __init__(self, table: pa.Table, schema: DatasetSchema, names: Sequence[str]) -> None:
        self.table = table
        self.features = schema.numbers
        self.times = to_times(table[str(schema.timestamp)])
        self.series = series_rows(table, names)
        _refuse_repeated(self.series, self.times)

    def merged_over(
        self, future: KnownFuture, keys: Sequence[tuple[str, ...]], frequency: str
    ) -> KnownFuture:
        """The known future with the values of the files; empty cells keep theirs.

        Rows of other series and of other times are left out.
        """
        place = {key: row for row, key in enumerate(keys)}
        of_series = np.array([place.get(key, -1) for key in self.series.keys], dtype=np.int64)
        rows = of_series[self.series.rows]
        periods = periods_between(future.timestamps[0], self.times, frequency)
        inside = (rows >= 0) & (periods >= 0) & (periods < future.horizon)
        covariates = dict(future.covariates)
        for name in self.features:
            known = next((one for one in covariates if one.lower() == name.lower()), None)
            if known is not None:
                values = np.asarray(to_numpy(self.table[name]), dtype=np.float64)[inside]
                shape = (len(keys), future.horizon)
                given = spread(rows[inside], periods[inside], values, shape)
                covariates[known] = np.where(np.isnan(given), covariates[known], given)
        return KnownFuture(future.timestamps, covariates)


def _refuse_repeated(series: SeriesRows, times: Times) -> None:
    pairs = np.stack([series.rows, times.astype("datetime64[s]").astype(np.int64)], axis=1)
    _, first, counts = np.unique(pairs, axis=0, return_index=True, return_counts=True)
    if len(counts) and counts.max() > 1:
        at = int(first[int(np.argmax(counts > 1))])
        key = series_key(series.keys[series.rows[at]])
        raise InvalidData(
            f"The replacement data have two rows of series {key} at {times[at]}. "
            "Write one row per series and time."
        )
