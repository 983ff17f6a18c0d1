"""Absurd days: single values that nothing else in a series explains, such as a typing error."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from forecast_service.engine.closing import find_closing
from forecast_service.engine.features.calendar_features import phases
from forecast_service.engine.guards.stretches import stretches
from forecast_service.engine.guards.unit_errors import LEVELS, unit_errors
from forecast_service.engine.guards.usual_sales import medians, unexplained
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.periods.frequency import Times, parse_frequency

__all__ = ["UnusualDay", "find_outliers", "unusual_days", "without_outliers"]

Mask = npt.NDArray[np.bool_]
Groups = npt.NDArray[np.intp]

MANY = 30  # series; the effects of so many damp a lesser error of one
TOO_MUCH = {
    "D": (4.0, 6.0),
    "H": (8.0, 8.0),
    "min": (8.0, 8.0),
    "W": (5.0, 5.0),
    "M": (8.0, 8.0),
}
TOO_LITTLE = (10.0, 250.0)  # value to usual and usual to value, of few and of many series
SPREADS = 6.0  # also this far from the usual, in robust standard deviations
REACH = {"D": 14, "H": 84, "min": 84 * 60, "W": 8, "M": 6}
"""Units of the frequency to each side that tell what is usual."""
LEAST_REACH = 6  # periods
LEAST = 10  # known periods of a series; with fewer nothing is usual
MOST_IN_A_ROW = 3  # more than this is a new level
SIDE = 7  # days before and after that it must differ from
MOST_SHARE, MOST = 0.005, 3  # more than this is the nature of the series
ALIKE = 2 / 3  # of a deviation, in the log: others as large belong to the same kind
SUSPECT = 0.7  # of the limit, in the log
YEAR, NEARBY = 365.25, 10  # days; a value that comes back a year later is no error


class UnusualDay(NamedTuple):
    """A day far from what is ``usual`` for a series; ``row`` and ``period`` are indices."""

    row: int
    period: int
    sales: float
    usual: float


def without_outliers(panel: Panel) -> Panel:
    """The panel with absurd days as unknown: levels, effects and weights do not learn from them."""
    mask = find_outliers(panel)
    return replace(panel, target=np.where(mask, np.nan, panel.target)) if mask.any() else panel


def find_outliers(panel: Panel) -> Mask:
    """Days (n, T) with sales that are absurd for their series: models must not learn from them.

    These are the ``unusual_days``. But with 30 series or more, the limits are six times the usual
    and a 250th of it: a fair or a shop that opens for an hour is genuine, and effects that are
    learned from all series damp it.
    """
    return np.asarray(_deviations(panel, is_large=panel.n_series >= MANY) != 0)


def unusual_days(panel: Panel) -> list[UnusualDay]:
    """Days that a person should look at, by series and period.

    What is usual is estimated in the log by medians: of the neighbouring days, of the weekday (or
    hour), and of each covariate's value. A day is unusual if it sold four times as much (or a
    tenth of it) and lies far outside the spread of the series. It is not if such days come in
    longer rows or lie at the edge of one (a new level), return after a year, or are too many (the
    series is like that). Zeros are never unusual. Source: Hampel, The Influence Curve and Its Role
    in Robust Estimation (JASA 1974), the limit in median absolute deviations.
    """
    deviations = _deviations(panel, is_large=False)
    return [
        UnusualDay(row, day, float(sales), float(sales / np.exp(deviations[row, day])))
        for row, day in np.argwhere(deviations != 0).tolist()
        for sales in (panel.target[row, day],)
    ]


def _deviations(panel: Panel, *, is_large: bool) -> FloatArray:
    """How far the log of each absurd day is from the usual, (n, T); 0 on other days."""
    frequency = parse_frequency(panel.frequency)
    deviations = np.zeros(panel.target.shape)
    if frequency.unit not in REACH:
        return deviations
    limits = -np.log(TOO_LITTLE[is_large]), np.log(TOO_MUCH[frequency.unit][is_large])
    sold = find_closing(panel).open_target(panel)
    logs = np.log(np.where(np.nan_to_num(sold) > 0, sold, np.nan))
    phase, count = phases(panel.timestamps, panel.frequency)
    reach = frequency.count(REACH, LEAST_REACH)
    for row in np.flatnonzero(_suspects(logs, phase, count, limits, reach)).tolist():
        covariates = [values[row] for values in panel.covariates.values()]
        deviations[row] = _of_series(logs[row], phase, covariates, panel, limits)
    return deviations


def _suspects(
    logs: FloatArray, phase: Groups, count: int, limits: tuple[float, float], reach: int
) -> Mask:
    """Series with a value far from its stretch of time and from its weekday, (n,).

    Also those whose level moves as far as an error of unit does.
    """
    rest, levels = logs.copy(), []
    for start in range(0, logs.shape[1], 2 * reach):
        stretch = slice(max(0, min(start, logs.shape[1] - 2 * reach)), start + 2 * reach)
        levels.append(medians(logs[:, stretch]))
        rest[:, start : start + 2 * reach] -= levels[-1][:, None]
    moves = np.fmax.reduce(levels) - np.fmin.reduce(levels)
    suspects = np.asarray(moves >= SUSPECT * min(np.abs(LEVELS)))
    for index in range(count):
        own = rest[:, phase == index]
        apart = own - medians(own)[:, None]
        far = (apart >= SUSPECT * limits[1]) | (apart <= SUSPECT * limits[0])
        suspects |= far.any(axis=1)
    return np.asarray(suspects & (np.isfinite(logs).sum(axis=1) >= LEAST))


def _of_series(
    logs: FloatArray,
    phase: Groups,
    covariates: list[FloatArray],
    panel: Panel,
    limits: tuple[float, float],
) -> FloatArray:
    """The deviations of the absurd days of one series, (T,)."""
    found = np.zeros(len(logs))
    place = np.flatnonzero(np.isfinite(logs))
    frequency = parse_frequency(panel.frequency)
    found[place] = unit_errors(logs[place], frequency)
    place = place[found[place] == 0]
    groups = [phase[place], *(_groups(values[place]) for values in covariates)]
    rest, effects = unexplained(logs[place], groups, place, frequency.count(REACH, LEAST_REACH))
    far = SPREADS * 1.4826 * float(np.median(np.abs(rest)))
    scaled = np.maximum(rest / max(limits[1], far), rest / min(limits[0], -far))
    absurd = _short_rows(scaled, rest > 0) | _short_rows(scaled, rest < 0)
    lone = ~_returns(rest, panel.timestamps[place]) & _is_alone(logs[place] - effects, rest)
    found[place] = np.where(absurd & lone & _is_rare(scaled, lone), rest, 0.0)
    return found


def _is_rare(scaled: FloatArray, lone: Mask) -> Mask:
    """Whether few lone days deviate about as much as each day, or more."""
    ordered = np.sort(scaled[lone])
    alike = len(ordered) - np.searchsorted(ordered, ALIKE * scaled)
    return np.asarray(alike <= max(MOST, MOST_SHARE * len(scaled)))


def _groups(values: FloatArray) -> Groups:
    """A number for each known day by the value of a covariate: 0 or 1, or the third it is in."""
    known = np.nan_to_num(values)
    if np.isin(known, (0.0, 1.0)).all():
        return known.astype(np.intp)
    return np.searchsorted(np.quantile(known, (1 / 3, 2 / 3)), known).astype(np.intp)


def _short_rows(scaled: FloatArray, side: Mask) -> Mask:
    """Days beyond the limit on this side that are not in a row of more than three."""
    flags = side & (scaled >= 1)
    kept = flags.copy()
    for start, stop in stretches(flags):
        kept[start:stop] = stop - start <= MOST_IN_A_ROW
    return kept


def _is_alone(values: FloatArray, rest: FloatArray) -> Mask:
    """Whether a day deviates from the days before and after it, not only at the edge of a level."""
    alone = np.zeros(len(rest), dtype=bool)
    for index in np.flatnonzero(np.abs(rest) > 1).tolist():
        sides = values[max(0, index - SIDE) : index], values[index + 1 : index + 1 + SIDE]
        steps = [values[index] - np.median(side) for side in sides if len(side) >= MOST_IN_A_ROW]
        alone[index] = all(step / rest[index] >= 0.5 for step in steps)
    return alone


def _returns(rest: FloatArray, times: Times) -> Mask:
    """Whether at least half of the same deviation was seen a year before or after."""
    days = (times - times[0]) / np.timedelta64(1, "D")
    found = np.zeros(len(rest), dtype=bool)
    for index in np.flatnonzero(np.abs(rest) > 1).tolist():
        apart = np.abs(days - days[index])
        in_year = np.minimum(apart % YEAR, YEAR - apart % YEAR)
        nearby = (in_year <= NEARBY) & (apart > YEAR / 2)
        found[index] = (nearby & (rest / rest[index] >= 0.5)).any()
    return found
