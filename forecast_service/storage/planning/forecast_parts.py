"""The parts of stored forecasts: a compact row per forecast and series, beside its values."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from forecast_service.storage.tables import forecast_parts

__all__ = ["StoredParts", "read", "read_whole", "write"]

Floats = npt.NDArray[np.float64]
STEPS = 32_767  # of the largest part: two bytes per value are precise enough to be shown
BATCH_ROWS = 2000


@dataclass(frozen=True)
class StoredParts:
    """The parts of one series by name, each (horizon,), without the level, which is the rest.

    Without any, the level is everything: the model knows effects, but none matters.
    """

    forecast_arn: str
    series_key: str
    parts: Mapping[str, Floats]


def write(connection: sa.Connection, rows: Iterable[StoredParts]) -> None:
    """Store parts; earlier rows of the forecasts go."""
    kept = list(rows)
    for arn in {row.forecast_arn for row in kept}:
        connection.execute(sa.delete(forecast_parts).where(forecast_parts.c.forecast_arn == arn))
    for start in range(0, len(kept), BATCH_ROWS):
        batch = kept[start : start + BATCH_ROWS]
        connection.execute(sa.insert(forecast_parts), [_row(row) for row in batch])


def read(connection: sa.Connection, forecast_arn: str, series_key: str) -> dict[str, Floats] | None:
    """The parts of one series by name; None if none were stored."""
    row = connection.execute(
        sa.select(forecast_parts).where(
            forecast_parts.c.forecast_arn == forecast_arn,
            forecast_parts.c.series_key == series_key,
        )
    ).one_or_none()
    return None if row is None else _parts(row)


def read_whole(
    connection: sa.Connection, forecast_arn: str
) -> Iterator[tuple[str, dict[str, Floats]]]:
    """The parts of each series by its key."""
    statement = sa.select(forecast_parts).where(forecast_parts.c.forecast_arn == forecast_arn)
    for row in connection.execute(statement):
        yield row.series_key, _parts(row)


def _parts(row: Any) -> dict[str, Floats]:
    names = json.loads(row.names)
    steps = np.frombuffer(zlib.decompress(row._mapping["values"]), dtype="<i2")
    if not names:
        return {}
    values = steps.reshape(len(names), -1) * row.step
    return dict(zip(names, values, strict=True))


def _row(stored: StoredParts) -> dict[str, object]:
    values = np.array(list(stored.parts.values()), dtype=np.float64)
    step = float(np.abs(values).max(initial=0.0)) / STEPS or 1.0
    return {
        "forecast_arn": stored.forecast_arn,
        "series_key": stored.series_key,
        "names": json.dumps(list(stored.parts), ensure_ascii=False),
        "step": step,
        "values": zlib.compress(np.round(values / step).astype("<i2").tobytes()),
    }
