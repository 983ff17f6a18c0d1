"""Weeks: what a store will sell in each calendar week, with quantiles of the sum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from forecast_service.common.keys import MEAN
from forecast_service.engine.calendar import floor, last_day
from forecast_service.engine.periods.frequency import parse_frequency
from forecast_service.engine.totals.past import Past
from forecast_service.engine.totals.sums import mean_of_quantiles, total
from forecast_service.monitoring.week_totals import DAYS, past_weeks, week_totals
from forecast_service.reading.outlook.series_forecast import SeriesForecast
from forecast_service.reading.outlook.timeline import Dates, Floats, Timeline

__all__ = [
    "BACKTEST",
    "HISTORY",
    "PERIOD",
    "coming_week",
    "day_comovement",
    "next_7_days",
    "quantiles_of_sum",
    "weeks_of",
]

LEAST_WEEKS = 26  # of history
BACKTEST, HISTORY, PERIOD = "backtest", "history", "period"

Week = dict[str, Any]


def weeks_of(series: SeriesForecast, timeline: Timeline, last_year: Floats) -> list[Week]:
    """Totals per calendar week (Monday to Sunday) of days, or per week of weekly data.

    ``total_method`` names where the co-movement of the days comes from: the errors of the
    ``backtest``, or the ``history`` of the series, which gives a wider range. ``period``: the week
    is one period. The quantiles are null if neither is known: they are never added up.
    """
    unit = parse_frequency(series.stored.frequency).unit
    if unit == "W":
        return list(_single(series, last_year))
    if unit != "D":
        return []
    comovement, method = day_comovement(series, timeline)
    return [
        _week(series, inside, comovement, method, last_year) for inside in _by_week(series.dates)
    ]


def coming_week(series: SeriesForecast, today: date) -> slice:
    """The next seven days from today on, or the first ones if the forecast has not so many.

    Of longer periods it is that of today, or the first one.
    """
    frequency = series.stored.frequency
    is_daily = parse_frequency(frequency).unit == "D"
    count = min(DAYS if is_daily else 1, len(series.dates))
    later = np.flatnonzero(series.dates <= np.datetime64(today, "D"))
    start = int(later[-1]) if len(later) else 0
    is_current = str(today) <= last_day(str(series.dates[start]), frequency)
    if not is_current or start + count > len(series.dates):
        start = 0
    return slice(start, start + count)


def next_7_days(
    series: SeriesForecast, timeline: Timeline, last_year: Floats, today: date, *, is_item: bool
) -> Week:
    """Totals of the coming week: of a store as in the overview, of an item as among its items."""
    inside = coming_week(series, today)
    days = series.dates[inside]
    measured = series.facts.get("day_comovement")
    if is_item:
        sums = quantiles_of_sum(series, inside, measured)
    else:
        sums = _sums_of_store(series, timeline, inside, measured)
    values: dict[str, float | None] = dict.fromkeys(series.values)
    values.update(sums or {})
    if MEAN in series.values:
        values[MEAN] = float(series.values[MEAN][inside].sum())
    method = HISTORY if measured is None else BACKTEST
    method = PERIOD if len(days) == 1 else method
    closed = series.values[list(series.levels or series.values)[-1]][inside] == 0
    before = np.where(np.isnan(last_year[inside]) & closed, 0.0, last_year[inside])
    ends = np.array([days[0], last_day(str(days[-1]), series.stored.frequency)], days.dtype)
    count = int((ends[1] - ends[0]).astype(int)) + 1
    return _document(ends, count, values, method if sums else None, before)


def _sums_of_store(
    series: SeriesForecast, timeline: Timeline, inside: slice, measured: float | None
) -> dict[str, float]:
    """Quantiles of the sum, as the summary of the forecast has them, in its 32 bits."""
    past = past_weeks(timeline.sales[timeline.dates < series.dates[0]])
    past = past if measured is None else replace(past, comovement=float(measured))
    names = list(series.levels)
    if not names:
        return {}
    quantiles = np.stack([series.values[name][inside] for name in names])
    added = week_totals(quantiles, list(series.levels.values()), past, quantiles.shape[1])[:, 0]
    return dict(zip(names, added.astype(np.float32).tolist(), strict=True))


def day_comovement(series: SeriesForecast, timeline: Timeline) -> tuple[float | None, str | None]:
    """Mean correlation of the errors of two days of a week, and where it comes from."""
    measured = series.facts.get("day_comovement")
    if measured is not None:
        return float(measured), BACKTEST
    past = timeline.sales[timeline.dates < series.dates[0]]
    open_days = np.where(past > 0, past, np.nan)
    whole_weeks = open_days[len(open_days) % DAYS :]
    if len(whole_weeks) < LEAST_WEEKS * DAYS or _is_flat(series):
        return None, None
    if np.isfinite(whole_weeks).sum() < LEAST_WEEKS * 2:
        return None, None
    return past_weeks(whole_weeks).comovement, HISTORY


def _is_flat(series: SeriesForecast) -> bool:
    """Whether every quantile is 0 on open days, as those of items that are sold seldom."""
    return not any(series.values[name].any() for name in series.levels)


def _by_week(dates: Dates) -> Iterator[slice]:
    _, starts = np.unique(floor(dates, "W"), return_index=True)
    for start, end in zip(starts, [*starts[1:], len(dates)], strict=True):
        yield slice(int(start), int(end))


def quantiles_of_sum(
    series: SeriesForecast, inside: slice, comovement: float | None
) -> dict[str, float] | None:
    """Quantiles of the sum of some periods, by prediction key; None if they are not known."""
    count = inside.stop - inside.start
    if count == 1:
        return {name: float(series.values[name][inside.start]) for name in series.levels}
    if comovement is None or not _has_spread(series, inside):
        return None
    names, levels = list(series.levels), list(series.levels.values())
    quantiles = np.stack([series.values[name][inside] for name in names], axis=1)[:, :, None]
    means = mean_of_quantiles(quantiles, levels)
    added = total(quantiles, levels, means, Past(np.zeros(count), comovement))[:, 0]
    return dict(zip(names, added.tolist(), strict=True))


def _week(
    series: SeriesForecast,
    inside: slice,
    comovement: float | None,
    method: str | None,
    last_year: Floats,
) -> Week:
    days = inside.stop - inside.start
    sums: dict[str, float | None] = dict.fromkeys(series.values)
    added = quantiles_of_sum(series, inside, comovement)
    sums.update(added or {})
    if MEAN in series.values:
        sums[MEAN] = float(series.values[MEAN][inside].sum())
    method = None if added is None else PERIOD if days == 1 else method
    return _document(series.dates[inside], days, sums, method, last_year[inside])


def _has_spread(series: SeriesForecast, inside: slice) -> bool:
    """Whether the quantiles tell the sum: not if a day has sales in its highest one only."""
    names = list(series.levels)
    if len(names) < 2:
        return False
    low, high = series.values[names[0]][inside], series.values[names[-1]][inside]
    return bool((high > 0).any() and ((low > 0) == (high > 0)).all()) or not bool(high.any())


def _single(series: SeriesForecast, last_year: Floats) -> Iterator[Week]:
    for place in range(len(series.dates)):
        sums = {name: float(values[place]) for name, values in series.values.items()}
        dates = series.dates[place] + np.array([0, 6], dtype="timedelta64[D]")
        yield _document(dates, DAYS, sums, PERIOD, last_year[place : place + 1])


def _document(
    dates: Dates, days: int, sums: Mapping[str, float | None], method: str | None, before: Floats
) -> Week:
    last_year = float(before.sum())
    return {
        "from": str(dates[0]),
        "to": str(dates[-1]),
        "days": days,
        **sums,
        "last_year": last_year if np.isfinite(last_year) else None,
        "total_method": method,
    }
