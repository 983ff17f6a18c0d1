"""Stored forecasts: one compact array per forecast and series, and its form in Amazon's API.

Our engine writes its forecasts here. Forecasts made by Amazon are fetched into the same table.
Every answer is read from it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from forecast_service.common.keys import prediction_key, series_key
from forecast_service.errors import DamagedData, InvalidRequest, Remedy
from forecast_service.storage.tables import forecast_values, forecasts

__all__ = [
    "StoredForecast",
    "any_of",
    "count_between",
    "days_of",
    "delete",
    "dormant_items",
    "dormant_stores",
    "forecast_row",
    "horizon_days",
    "keys",
    "period_starts",
    "predictions",
    "read",
    "read_many",
    "totals_of",
    "write",
]

BATCH_KEYS = 500  # names in one statement; databases limit the number of parameters
BATCH_ROWS = 2000  # bounds the memory of one executemany
LITTLE_ENDIAN = "<f8"
UNIT_MONTHS = {"M": 1, "Y": 12}
LONG_UNITS = ("W", "M", "Y")  # units of periods that contain several days
TOTALS = "/totals"
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


def write(connection: sa.Connection, rows: Iterable[StoredForecast]) -> None:
    """Store forecasts; they replace rows of the same forecast and series, other rows stay."""
    statement = _upsert(connection)
    for batch in _batches(rows):
        connection.execute(statement, batch)


def read(connection: sa.Connection, forecast_arn: str, key: str) -> StoredForecast | None:
    """The forecast of one series (``keys.series_key``), or None; see ``read_many``."""
    return read_many(connection, forecast_arn, [key]).get(key)


def read_many(
    connection: sa.Connection, forecast_arn: str, keys: Sequence[str]
) -> dict[str, StoredForecast]:
    """The forecasts of these series, by key, as far as they exist.

    Raises
    ------
    DamagedData
        Stored values are not those that were written.
    """
    found: dict[str, StoredForecast] = {}
    for start in range(0, len(keys), BATCH_KEYS):
        statement = sa.select(forecast_values).where(
            forecast_values.c.forecast_arn == forecast_arn,
            forecast_values.c.series_key.in_(keys[start : start + BATCH_KEYS]),
        )
        for row in connection.execute(statement):
            _refuse_damaged(row)
            found[row.series_key] = _stored(row)
    return found


def forecast_row(connection: sa.Connection, forecast_arn: str) -> sa.RowMapping | None:
    """The row of ``forecasts`` for a forecast, or None."""
    statement = sa.select(forecasts).where(forecasts.c.forecast_arn == forecast_arn)
    return connection.execute(statement).mappings().one_or_none()


def any_of(connection: sa.Connection, forecast_arn: str) -> StoredForecast | None:
    """Any series of a forecast; all have the same periods and types."""
    statement = sa.select(forecast_values).where(forecast_values.c.forecast_arn == forecast_arn)
    row = connection.execute(statement.limit(1)).one_or_none()
    return None if row is None else _stored(row)


def days_of(connection: sa.Connection, forecast_arn: str) -> tuple[str, str] | None:
    """First and last day of a forecast, both inclusive; None without any series."""
    stored = any_of(connection, forecast_arn)
    return None if stored is None else horizon_days(stored)


def totals_of(forecast_arn: str) -> str:
    """Name under which the totals of the stores are kept beside a forecast of items."""
    return f"{forecast_arn}{TOTALS}"


def _stored(row: Any) -> StoredForecast:
    types = tuple(row.forecast_types.split(","))
    values = np.frombuffer(row._mapping["values"], dtype=LITTLE_ENDIAN).astype(np.float64)
    return StoredForecast(
        forecast_arn=row.forecast_arn,
        series_key=row.series_key,
        start=row.start,
        frequency=row.frequency,
        forecast_types=types,
        values=values.reshape(len(types), -1),
        algorithm=row.algorithm,
        note=row.note,
        facts=row.facts,
    )


def keys(connection: sa.Connection, forecast_arn: str) -> set[str]:
    """Keys of every series that a forecast holds."""
    statement = sa.select(forecast_values.c.series_key).where(
        forecast_values.c.forecast_arn == forecast_arn
    )
    return set(connection.execute(statement).scalars())


def dormant_stores(
    connection: sa.Connection, forecast_arn: str | None, names: Sequence[str]
) -> set[str]:
    """Those of the stores ``names`` that are dormant in a forecast.

    Only a series that is a whole store counts, or the total of all its items.
    """
    if forecast_arn is None:
        return set()
    dormant: set[str] = set()
    for batch in range(0, len(names), BATCH_KEYS):
        by_key = {series_key([name]): name for name in names[batch : batch + BATCH_KEYS]}
        statement = sa.select(forecast_values.c.series_key, forecast_values.c.facts).where(
            forecast_values.c.forecast_arn.in_((forecast_arn, totals_of(forecast_arn))),
            forecast_values.c.series_key.in_(list(by_key)),
        )
        rows = connection.execute(statement)
        dormant |= {by_key[key] for key, facts in rows if (facts or {}).get("state") == "dormant"}
    return dormant


def dormant_items(
    connection: sa.Connection, forecast_arn: str | None, store: str, items: Sequence[str]
) -> list[str]:
    """Those of the items of a store that are dormant in a forecast, in the same order."""
    keys = [series_key([item, store]) for item in items]
    found: set[str] = set()
    for start in range(0, len(keys), BATCH_ROWS // 4):
        statement = sa.select(forecast_values.c.series_key, forecast_values.c.facts).where(
            forecast_values.c.forecast_arn == forecast_arn,
            forecast_values.c.series_key.in_(keys[start : start + BATCH_ROWS // 4]),
        )
        rows = connection.execute(statement)
        found |= {key for key, facts in rows if (facts or {}).get("state") == "dormant"}
    return [item for item, key in zip(items, keys, strict=True) if key in found]


def delete(connection: sa.Connection, forecast_arn: str) -> None:
    """Delete the rows of a forecast, its totals, and its record in ``forecasts``."""
    arns = (forecast_arn, totals_of(forecast_arn))
    for table in (forecast_values, forecasts):
        connection.execute(sa.delete(table).where(table.c.forecast_arn.in_(arns)))


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
    if _unit(stored.frequency)[1] in LONG_UNITS:
        begins = begins.astype("datetime64[D]").astype("datetime64[s]")
        ends = begins[1:] - np.timedelta64(1, "s")
    is_inside = np.ones(count, dtype=bool)
    if first is not None:
        is_inside &= ends >= first
    if last is not None:
        is_inside &= begins[:-1] <= last
    return [int(column) for column in np.flatnonzero(is_inside)]


def _upsert(connection: sa.Connection) -> Any:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(forecast_values)
    identity = [column.name for column in forecast_values.primary_key]
    return statement.on_conflict_do_update(
        index_elements=identity,
        set_={
            column.name: statement.excluded[column.name]
            for column in forecast_values.c
            if column.name not in identity
        },
    )


def _batches(rows: Iterable[StoredForecast]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(_row(row))
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _refuse_damaged(row: Any) -> None:
    if row.checksum not in (None, _checksum(row._mapping)):
        raise DamagedData(
            f"The stored forecast of series '{row.series_key}' is damaged.",
            remedy=Remedy.TRAIN_BY_FORCE,
        )


def _checksum(row: Mapping[str, Any]) -> int:
    """CRC-32 of what an answer is made of."""
    facts = f"{row['start']},{row['frequency']},{row['forecast_types']}"
    return zlib.crc32(row["values"], zlib.crc32(facts.encode()))


def _row(stored: StoredForecast) -> dict[str, Any]:
    row = {
        "forecast_arn": stored.forecast_arn,
        "series_key": stored.series_key,
        "start": stored.start,
        "frequency": stored.frequency,
        "forecast_types": ",".join(stored.forecast_types),
        "values": np.ascontiguousarray(stored.values, dtype=LITTLE_ENDIAN).tobytes(),
        "algorithm": stored.algorithm,
        "note": stored.note,
        "facts": None if stored.facts is None else dict(stored.facts),
    }
    return {**row, "checksum": _checksum(row)}


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
