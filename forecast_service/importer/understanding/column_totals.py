"""Column totals: what a person looks at to see that numbers are off by a factor of 1000."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from forecast_service.common.names import natural_order
from forecast_service.importer.files.column_names import shown_name
from forecast_service.importer.long_rows import Floats, Ints, LongRows
from forecast_service.importer.values.text_columns import iso

__all__ = ["SALES", "ColumnTotals", "column_totals"]

SALES = "sales"


class ColumnTotals(NamedTuple):
    """One column over the stores of one region, as the files state it."""

    region: str
    column: str
    total: float
    minimum: float
    maximum: float
    last_on: str


def column_totals(
    sales: LongRows, related: LongRows | None, regions: Mapping[str, str]
) -> Iterator[ColumnTotals]:
    """Total, smallest and largest value, and last day: sales first, then every covariate.

    ``regions``: store -> region.
    """
    names = sorted(set(regions.values()), key=natural_order)
    yield from _of(SALES, sales, sales.values["target"], names, regions)
    if related is not None:
        for name, values in related.values.items():
            yield from _of(shown_name(name), related, values, names, regions)


def _of(
    title: str, rows: LongRows, values: Floats, names: list[str], regions: Mapping[str, str]
) -> Iterator[ColumnTotals]:
    owner = _owners(rows, names, regions)
    known = ~np.isnan(values) & (owner >= 0)
    for index, region in enumerate(names):
        mine = known & (owner == index)
        if mine.any():
            of_region = values[mine]
            yield ColumnTotals(
                region,
                title,
                float(of_region.sum()),
                float(of_region.min()),
                float(of_region.max()),
                iso(int(rows.day[mine].max())),
            )


def _owners(rows: LongRows, names: list[str], regions: Mapping[str, str]) -> Ints:
    """The number of the region of each row; -1 for a store without one."""
    at = {name: index for index, name in enumerate(names)}
    table = np.array([at.get(regions.get(store, ""), -1) for store, _ in rows.keys])
    return table[rows.series] if len(rows) else np.zeros(0, dtype=np.int64)
