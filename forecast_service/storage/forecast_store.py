"""The store of forecasts: one compact array per forecast and series.

Our engine writes its forecasts here. Forecasts made by Amazon are fetched into the same table.
Every answer is read from it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from forecast_service.common.keys import series_key
from forecast_service.errors import DamagedData, Remedy
from forecast_service.storage.database import Database
from forecast_service.storage.stored_forecast import StoredForecast, horizon_days
from forecast_service.storage.tables import (
    forecast_parts,
    forecast_summaries,
    forecast_values,
    forecasts,
)

__all__ = [
    "any_of",
    "days_of",
    "delete",
    "dormant_items",
    "dormant_stores",
    "forecast_row",
    "keys",
    "read",
    "read_each",
    "read_in_blocks",
    "read_many",
    "read_whole",
    "rename",
    "totals_of",
    "write",
]

BATCH_KEYS = 500  # names in one statement; databases limit the number of parameters
BATCH_ROWS = 2000  # bounds the memory of one executemany
LITTLE_ENDIAN = "<f8"
TOTALS = "/totals"


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


def read_each(
    connection: sa.Connection, forecast_arns: Sequence[str], key: str
) -> dict[str, StoredForecast]:
    """One series in several forecasts, by ARN, as far as it exists and is not damaged."""
    found: dict[str, StoredForecast] = {}
    for start in range(0, len(forecast_arns), BATCH_KEYS):
        statement = sa.select(forecast_values).where(
            forecast_values.c.forecast_arn.in_(forecast_arns[start : start + BATCH_KEYS]),
            forecast_values.c.series_key == key,
        )
        for row in connection.execute(statement):
            if not _is_damaged(row):
                found[row.forecast_arn] = _stored(row)
    return found


def read_whole(
    connection: sa.Connection, forecast_arn: str
) -> Iterator[tuple[str, StoredForecast | None]]:
    """Every series of a forecast by its key; None for one whose stored values are damaged."""
    statement = sa.select(forecast_values).where(forecast_values.c.forecast_arn == forecast_arn)
    for row in connection.execute(statement):
        yield row.series_key, None if _is_damaged(row) else _stored(row)


def read_in_blocks(
    database: Database, forecast_arn: str, size: int
) -> Iterator[list[StoredForecast]]:
    """Every series of a forecast in the order of their keys, at most ``size`` at a time.

    Each block is a transaction of its own: rows of a forecast never change.

    Raises
    ------
    DamagedData
        Stored values are not those that were written.
    """
    last = ""
    while True:
        statement = (
            sa.select(forecast_values)
            .where(
                forecast_values.c.forecast_arn == forecast_arn,
                forecast_values.c.series_key > last,
            )
            .order_by(forecast_values.c.series_key)
            .limit(size)
        )
        with database.read() as connection:
            rows = connection.execute(statement).all()
        for row in rows:
            _refuse_damaged(row)
        if not rows:
            return
        yield [_stored(row) for row in rows]
        last = rows[-1].series_key


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
    name_of = {series_key([name]): name for name in names}
    arns = (forecast_arn, totals_of(forecast_arn))
    return {name_of[key] for key in _dormant_keys(connection, arns, list(name_of))}


def dormant_items(
    connection: sa.Connection, forecast_arn: str | None, store: str, items: Sequence[str]
) -> list[str]:
    """Those of the items of a store that are dormant in a forecast, in the same order."""
    keys = [series_key([item, store]) for item in items]
    found = _dormant_keys(connection, (forecast_arn,), keys)
    return [item for item, key in zip(items, keys, strict=True) if key in found]


def rename(connection: sa.Connection, forecast_arn: str, name: str) -> None:
    """Keep the values of a forecast under another name, in place of its ARN."""
    connection.execute(
        sa.update(forecast_values)
        .where(forecast_values.c.forecast_arn == forecast_arn)
        .values(forecast_arn=name)
    )


def delete(connection: sa.Connection, forecast_arn: str) -> None:
    """Delete the rows of a forecast, and all that is kept of it."""
    arns = (forecast_arn, totals_of(forecast_arn))
    for table in (forecast_values, forecast_parts, forecast_summaries, forecasts):
        connection.execute(sa.delete(table).where(table.c.forecast_arn.in_(arns)))


def _dormant_keys(
    connection: sa.Connection, arns: Sequence[str | None], keys: Sequence[str]
) -> set[str]:
    """Those of these series that are dormant in one of these forecasts."""
    found: set[str] = set()
    for start in range(0, len(keys), BATCH_KEYS):
        statement = sa.select(forecast_values.c.series_key, forecast_values.c.facts).where(
            forecast_values.c.forecast_arn.in_(arns),
            forecast_values.c.series_key.in_(keys[start : start + BATCH_KEYS]),
        )
        rows = connection.execute(statement)
        found |= {key for key, facts in rows if (facts or {}).get("state") == "dormant"}
    return found


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
    if _is_damaged(row):
        raise DamagedData(
            f"The stored forecast of series '{row.series_key}' is damaged.",
            remedy=Remedy.TRAIN_BY_FORCE,
        )


def _is_damaged(row: Any) -> bool:
    """Whether the values are not those that were written; a row of an older version tells not."""
    return row.checksum not in (None, _checksum(row._mapping))


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
