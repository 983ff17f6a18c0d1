"""Columns as integer codes: keys of millions of rows are compared as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from forecast_service.common.arrow import to_numpy, to_times

__all__ = ["Codes", "combined", "dictionary_codes", "factorize"]

Codes = npt.NDArray[np.int64]

LARGEST = 2**62  # a larger product of sizes could overflow int64


def dictionary_codes(column: pa.ChunkedArray) -> tuple[Codes, list[str]]:
    """Codes of a text column, and the text of each code; a missing text has code -1."""
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    array = column.unify_dictionaries().combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # an empty column has no chunk
        return np.empty(0, dtype=np.int64), []
    codes = np.asarray(to_numpy(array.indices, missing=-1), dtype=np.int64)
    return codes, array.dictionary.to_pylist()


def factorize(column: pa.ChunkedArray) -> tuple[Codes, int]:
    """Codes of a key column of any type, from 0 on, and a number above the largest code."""
    if pa.types.is_temporal(column.type):
        ticks = to_times(column).astype("datetime64[s]").view(np.int64)
        codes = ticks - ticks.min() if len(ticks) else ticks
        return codes, int(codes.max()) + 1 if len(codes) else 1
    text_codes, texts = dictionary_codes(column)
    return text_codes + 1, len(texts) + 1


def combined(columns: Sequence[tuple[Codes, int]]) -> tuple[Codes, int]:
    """One code per row of several columns of codes; equal rows get equal codes."""
    result, size = columns[0]
    for codes, count in columns[1:]:
        if size > LARGEST // count:
            values, result = np.unique(result, return_inverse=True)
            size = len(values)
        result, size = result * count + codes, size * count
    return result, size
