"""Complete days: where the histories of a panel of daily data end."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecast_service.engine.periods.frequency import Times

__all__ = ["last_complete_day"]

WEEK = 7
WEEKS = 4  # compared with the days of the same weekday in the last weeks, or else with all
RECENT = WEEK * WEEKS + WEEK + 2  # distinct days that matter


def last_complete_day(
    days: Times, series: npt.NDArray[np.integer], distinct: Times
) -> np.datetime64:
    """The last day that more than half of the usual number of series have.

    One series alone never moves the end of the others. At most a week of days is passed over:
    after that, the other series have ended. ``days`` and ``series`` have one entry per row,
    ``distinct`` has the times that occur.
    """
    recent = days >= np.unique(distinct.astype("datetime64[D]"))[-RECENT:][0]
    days, series = days[recent], series[recent]
    present, at = np.unique(days.astype("datetime64[D]"), return_inverse=True)
    pairs = np.unique(at * (int(series.max()) + 1) + series)
    counts = np.bincount(pairs // (int(series.max()) + 1), minlength=len(present))
    for index in range(len(present) - 1, max(len(present) - 2 - WEEK, 0), -1):
        if 2 * counts[index] > _usual(present, counts, index):
            return np.datetime64(present[index])
    return np.datetime64(present[-1])


def _usual(present: Times, counts: npt.NDArray[np.integer], index: int) -> float:
    """Usual number of series on the weekday of a day, from the days before it."""
    first = max(index - WEEK * WEEKS, 0)
    before = counts[first:index]
    weekday = (present[first:index] - present[index]).astype(int) % WEEK == 0
    return float(np.median(before[weekday] if weekday.any() else before))
