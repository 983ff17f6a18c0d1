"""The histories that a Prophet solver fits; they can be sent to other processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray
from forecast_service.engine.periods.frequency import Times

__all__ = ["Histories"]


@dataclass(frozen=True)
class Histories:
    """Series with at least 14 known periods over at least 14 days (2 days if sub-daily)."""

    times: Times
    target: FloatArray
    """(n, T); NaN on closed days and where it is not known."""
    covariates: Mapping[str, FloatArray]
    """(n, T) each."""
    holidays: Mapping[str, Times]
    """Days of each public holiday by name, also after the end of ``times``."""

    def __len__(self) -> int:
        return len(self.target)

    def take(self, rows: slice | npt.NDArray[np.intp]) -> Histories:
        covariates = {name: values[rows] for name, values in self.covariates.items()}
        return Histories(self.times, self.target[rows], covariates, self.holidays)

    def covariate_ranges(self) -> tuple[FloatArray, FloatArray]:
        """Least and largest value of each covariate on known periods, both (n, names)."""
        known = ~np.isnan(self.target)
        ends = [
            (
                np.where(known, values, np.inf).min(axis=1),
                np.where(known, values, -np.inf).max(axis=1),
            )
            for values in self.covariates.values()
        ]
        low, high = np.array(ends).reshape(-1, 2, len(self)).transpose(1, 2, 0)
        return low, high

    @property
    def numbered_holidays(self) -> npt.NDArray[np.int64]:
        """Each holiday as (index of its name, day since the epoch), shape (d, 2)."""
        pairs = [
            (index, int(day.astype("datetime64[D]").astype(np.int64)))
            for index, days in enumerate(self.holidays.values())
            for day in days
        ]
        return np.array(pairs, dtype=np.int64).reshape(-1, 2)
