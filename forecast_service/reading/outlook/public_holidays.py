"""Public holidays by day, for the pictures and tables of people."""

from __future__ import annotations

from functools import lru_cache

from forecast_service.engine.calendar import holiday_dates
from forecast_service.reading.outlook.timeline import Dates

__all__ = ["holidays_on"]


def holidays_on(dates: Dates, country: str | None) -> dict[str, str]:
    """Names of the public holidays among these dates, by ISO date; empty without a country."""
    if country is None or not len(dates):
        return {}
    years = dates.astype("datetime64[Y]").astype(int) + 1970
    named = _named(country, int(years.min()), int(years.max()))
    return {day: named[day] for day in map(str, dates) if day in named}


@lru_cache(maxsize=32)
def _named(country: str, first: int, last: int) -> dict[str, str]:
    """Names of the holidays of these years by ISO date; two on one day are joined."""
    names: dict[str, str] = {}
    for name, days in holiday_dates(country, range(first, last + 1)).items():
        for day in days.astype("datetime64[D]"):
            key = str(day)
            names[key] = f"{names[key]}; {name}" if key in names else name
    return dict(sorted(names.items()))
