"""Matrices from rows, compared with simple loops."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast_service.common import codes
from forecast_service.common.codes import combined
from forecast_service.local.jobs import aggregation
from forecast_service.local.jobs.aggregation import aggregate, series_rows

NAN = float("nan")
SHAPE = (3, 4)
TWINS = {
    "sum": sum,
    "avg": lambda values: sum(values) / len(values),
    "first": lambda values: values[0],
    "min": min,
    "max": max,
}
cells = st.tuples(st.integers(0, 2), st.integers(0, 3), st.sampled_from([NAN, -2.0, 0.0, 1.5, 8.0]))


@pytest.mark.parametrize("how", TWINS)
@given(rows=st.lists(cells, max_size=30))
@settings(max_examples=60, deadline=None)
def test_aggregate_equals_a_loop(how: str, rows: list[tuple[int, int, float]]) -> None:
    cells: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
    for row, period, value in rows:
        if not np.isnan(value):
            cells[row, period].append(value)
    expected = np.full(SHAPE, np.nan)
    for place, values in cells.items():
        expected[place] = TWINS[how](values)
    columns = np.array(rows, dtype=np.float64).reshape(-1, 3).T

    matrix = aggregate(
        columns[0].astype(np.int64), columns[1].astype(np.int64), columns[2], SHAPE, how
    )

    np.testing.assert_allclose(matrix, expected)


@pytest.mark.parametrize("dense_size", [10**6, 0])
def test_series_rows_identify_series_with_and_without_a_lookup_table(
    dense_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aggregation, "DENSE_SIZE", dense_size)
    table = pa.table({"item": ["b", "a", "b", "a"], "store": ["1", "1", "2", "1"]})

    series = series_rows(table, ["item", "store"])

    assert series.keys == (("a", "1"), ("b", "1"), ("b", "2"))
    assert series.rows.tolist() == [1, 0, 2, 0]


@given(
    rows=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), min_size=1)
)
def test_combined_codes_are_equal_exactly_for_equal_rows(rows: list[tuple[int, int, int]]) -> None:
    columns = [(np.array(column, dtype=np.int64), 10) for column in zip(*rows, strict=True)]

    values, _ = combined(columns)

    pairs = set(zip(rows, values.tolist(), strict=True))
    assert len(pairs) == len(set(rows)) == len(set(values.tolist()))


def test_combined_codes_never_overflow() -> None:
    huge = codes.LARGEST // 2
    first = (np.array([0, huge - 1, huge - 1]), huge)
    second = (np.array([0, 0, huge - 1]), huge)

    values, _ = combined([first, second])

    assert len(set(values.tolist())) == 3
    assert (values >= 0).all()
