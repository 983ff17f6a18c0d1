"""Covariates in canonical form, up to the horizon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.importer.files.column_names import OPEN
from forecast_service.importer.files.periods import Periods
from forecast_service.importer.long_rows import Ints, LongRows, filled_from
from forecast_service.importer.merging.earlier_imports import EarlierImports, no_rows
from forecast_service.importer.merging.merged_rows import MergedRows
from forecast_service.importer.understanding.assumptions import FillRules, open_by_rests
from forecast_service.importer.understanding.covariates import Covariates
from forecast_service.importer.understanding.sales import Sales
from forecast_service.importer.values.text_columns import day_of

__all__ = ["Related", "build_related"]

WEEK = 7


@dataclass(frozen=True)
class Related:
    """Covariates in canonical form: the rows to import, without NaN."""

    rows: LongRows
    stated: LongRows
    """Covariates of this import's files; NaN where a cell is empty."""
    whole: LongRows
    """Covariates of all files, earlier imports included; NaN where no file has a value."""
    filled_cells: int
    known_until: Ints
    """Last day per series that a file, now or earlier, has covariates of; -1 for none."""
    until: int
    """Last day that every series covers."""
    rests: npt.NDArray[np.bool_]
    """Rest days of stores, as in ``Sales``, on which no file states ``open``."""


def build_related(
    merged: MergedRows,
    chosen: Covariates,
    covariates: tuple[str, ...],
    kept: npt.NDArray[np.bool_],
    sales: Sales,
    horizon: int,
    earlier: EarlierImports | None,
) -> Related:
    """The covariates of the kept series; rules fill the days missing up to the horizon.

    If no file has ``open`` and it is among the ``covariates``, the rest days of stores state it.
    """
    names, periods = covariates, merged.periods
    until = int(periods.after(sales.last.max(), horizon))
    empty = np.full(len(merged.day), np.nan)
    stated = merged.long_rows({name: chosen.values.get(name, empty) for name in names})
    stated = stated.take(kept[stated.series])
    old = no_rows(*names) if earlier is None or not len(earlier.related) else earlier.related
    old = old.with_keys(merged.keys)
    stated = filled_from(stated, old)
    by_rests = OPEN in names and chosen.opens_by_rests
    if by_rests:
        stated = open_by_rests(stated, sales.rests, periods)
        before = open_by_rests(old, sales.rests, periods)
        stated = before.take(before.values[OPEN] != old.values[OPEN]).merged_with(stated)
    whole = old.merged_with(stated)
    rests = sales.rests & (by_rests | ~_stated_weekdays(whole, periods))
    rules = FillRules(whole, sales.last, periods, rests, opens_by_rests=by_rests)
    filled, count = rules.fill_cells(stated)
    covered = whole.last_days()
    begins = periods.after(sales.first, -1)
    extra = rules.extend(np.where(sales.last >= 0, np.maximum(covered, begins), -1), until, filled)
    inside = rules.complete(whole, sales.first, sales.last, until)
    by_files = stated if set(chosen.values) else None
    known_until = _known_until(merged, covered, by_files, earlier)
    # A series without any covariates in the files is filled from its first sale on, not from 1970.
    known_until = np.maximum(known_until, begins)
    if by_rests and len(names) == 1:
        known_until = np.full(len(known_until), until)  # rest days are known for ever
    rows = filled.merged_with(extra).merged_with(inside)
    return Related(rows, stated, whole, count, known_until, until, rests)


def _stated_weekdays(rows: LongRows, periods: Periods) -> npt.NDArray[np.bool_]:
    """Per series and weekday: whether a file states ``open`` on one of these days."""
    stated = np.zeros((len(rows.keys), WEEK), dtype=bool)
    if OPEN in rows.values:
        known = ~np.isnan(rows.values[OPEN])
        stated[rows.series[known], periods.slot(rows.day[known])] = True
    return stated


def _known_until(
    merged: MergedRows, covered: Ints, stated: LongRows | None, earlier: EarlierImports | None
) -> Ints:
    stores = {} if earlier is None else earlier.stores
    until = np.full(len(merged.keys), -1)
    for index, (store, _) in enumerate(merged.keys):
        if store in stores:
            assumed = stores[store].assumed_from
            until[index] = (
                covered[index]
                if assumed is None
                else merged.periods.after(np.int64(day_of(assumed)), -1)
            )
    if stated is not None:
        np.maximum.at(until, stated.series, stated.day)
    return until
