"""Field statistics of an import, as DescribeDatasetImportJob returns them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from forecast_service.common.arrow import from_numpy, to_numpy
from forecast_service.local.files.schema import DatasetSchema

__all__ = ["field_statistics"]

LARGEST_COUNT = 2_147_483_647  # Amazon's Count has 32 bits; -1 refers to the Long field


def field_statistics(table: pa.Table, schema: DatasetSchema) -> dict[str, dict[str, Any]]:
    """Counts of every column, ranges of times and numbers, mean and deviation of numbers."""
    return {name: _statistics(table[name], kind) for name, kind in schema.fields}


def _statistics(column: pa.ChunkedArray, kind: str) -> dict[str, Any]:
    counts = {
        "Count": len(column) - column.null_count,
        "CountDistinct": _distinct(column),
        "CountNull": column.null_count,
    }
    if kind == "timestamp":
        return {**_add_long_counts(counts), **_time_range(column)}
    if kind in ("integer", "float"):
        values = np.asarray(to_numpy(column.drop_null()))
        finite = values[~np.isnan(values)]
        counts["CountNan"] = len(values) - len(finite)
        counts["CountDistinct"] = pc.count_distinct(from_numpy(finite)).as_py()
        return {**_add_long_counts(counts), **_moments(finite, kind)}
    return _add_long_counts(counts)


def _distinct(column: pa.ChunkedArray) -> int:
    if pa.types.is_dictionary(column.type):
        column = pa.chunked_array(
            [chunk.indices for chunk in column.unify_dictionaries().chunks], type=pa.int32()
        )
    return int(pc.count_distinct(column, mode="only_valid").as_py())


def _add_long_counts(counts: dict[str, int]) -> dict[str, int]:
    short = {name: count if count <= LARGEST_COUNT else -1 for name, count in counts.items()}
    return {**short, **{f"{name}Long": count for name, count in counts.items()}}


def _time_range(column: pa.ChunkedArray) -> dict[str, str]:
    ends = pc.min_max(column).as_py()
    return {
        name: f"{ends[end].isoformat(timespec='seconds')}Z"
        for name, end in (("Min", "min"), ("Max", "max"))
        if ends[end] is not None
    }


def _moments(finite: np.ndarray[Any, np.dtype[np.float64]], kind: str) -> dict[str, Any]:
    if not len(finite):
        return {}
    number = int if kind == "integer" else float
    return {
        "Min": str(number(finite.min())),
        "Max": str(number(finite.max())),
        "Avg": float(finite.mean()),
        "Stddev": float(finite.std(ddof=1)) if len(finite) > 1 else 0.0,
    }
