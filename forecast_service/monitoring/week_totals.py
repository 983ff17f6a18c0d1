"""Week totals: quantiles of what a store sells in a week, from the quantiles of its days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from forecast_service.engine.panel import FloatArray
from forecast_service.engine.totals.past import Past, past_of
from forecast_service.engine.totals.sums import mean_of_quantiles, total

__all__ = ["DAYS", "past_weeks", "week_totals"]

DAYS = 7
APART = 2  # weeks: promotions often alternate by the week


def past_weeks(history: FloatArray) -> Past:
    """How the days of a week moved together: ``history`` (T,) are daily sales, NaN if unknown.

    The seven weekdays count as seven series, compared with two weeks before. With less than half a
    year of history the days count as moving together: this is the widest total.
    """
    weeks = len(history) // DAYS
    by_weekday = history[len(history) - weeks * DAYS :].reshape(weeks, DAYS).T
    return past_of(by_weekday, APART)


def week_totals(
    quantiles: FloatArray, levels: Sequence[float], past: Past, days: int = DAYS
) -> FloatArray:
    """Quantiles (levels, starts) of the sum of ``days`` days, from every day that has so many.

    ``quantiles`` (levels, horizon) are those of the days, ascending, at these ``levels``. They are
    no sums of quantiles: see ``engine.totals``.
    """
    if days == 1:
        return quantiles
    windows = np.lib.stride_tricks.sliding_window_view(quantiles, days, axis=1)
    of_days = np.ascontiguousarray(windows.transpose(2, 0, 1))  # (days, levels, starts)
    means = mean_of_quantiles(of_days, levels)
    # A day of any weekday can be the first of a window: a flat day has the mean spread.
    spread = np.full(days, float(past.spread.mean()) if len(past.spread) else 0.0)
    return total(of_days, levels, means, replace(past, spread=spread))
