"""Arrow columns as arrays of numpy."""

from __future__ import annotations

import pyarrow as pa

from forecast_service.common.arrow import to_numpy


def test_a_column_without_chunks_is_empty() -> None:
    assert to_numpy(pa.chunked_array([], pa.int64())).tolist() == []


def test_chunks_are_joined() -> None:
    assert to_numpy(pa.chunked_array([[1, 2], [3]])).tolist() == [1, 2, 3]
