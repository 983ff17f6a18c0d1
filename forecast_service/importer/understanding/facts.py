"""Facts: what an import has shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.importer.files.column_names import OPEN
from forecast_service.importer.files.store_table import StoreTable
from forecast_service.importer.merging.earlier_imports import EarlierImports, StoreState
from forecast_service.importer.merging.merged_rows import MergedRows
from forecast_service.importer.understanding.assumptions import rule_for
from forecast_service.importer.understanding.covariates import Covariates
from forecast_service.importer.understanding.related import Related
from forecast_service.importer.understanding.sales import Sales
from forecast_service.importer.unusual_days import UnusualSales

__all__ = ["Facts", "known_future"]


@dataclass(frozen=True)
class Facts:
    """The facts that a report is built from."""

    mode: str
    merged: MergedRows
    chosen: Covariates
    kept: npt.NDArray[np.bool_]
    """Flag per series: it is imported."""
    sales: Sales
    related: Related | None
    future: tuple[int, int] | None
    """First and last day of the known future."""
    table: StoreTable | None
    stores: Mapping[str, StoreState]
    earlier: EarlierImports | None
    covariates: tuple[str, ...] = ()
    """Of the dataset group after this import."""
    unusual: Sequence[UnusualSales] = ()

    @property
    def rule(self) -> str:
        """The rule that fills covariates without a plan, in words."""
        columns = () if self.related is None else self.related.rows.values
        by_rests = self.chosen.opens_by_rests
        return rule_for([name for name in columns if not by_rests or name != OPEN])


def known_future(
    merged: MergedRows, kept: npt.NDArray[np.bool_], sales: Sales
) -> tuple[int, int] | None:
    """First and last day with rows after the last sale of all series."""
    end = int(sales.last.max())
    days = merged.day[kept[merged.series] & (merged.day > end)]
    return (int(days.min()), int(days.max())) if len(days) else None
