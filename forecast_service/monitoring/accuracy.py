"""Accuracy: how far the forecasts that were served were from the sales that came since.

Sums per week, lag and store are kept in ``accuracy_weeks``. A lag is measured in days of data: for
a day, the forecast of lag 7 is the newest one whose data ended seven days before it or earlier.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from forecast_service.engine.calendar import floor
from forecast_service.engine.panel import FloatArray
from forecast_service.engine.periods.frequency import parse_frequency, season_length
from forecast_service.monitoring.last_year import Days
from forecast_service.monitoring.packing import pack, unpack
from forecast_service.monitoring.served_forecasts import ServedForecasts
from forecast_service.monitoring.store_sales import StoreSales
from forecast_service.storage.tables import accuracy_weeks

__all__ = [
    "FIELDS",
    "LAGS",
    "Week",
    "WeekChanges",
    "find_changes",
    "read_weeks",
    "write_changes",
]

LAGS = (1, 7, 14, 28)
FIELDS = ("error", "bias", "sales", "days", "inside", "banded", "naive_error", "naive_sales")
KEPT_WEEKS = 52
PERIOD_DAYS = {"D": 1, "W": 7, "M": 31}
Columns = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Week:
    """The sums of one week: ``sums`` (lags, fields, n) for ``stores``; the fields are ``FIELDS``.

    ``error`` and ``bias`` are the sums of |p50 - sales| and of p50 - sales. ``days`` counts the
    days behind them, ``inside`` those between p10 and p90, of ``banded`` with such a band. The
    naive forecast repeats the newest known season, on the days of the others where it is known.
    """

    monday: date
    stores: tuple[str, ...]
    sums: FloatArray


@dataclass(frozen=True)
class WeekChanges:
    """Rows of ``accuracy_weeks`` to write, and the Mondays of those to delete."""

    group: str
    rows: tuple[dict[str, Any], ...]
    gone: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows) + len(self.gone)


def find_changes(
    connection: sa.Connection, served: ServedForecasts, sales: StoreSales, group: str
) -> WeekChanges:
    """Compute the weeks whose sales or forecasts are new or were corrected.

    All other weeks stay as they are. Weeks without a forecast or without sales go.
    """
    statement = sa.select(accuracy_weeks.c.week, accuracy_weeks.c.signature).where(
        accuracy_weeks.c.dataset_group == group
    )
    before = {row.week: row.signature for row in connection.execute(statement)}
    naive = [_naive(sales, lag) for lag in LAGS]
    rows, found = [], set()
    for monday, columns in _weeks(served, sales):
        arns = [served.newest(_days(sales, columns), lag) for lag in LAGS]
        signature = _signature(sales, columns, arns, naive)
        found.add(monday)
        if before.get(monday) != signature:
            sums = _sums(served, sales, columns, arns, naive).astype(np.float32)
            content = pack({"sums": sums}, list(sales.stores))
            rows.append({"week": monday, "signature": signature, "content": content})
    return WeekChanges(group, tuple(rows), tuple(sorted(set(before) - found)))


def write_changes(connection: sa.Connection, changes: WeekChanges) -> None:
    """Replace the weeks that changed."""
    for monday in (*changes.gone, *(row["week"] for row in changes.rows)):
        connection.execute(
            sa.delete(accuracy_weeks).where(
                accuracy_weeks.c.dataset_group == changes.group, accuracy_weeks.c.week == monday
            )
        )
    for row in changes.rows:
        connection.execute(sa.insert(accuracy_weeks).values(dataset_group=changes.group, **row))


def read_weeks(connection: sa.Connection, group: str, weeks: int) -> list[Week]:
    """The newest weeks, oldest first."""
    statement = (
        sa.select(accuracy_weeks.c.week, accuracy_weeks.c.content)
        .where(accuracy_weeks.c.dataset_group == group)
        .order_by(accuracy_weeks.c.week.desc())
        .limit(weeks)
    )
    return [_week(row.week, row.content) for row in connection.execute(statement)][::-1]


def _week(monday: str, content: bytes) -> Week:
    arrays, stores = unpack(content)
    sums: FloatArray = arrays["sums"].astype(np.float64)
    return Week(date.fromisoformat(monday), tuple(stores), sums)


def _weeks(served: ServedForecasts, sales: StoreSales) -> Iterator[tuple[str, Columns]]:
    """The Monday of every week with a forecast and sales, and the columns of its periods."""
    first = served.first_day
    if first is None or not len(sales.periods):
        return
    days = sales.periods.astype("datetime64[D]")
    mondays = floor(sales.periods, "W").astype("datetime64[D]")
    oldest = mondays[-1] - np.timedelta64(7 * (KEPT_WEEKS - 1), "D")
    for monday in np.unique(mondays[(days >= first) & (mondays >= oldest)]):
        columns = np.flatnonzero((mondays == monday) & (days >= first))
        yield str(monday), columns


def _days(sales: StoreSales, columns: Columns) -> Days:
    return np.asarray(sales.periods[columns].astype("datetime64[D]"))


def _signature(
    sales: StoreSales,
    columns: Columns,
    arns: list[list[str | None]],
    naive: list[FloatArray],
) -> int:
    """A checksum of everything that the sums of a week are computed from."""
    checksum = zlib.crc32("\n".join(sales.stores).encode())
    checksum = zlib.crc32(str(arns).encode(), checksum)
    for values in (sales.demand, *naive):
        checksum = zlib.crc32(np.ascontiguousarray(values[:, columns]).tobytes(), checksum)
    return checksum


def _sums(
    served: ServedForecasts,
    sales: StoreSales,
    columns: Columns,
    arns: list[list[str | None]],
    naive: list[FloatArray],
) -> FloatArray:
    sums = np.zeros((len(LAGS), len(FIELDS), len(sales.stores)))
    for place, of_lag in enumerate(arns):
        for column, arn in zip(columns.tolist(), of_lag, strict=True):
            if arn is not None:
                day = sales.periods[column].astype("datetime64[D]")
                forecast = served.values(arn, day, sales.stores)
                sums[place] += _of_day(sales.demand[:, column], forecast, naive[place][:, column])
    return sums


def _of_day(actual: FloatArray, forecast: FloatArray, naive: FloatArray) -> FloatArray:
    """The fields (fields, n) of one day. A day counts if it is known, and if the store was open:
    a closed day is forecast as 0 and sells 0."""
    low, middle, high = forecast
    counts = np.isfinite(actual) & np.isfinite(middle) & ~((actual == 0) & (middle == 0))
    banded = counts & np.isfinite(low) & np.isfinite(high)
    compared = counts & np.isfinite(naive)
    error = np.where(counts, middle - actual, 0.0)
    return np.stack(
        [
            np.abs(error),
            error,
            np.where(counts, actual, 0.0),
            counts,
            banded & (actual >= low) & (actual <= high),
            banded,
            np.where(compared, np.abs(naive - actual), 0.0),
            np.where(compared, actual, 0.0),
        ]
    )


def _naive(sales: StoreSales, lag: int) -> FloatArray:
    """The seasonal naive forecast (n, T): the newest season that was known ``lag`` days before."""
    season = season_length(sales.frequency)
    step = PERIOD_DAYS.get(parse_frequency(sales.frequency).unit, 1)
    back = season * max(1, -(-lag // (season * step)))
    naive = np.full(sales.demand.shape, np.nan)
    if back < len(sales.periods):
        naive[:, back:] = sales.demand[:, :-back]
    return naive
