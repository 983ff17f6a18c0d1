"""Conversions between numpy and Arrow that do not import pandas.

``pa.array`` and ``Array.to_numpy`` import pandas on their first call. That costs most of a second
of CPU, as much as reading a million rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

__all__ = [
    "dictionary_text",
    "floats_with_nulls",
    "from_booleans",
    "from_numpy",
    "from_texts",
    "from_times",
    "to_numpy",
    "to_times",
    "write_csv_rows",
]

TYPES = {"int32": pa.int32(), "int64": pa.int64(), "float64": pa.float64()}
MILLISECONDS = pa.timestamp("ms")


def to_numpy(
    array: pa.Array | pa.ChunkedArray, missing: int | None = None
) -> npt.NDArray[np.generic]:
    """Values of a numeric or boolean array; nulls become NaN in floats, ``missing`` in integers.

    Raises
    ------
    ValueError
        The array has nulls, is not of floats, and ``missing`` is None.
    """
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks == 1 else _as_one(array)
    if pa.types.is_boolean(array.type):
        return to_numpy(array.cast(pa.uint8()), missing).astype(bool)
    if not array.null_count:
        return np.asarray(np.from_dlpack(array))
    if not pa.types.is_floating(array.type) and missing is None:
        raise ValueError(f"An array of {array.type} with nulls has no numpy form.")
    valid = to_numpy(pc.is_valid(array))
    without_nulls = pa.Array.from_buffers(
        array.type, len(array), [None, array.buffers()[1]], offset=array.offset
    )
    return np.where(valid, to_numpy(without_nulls), np.nan if missing is None else missing)


def _as_one(column: pa.ChunkedArray) -> pa.Array:
    """The chunks as one array; a table of no row group has no chunk."""
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def from_numpy(values: npt.NDArray[np.generic]) -> pa.Array:
    """An Arrow array over the same memory: int32, int64 or float64 (NaN stays NaN)."""
    contiguous = np.ascontiguousarray(values)
    kind = TYPES[contiguous.dtype.name]
    return pa.Array.from_buffers(kind, len(contiguous), [None, pa.py_buffer(contiguous)])


def from_booleans(values: npt.NDArray[np.bool_]) -> pa.Array:
    """An Arrow array of booleans."""
    bits = pa.py_buffer(np.packbits(values, bitorder="little"))
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, bits])


def from_times(times: npt.NDArray[np.datetime64]) -> pa.Array:
    """An Arrow array of times (timestamp[ms]); NaT becomes null."""
    contiguous = np.ascontiguousarray(times, dtype="datetime64[ms]")
    valid = np.packbits(~np.isnat(contiguous), bitorder="little")
    buffers = [pa.py_buffer(valid), pa.py_buffer(contiguous.view(np.int64))]
    return pa.Array.from_buffers(MILLISECONDS, len(contiguous), buffers)


def to_times(array: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.datetime64]:
    """Times of any unit as datetime64[ms]; nulls are NaT."""
    not_a_time = int(np.datetime64("NaT").view(np.int64))
    ticks = to_numpy(array.cast(MILLISECONDS, safe=False).cast(pa.int64()), missing=not_a_time)
    return np.asarray(ticks, dtype=np.int64).view("datetime64[ms]")


def floats_with_nulls(values: npt.NDArray[np.float64]) -> pa.Array:
    """An Arrow array of float64; NaN becomes null."""
    contiguous = np.ascontiguousarray(values, dtype=np.float64)
    valid = np.packbits(~np.isnan(contiguous), bitorder="little")
    buffers = [pa.py_buffer(valid), pa.py_buffer(contiguous)]
    return pa.Array.from_buffers(pa.float64(), len(contiguous), buffers)


def from_texts(texts: Sequence[str]) -> pa.Array:
    """An Arrow array of text."""
    encoded = [text.encode("utf-8") for text in texts]
    offsets = np.zeros(len(encoded) + 1, dtype=np.int32)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def dictionary_text(codes: npt.NDArray[np.generic], texts: Sequence[str]) -> pa.DictionaryArray:
    """An Arrow array of text, stored as codes into a list of distinct texts."""
    return pa.DictionaryArray.from_arrays(
        from_numpy(codes.astype(np.int32)), from_texts(texts), safe=False
    )


def write_csv_rows(table: pa.Table, path: Path) -> None:
    """Write the rows as Amazon Forecast reads CSV: no header, dates as yyyy-MM-dd."""
    columns = [_for_csv(column) for column in table.columns]
    options = pa_csv.WriteOptions(include_header=False, quoting_style="needed")
    pa_csv.write_csv(pa.table(columns, names=table.column_names), path, write_options=options)


def _for_csv(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.date32()).cast(pa.string())
    if pa.types.is_dictionary(column.type):
        return column.cast(pa.string())
    return column
