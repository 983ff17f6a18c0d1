"""Last year: the period a year before that a period is compared with."""

from __future__ import annotations

import numpy as np

from forecast_service.engine.calendar import parse_frequency
from forecast_service.reading.outlook.timeline import Dates

__all__ = ["a_year_before"]

WEEKS = 52


def a_year_before(dates: Dates, frequency: str) -> Dates:
    """The comparable dates: the same weekday 52 weeks before, or the same month."""
    if parse_frequency(frequency).unit in ("M", "Y"):
        months = dates.astype("datetime64[M]")
        within = dates - months.astype("datetime64[D]")
        return np.asarray((months - 12).astype("datetime64[D]") + within)
    return np.asarray(dates - np.timedelta64(7 * WEEKS, "D"))
