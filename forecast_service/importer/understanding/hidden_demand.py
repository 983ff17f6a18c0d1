"""Hidden demand: on a day with a stock-out, demand was at least what was sold, and maybe more.

How far forecasts were too low on synthetic sales: with a stock of 1.15 times the usual demand, and
with shelves that were empty at random.

- Every marked day is unknown: 6.0 and 0.1 %. The days of high demand are lost.
- Every sale is demand: 1.8 and 9.7 %.
- A sale above the usual is demand, the others are unknown (done here): 1.8 and 0.3 %.
- Probable demand replaces the sale: 0.3 and 0.8 %. But the intervals of 80 % then contain 70 % of
  the days at random, instead of 77 %.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from forecast_service.importer.files.periods import Periods
from forecast_service.importer.long_rows import DAYS, Floats, Ints, LongRows, lookup

__all__ = ["demand", "mostly_marked"]

WEEK = 7
NEAR = {"D": 28, "W": 56, "M": 190}  # days on either side that give the level at that time
LEAST_DAYS = 4  # similar days that a usual value needs


def demand(
    rows: LongRows, whole: LongRows, covariates: LongRows | None, periods: Periods
) -> Floats:
    """Demand of ``rows`` that models may learn: NaN where a stock-out hid it.

    A marked day keeps its sale if it sold at least the usual. The usual value is a mean over the
    unmarked days of the series with the same weekday and the same covariates of 0 and 1. It is
    scaled to the sales at that time (days: four weeks on either side). If fewer than four such
    days exist, all days with the same weekday are used. If these are too few as well, or the
    series is ``mostly_marked``, there is no usual value and the sale is kept. So every series that
    sells, and every weekday on which it sells, has known demand.

    Parameters
    ----------
    rows: ``target`` and ``stockout`` of this import.
    whole: the same of all sales, this import included.
    covariates: of all days, with the keys of ``whole``; None if there are none.
    """
    sold, marked = rows.values["target"], rows.values["stockout"] > 0
    if not marked.any():
        return sold
    at = lookup(whole, rows.code[marked])
    weekday = whole.series * WEEK + periods.slot(whole.day)
    similar = _similar_days(whole, weekday, covariates)
    usual = _usual_sales(whole, weekday, similar, at, NEAR[periods.unit])
    usual[mostly_marked(whole)[whole.series[at]]] = np.nan
    hidden = marked.copy()
    hidden[marked] = sold[marked] < usual
    return np.where(hidden, np.nan, sold)


def mostly_marked(rows: LongRows) -> npt.NDArray[np.bool_]:
    """Per series: whether more than half of the days with sales are marked."""
    sold = rows.series[rows.values["target"] > 0]
    marked = rows.series[(rows.values["target"] > 0) & (rows.values["stockout"] > 0)]
    n_series = len(rows.keys)
    counts = np.bincount(marked, minlength=n_series), np.bincount(sold, minlength=n_series)
    return np.asarray(2 * counts[0] > counts[1])


def _similar_days(rows: LongRows, weekday: Ints, covariates: LongRows | None) -> Ints:
    """A number per row; equal for days of a series with the same weekday and flags."""
    code = weekday
    if covariates is not None:
        at = lookup(covariates, rows.code)
        for column in _binary_columns(covariates.values.values()):
            code = code * 2 + np.where(at >= 0, column[at] == 1, 0)
    return np.unique(code, return_inverse=True)[1].astype(np.int64)


def _binary_columns(columns: Iterable[Floats]) -> Sequence[Floats]:
    return [c for c in columns if np.all((c == 0) | (c == 1) | np.isnan(c))]


def _usual_sales(
    rows: LongRows, weekday: Ints, similar: Ints, at: npt.NDArray[np.intp], near: int
) -> Floats:
    """Usual sales of the rows ``at``; NaN where too few days are similar."""
    known = (rows.values["stockout"] == 0) & np.isfinite(rows.values["target"])
    sold = np.where(known, rows.values["target"], 0.0)
    expected = _means(similar, sold, known)
    counted = known & (expected > 0)
    near_sold = _sums_nearby(rows, np.where(counted, sold, 0.0), at, near)
    near_expected = _sums_nearby(rows, np.where(counted, expected, 0.0), at, near)
    ratio = np.where(
        near_expected > 0, near_sold / np.where(near_expected > 0, near_expected, 1), 1
    )
    own, same_weekday = expected[at], _means(weekday, sold, known)[at]
    return np.asarray(np.where(np.isnan(own), same_weekday, own) * ratio)


def _means(code: Ints, sold: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """Mean over the known days with the same code, per row; NaN where they are too few."""
    count = np.bincount(code, weights=known)
    mean = np.bincount(code, weights=sold) / np.maximum(count, 1)
    mean[count < LEAST_DAYS] = np.nan
    return np.asarray(mean[code])


def _sums_nearby(rows: LongRows, values: Floats, at: npt.NDArray[np.intp], days: int) -> Floats:
    """Sums of the values at most ``days`` away from the rows ``at``, in the same series."""
    code: Ints = rows.code
    sums = np.concatenate([[0.0], np.cumsum(values)])
    # The codes of two series lie further apart than any two days.
    start = np.searchsorted(code, np.maximum(code[at] - days, rows.series[at] * DAYS))
    stop = np.searchsorted(code, code[at] + days, side="right")
    within: Floats = sums[stop] - sums[start]
    return within
