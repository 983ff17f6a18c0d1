"""The backtest of a predictor as one Parquet file beside its model, written and read in blocks.

One row per series: its key, and the values of all windows after one another. The schema's metadata
have the periods of the windows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from forecast_service.common.files import link_or_copy, sync
from forecast_service.common.keys import series_key, split_key
from forecast_service.engine import metrics
from forecast_service.engine.backtest import Backtest, TestedWindow
from forecast_service.engine.panel import FloatArray
from forecast_service.errors import InvalidData

__all__ = ["BACKTEST", "BacktestBlock", "keep_backtest", "read_backtest", "save_backtest"]

BACKTEST = "backtest.parquet"
BLOCK_SERIES = 500
META = b"backtest"

Times = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class BacktestBlock:
    """Some series in all windows, oldest window first."""

    keys: tuple[tuple[str, ...], ...]
    times: tuple[tuple[str, ...], ...]
    """Starts of the periods of each window, ``yyyy-MM-ddTHH:mm:ss``."""
    levels: tuple[float, ...]
    actual: FloatArray
    """(n, windows, horizon); NaN where unknown."""
    mean: FloatArray
    """(n, windows, horizon)."""
    quantiles: FloatArray
    """(n, windows, horizon, levels)."""
    scale: FloatArray
    """(n, windows): the mean seasonal difference of the history, for MASE."""


def save_backtest(folder: Path, tested: Backtest, timestamps: Times) -> None:
    """Write the forecasts and actual values of all windows into ``folder``, durably.

    ``timestamps`` are the period starts of the panel. Without a window there is no file.
    """
    windows = sorted((w for w in tested.windows if w.item_count), key=lambda w: w.start)
    if not windows:
        return
    horizon = windows[0].actual.shape[1]
    times = [timestamps[w.cutoff : w.cutoff + horizon] for w in windows]
    facts = {
        "times": [np.datetime_as_string(of_window, unit="s").tolist() for of_window in times],
        "levels": tested.levels,
    }
    schema = _schema(len(windows), horizon, tested.levels, facts)
    part = folder / f"{BACKTEST}.part"
    with _writer(part, schema) as writer:
        for start in range(0, len(tested.keys), BLOCK_SERIES):
            rows = slice(start, start + BLOCK_SERIES)
            keys = pa.array([series_key(key) for key in tested.keys[rows]], pa.string())
            lists = [_lists(values) for values in _columns(windows, rows)]
            writer.write_table(pa.Table.from_arrays([keys, *lists], schema=schema))
    sync(part)
    part.rename(folder / BACKTEST)
    sync(folder)


def keep_backtest(source: Path, folder: Path) -> None:
    """Take over the backtest of an earlier predictor, if it has one."""
    if source.is_file():
        link_or_copy(source, folder / BACKTEST)
        sync(folder)


def read_backtest(path: Path) -> Iterator[BacktestBlock]:
    """The backtest in blocks of some series.

    Raises
    ------
    InvalidData
        The file is missing or damaged.
    """
    try:
        with pq.ParquetFile(path, pre_buffer=False, page_checksum_verification=True) as file:
            facts = json.loads(file.schema_arrow.metadata[META])
            for batch in file.iter_batches(BLOCK_SERIES):
                yield _tested(batch, facts["times"], facts["levels"])
    except FileNotFoundError as error:
        raise InvalidData(
            "The predictor has no backtest: its history was too short for one, or it was trained "
            "by a version of the service that kept none. Train a new predictor."
        ) from error
    except (pa.ArrowInvalid, OSError, KeyError, ValueError, TypeError) as error:
        raise InvalidData(
            f"The file '{path.name}' of the predictor is damaged. Train a new predictor."
        ) from error


def _columns(windows: Sequence[TestedWindow], rows: slice) -> Iterator[FloatArray]:
    """The columns of the file after the key, each with the axes series and window first."""
    yield np.stack([window.actual[rows] for window in windows], axis=1)
    yield np.stack([window.mean[rows] for window in windows], axis=1)
    quantiles = np.stack([window.quantiles[rows] for window in windows], axis=1)
    yield from np.moveaxis(quantiles, -1, 0)
    scales = [metrics.seasonal_scale(w.history[rows], w.season_length) for w in windows]
    yield np.stack(scales, axis=1)


def _schema(n_windows: int, horizon: int, levels: tuple[float, ...], facts: object) -> pa.Schema:
    points = pa.list_(pa.float64(), n_windows * horizon)
    fields = [
        ("key", pa.string()),
        ("actual", points),
        ("mean", points),
        *((f"{level:g}", points) for level in levels),
        ("scale", pa.list_(pa.float64(), n_windows)),
    ]
    return pa.schema(fields, metadata={META: json.dumps(facts)})


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        use_dictionary=["key"],
        use_byte_stream_split=[f"{name}.list.element" for name in schema.names[1:]],
        write_page_checksum=True,
    )


def _lists(values: FloatArray) -> pa.Array:
    """One list per series, of all its other axes."""
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, values[0].size)


def _tested(batch: pa.RecordBatch, times: list[list[str]], levels: list[float]) -> BacktestBlock:
    shape = (batch.num_rows, len(times), len(times[0]))

    def values(name: str) -> FloatArray:
        flat: FloatArray = batch.column(name).flatten().to_numpy(zero_copy_only=False)
        return flat.reshape(shape)

    scale: FloatArray = batch.column("scale").flatten().to_numpy(zero_copy_only=False)
    return BacktestBlock(
        keys=tuple(split_key(key) for key in batch.column("key").to_pylist()),
        times=tuple(tuple(window) for window in times),
        levels=tuple(levels),
        actual=values("actual"),
        mean=values("mean"),
        quantiles=np.stack([values(f"{level:g}") for level in levels], axis=-1),
        scale=scale.reshape(shape[:2]),
    )
