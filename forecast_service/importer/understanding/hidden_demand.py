"""Hidden demand: on a day with a stock-out it was at least what was sold, and maybe more.

Leaving all of them out loses the days of high demand that caused them. On synthetic sales whose
stock was 1.15 times the usual demand, forecasts were then 6.0 % too low (1.8 % with every sale as
it was); with shelves empty at random, 0.1 % (9.7 %). Keeping the sales that are above the usual
gives 1.8 and 0.3 %. Putting what was probably asked for in place of a sale gives 0.3 and 0.8 %,
but intervals of 80 % that hold 70 % at random instead of 77 %.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from forecast_service.importer.files.periods import Periods
from forecast_service.importer.long_rows import DAYS, Floats, Ints, LongRows, lookup

__all__ = ["demand", "mostly_marked"]

WEEK = 7
NEAR = {"D": 28, "W": 56, "M": 190}  # days on either side that tell how a series sells then
LEAST_DAYS = 4  # that have to be alike before they say what is usual


def demand(
    rows: LongRows, whole: LongRows, covariates: LongRows | None, periods: Periods
) -> Floats:
    """What may be learned from the sales of ``rows``: NaN where a stock-out hid the demand.

    A marked day that sold at least what such days of the series usually sell is kept: demand was
    no less. Usual is the mean of its unmarked days with the same weekday and the same covariates
    of 0 and 1, times how well the series sold at that time (days: four weeks on either side).
    Where fewer than four days are alike, those with the same weekday tell. Where these are too few
    as well, or the series is ``mostly_marked``, nothing is usual and the sale is kept: a series
    that sells never ends up without known demand, nor does one of its weekdays.

    Parameters
    ----------
    rows, whole: ``target`` and ``stockout`` of this import, and of all sales with it.
    covariates: of all days, with the keys of ``whole``; None without any.
    """
    sold, marked = rows.values["target"], rows.values["stockout"] > 0
    if not marked.any():
        return sold
    at = lookup(whole, rows.code[marked])
    weekday = whole.series * WEEK + periods.slot(whole.day)
    usual = _usual(whole, weekday, _alike(whole, weekday, covariates), at, NEAR[periods.unit])
    usual[mostly_marked(whole)[whole.series[at]]] = np.nan
    hidden = marked.copy()
    hidden[marked] = sold[marked] < usual
    return np.where(hidden, np.nan, sold)


def mostly_marked(rows: LongRows) -> npt.NDArray[np.bool_]:
    """Whether more than half of the days on which a series sold are marked, per series."""
    sold = rows.series[rows.values["target"] > 0]
    marked = rows.series[(rows.values["target"] > 0) & (rows.values["stockout"] > 0)]
    n_series = len(rows.keys)
    counts = np.bincount(marked, minlength=n_series), np.bincount(sold, minlength=n_series)
    return np.asarray(2 * counts[0] > counts[1])


def _alike(rows: LongRows, weekday: Ints, covariates: LongRows | None) -> Ints:
    """A number per row, equal for days of a series with the same weekday and flags."""
    code = weekday
    if covariates is not None:
        at = lookup(covariates, rows.code)
        for column in _flags(covariates.values.values()):
            code = code * 2 + np.where(at >= 0, column[at] == 1, 0)
    return np.unique(code, return_inverse=True)[1].astype(np.int64)


def _flags(columns: Iterable[Floats]) -> Sequence[Floats]:
    return [c for c in columns if np.all((c == 0) | (c == 1) | np.isnan(c))]


def _usual(
    rows: LongRows, weekday: Ints, alike: Ints, at: npt.NDArray[np.intp], near: int
) -> Floats:
    """What is usual on the days of the rows ``at``; NaN where nothing is."""
    known = (rows.values["stockout"] == 0) & np.isfinite(rows.values["target"])
    sold = np.where(known, rows.values["target"], 0.0)
    expected = _means(alike, sold, known)
    counted = known & (expected > 0)
    near_sold = _near(rows, np.where(counted, sold, 0.0), at, near)
    near_expected = _near(rows, np.where(counted, expected, 0.0), at, near)
    ratio = np.where(
        near_expected > 0, near_sold / np.where(near_expected > 0, near_expected, 1), 1
    )
    own, same_weekday = expected[at], _means(weekday, sold, known)[at]
    return np.asarray(np.where(np.isnan(own), same_weekday, own) * ratio)


def _means(code: Ints, sold: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """Mean of the known days with the code of each row; NaN where they are too few."""
    count = np.bincount(code, weights=known)
    mean = np.bincount(code, weights=sold) / np.maximum(count, 1)
    mean[count < LEAST_DAYS] = np.nan
    return np.asarray(mean[code])


def _near(rows: LongRows, values: Floats, at: npt.NDArray[np.intp], days: int) -> Floats:
    """Sums of the values within so many days of the rows ``at``, of the same series."""
    code: Ints = rows.code
    sums = np.concatenate([[0.0], np.cumsum(values)])
    # Series lie further apart in their codes than any days do.
    start = np.searchsorted(code, np.maximum(code[at] - days, rows.series[at] * DAYS))
    stop = np.searchsorted(code, code[at] + days, side="right")
    within: Floats = sums[stop] - sums[start]
    return within
