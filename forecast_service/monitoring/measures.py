"""Measures: WAPE, bias and coverage from the sums of ``accuracy``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from forecast_service.engine.panel import FloatArray
from forecast_service.monitoring.accuracy import FIELDS, LAGS, Week

__all__ = ["Measure", "measure", "measure_naive", "measures_by_store", "sums_of"]

Measure = dict[str, float | int | None]
DIGITS = 4


def sums_of(weeks: Sequence[Week], stores: tuple[str, ...]) -> FloatArray:
    """The sums (lags, fields, n) of these stores over some weeks; 0 where nothing was served."""
    total = np.zeros((len(LAGS), len(FIELDS), len(stores)))
    places: dict[tuple[str, ...], Any] = {}
    for week in weeks:
        if week.stores not in places:
            at = {name: row for row, name in enumerate(week.stores)}
            places[week.stores] = np.array([at.get(name, -1) for name in stores], dtype=np.intp)
        rows = places[week.stores]
        if len(week.stores):
            total += np.where(rows >= 0, week.sums[:, :, rows], 0.0)
    return total


def measure(sums: FloatArray) -> Measure | None:
    """WAPE, bias and coverage of the fields (fields,) of one lag; None without a day.

    WAPE: sum of |p50 - sales| over the sum of sales. Bias: sum of p50 - sales over the sum of
    sales; above 0, the forecasts were too high. Both are None if nothing was sold. Coverage: share
    of the days between p10 and p90.
    """
    error, bias, sales, days, inside, banded, *_ = sums.tolist()
    if not days:
        return None
    return {
        "wape": _share(error, sales),
        "bias": _share(bias, sales),
        "coverage": _share(inside, banded),
        "days": int(days),
    }


def measure_naive(sums: FloatArray) -> Measure | None:
    """WAPE of the seasonal naive forecast on the same days."""
    error, sales = sums[-2:].tolist()
    return {"wape": _share(error, sales)} if sales else None


def measures_by_store(
    weeks: Sequence[Week], stores: tuple[str, ...], lags: Sequence[int]
) -> list[dict[str, Measure] | None]:
    """For each store its measures by lag, such as ``"7"``; None if nothing was served for it."""
    sums = sums_of(weeks, stores)
    found: list[dict[str, Measure] | None] = []
    for row in range(len(stores)):
        of_store = {
            str(lag): measured
            for place, lag in enumerate(LAGS)
            if lag in lags and (measured := measure(sums[place, :, row])) is not None
        }
        found.append(of_store or None)
    return found


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, DIGITS) if whole > 0 else None
