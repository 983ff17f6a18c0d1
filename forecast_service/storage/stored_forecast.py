"""A stored forecast of one series: its values, its periods, and its form in Amazon's API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_service.common.keys import prediction_key
from forecast_service.errors import InvalidRequest

__all__ = ["StoredForecast", "count_between", "horizon_days", "period_starts", "predictions"]

UNIT_MONTHS = {"M": 1, "Y": 12}
LONG_UNITS = ("W", "M", "Y")  # units of periods that contain several days
UNIT_SECONDS = {"W": 7 * 86400, "D": 86400, "H": 3600, "min": 60}


@dataclass(frozen=True)
class StoredForecast:
    """The forecast of one series; ``values`` is float64 of shape (n_types, horizon).

    ``algorithm``, ``note`` and ``facts`` have no place in Amazon's API. They are stored with the
    values, and are None for a forecast that Amazon made.
    """

    forecast_arn: str
    series_key: str
    start: str
    """First period, ``yyyy-MM-ddTHH:mm:ss`` without a zone."""
    frequency: str
    """For example ``D`` or ``W-FRI``; weeks begin on the weekday of ``start``."""
    forecast_types: tuple[str, ...]
    values: npt.NDArray[np.float64]
    algorithm: str | None = None
    note: str | None = None
    facts: Mapping[str, Any] | None = None
    """Further facts: ``members`` with their weights, measured ``coverage``, ``assumptions``."""


def period_starts(stored: StoredForecast) -> list[str]:
    """Starts of the forecast's periods, ``yyyy-MM-ddTHH:mm:ss``, one per column of ``values``."""
    starts = _starts(stored.start, stored.frequency, stored.values.shape[1])
    return [str(text) for text in np.datetime_as_string(starts, unit="s")]


def horizon_days(stored: StoredForecast) -> tuple[str, str]:
    """First and last day of the forecast, ``yyyy-MM-dd``, both inclusive."""
    starts = _starts(stored.start, stored.frequency, stored.values.shape[1] + 1)
    first, end = starts[0].astype("datetime64[D]"), starts[-1] - np.timedelta64(1, "s")
    return str(first), str(end.astype("datetime64[D]"))


def predictions(
    stored: StoredForecast, start: str | None = None, end: str | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Amazon's ``Predictions``: per type the points between ``start`` and ``end``, both inclusive.

    A period of several days is included if any of its days is in the range. Other periods are
    included if their start is. The keys are ``p10``, ``mean`` …, one per forecast type; a list is
    empty if no period is in the range.

    Raises
    ------
    InvalidRequest
        ``start`` or ``end`` is not an ISO 8601 time.
    """
    starts = period_starts(stored)
    columns = _columns_between(stored, start, end)
    return {
        prediction_key(forecast_type): [
            {"Timestamp": starts[column], "Value": float(row[column])} for column in columns
        ]
        for forecast_type, row in zip(stored.forecast_types, stored.values, strict=True)
    }


def count_between(stored: StoredForecast, start: str | None, end: str | None) -> int:
    """Number of points, of all types, that ``predictions`` gives for this range."""
    return len(stored.forecast_types) * len(_columns_between(stored, start, end))


def _columns_between(stored: StoredForecast, start: str | None, end: str | None) -> list[int]:
    """Indices of the columns of ``values`` for the periods in the range."""
    count = stored.values.shape[1]
    first = None if start is None else np.datetime64(_plain_time(start), "s")
    last = None if end is None else np.datetime64(_plain_time(end), "s")
    if first is not None and last is not None and first > last:
        return []
    begins = _starts(stored.start, stored.frequency, count + 1)
    ends = begins[:-1]
    multiple, unit = _unit(stored.frequency)
    if unit in LONG_UNITS or (unit == "D" and multiple > 1):
        begins = begins.astype("datetime64[D]").astype("datetime64[s]")
        ends = begins[1:] - np.timedelta64(1, "s")
    is_inside = np.ones(count, dtype=bool)
    if first is not None:
        is_inside &= ends >= first
    if last is not None:
        is_inside &= begins[:-1] <= last
    return [int(column) for column in np.flatnonzero(is_inside)]


def _starts(start: str, frequency: str, count: int) -> npt.NDArray[np.datetime64]:
    """Starts of all periods; months and years keep the day and the hour of the first start."""
    multiple, unit = _unit(frequency)
    steps = np.arange(count) * multiple
    first = np.datetime64(start, "s")
    if unit in UNIT_MONTHS:
        month = first.astype("datetime64[M]")
        within: np.timedelta64 = first - month.astype("datetime64[s]")
        return np.asarray((month + steps * UNIT_MONTHS[unit]).astype("datetime64[s]") + within)
    return np.asarray(first + (steps * UNIT_SECONDS[unit]).astype("timedelta64[s]"))


def _unit(frequency: str) -> tuple[int, str]:
    """Multiple and unit of a frequency: ``(2, "W")`` for ``2W``."""
    digits, unit = re.match(r"(\d*)([A-Za-z]+)", frequency).groups()  # type: ignore[union-attr]
    return int(digits or 1), unit


def _plain_time(text: str) -> str:
    """The time in the form of stored times; a time zone is dropped, stored times have none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None).isoformat(timespec="seconds")
    except ValueError as error:
        raise InvalidRequest(
            f"'{text}' is not a time. Write it as '2015-08-01T00:00:00' (yyyy-MM-ddTHH:mm:ss)."
        ) from error
