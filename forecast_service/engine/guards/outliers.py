"""Absurd days: single values that nothing else in a series explains, such as a typing error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from forecast_service.engine.calendar import Times, parse_frequency
from forecast_service.engine.closing import find_closing
from forecast_service.engine.features.calendar_features import phases
from forecast_service.engine.panel import FloatArray, Panel

__all__ = ["find_outliers", "without_outliers"]

Mask = npt.NDArray[np.bool_]

TOO_MUCH = {"D": 4.0, "H": 8.0, "W": 5.0, "M": 8.0}  # times what is usual
TOO_LITTLE = 10.0  # what is usual over the value
SPREADS = 6.0  # also this far from the usual, in robust standard deviations
REACH = {"D": 14, "H": 84, "W": 8, "M": 6}  # periods to each side that tell what is usual
LEAST = 10  # known periods of a series; with fewer nothing is usual
MOST_IN_A_ROW = 3  # more than this is a new level
SIDE = 7  # days before and after that it must differ from
MOST_SHARE, MOST = 0.005, 3  # more than this is the nature of the series
YEAR, NEARBY = 365.25, 10  # days; a value that comes back a year later is no error
ROUNDS = 2


def without_outliers(panel: Panel) -> Panel:
    """The panel with absurd days as unknown: levels, effects and weights do not learn from them."""
    mask = find_outliers(panel)
    return replace(panel, target=np.where(mask, np.nan, panel.target)) if mask.any() else panel


def find_outliers(panel: Panel) -> Mask:
    """Days (n, T) with sales that are absurd for their series.

    What is usual is estimated in the log by medians: of the neighbouring days, of the weekday (or
    hour), and of each covariate's value. A day is absurd if it sold at least four times the usual
    (or less than a tenth of it) and lies far outside the spread of the series. It is not if such
    days come in longer rows or lie at the edge of one (a new level), return after a year, or are
    too many (the series is like that). Zeros are never absurd. Sources: Tukey, Exploratory Data
    Analysis (1977), median polish; Hampel, The Influence Curve and Its Role in Robust Estimation
    (JASA 1974), the limit in median absolute deviations.
    """
    if parse_frequency(panel.frequency).unit not in REACH:
        return np.zeros(panel.target.shape, dtype=bool)
    sold = find_closing(panel).open_target(panel)
    logs = np.log(np.where(np.nan_to_num(sold) > 0, sold, np.nan))
    phase, count = phases(panel.timestamps, panel.frequency)
    mask = np.zeros(logs.shape, dtype=bool)
    for row in np.flatnonzero(_may_have_outliers(logs, phase, count)).tolist():
        covariates = [values[row] for values in panel.covariates.values()]
        mask[row] = _outliers(logs[row], phase, covariates, panel)
    return mask


def _may_have_outliers(logs: FloatArray, phase: npt.NDArray[np.intp], count: int) -> Mask:
    """Series with a value far from the median of all values or of its weekday, (n,)."""
    known = np.isfinite(logs)
    suspects = np.zeros(len(logs), dtype=bool)
    for index in range(count):
        own = logs[:, phase == index]
        middle = _medians(own)[:, None]
        far = (own - middle >= np.log(2.5)) | (own - middle <= -np.log(TOO_LITTLE) / 2)
        suspects |= far.any(axis=1)
    return np.asarray(suspects & (known.sum(axis=1) >= LEAST))


def _outliers(
    logs: FloatArray, phase: npt.NDArray[np.intp], covariates: list[FloatArray], panel: Panel
) -> Mask:
    """The absurd days of one series, (T,)."""
    unit = parse_frequency(panel.frequency).unit
    mask = np.zeros(len(logs), dtype=bool)
    place = np.flatnonzero(np.isfinite(logs))
    groups = [phase[place], *(_groups(values[place]) for values in covariates)]
    rest, effects = _unexplained(logs[place], groups, place, REACH[unit])
    spread = 1.4826 * float(np.median(np.abs(rest)))
    high = rest >= max(np.log(TOO_MUCH[unit]), SPREADS * spread)
    low = rest <= -max(np.log(TOO_LITTLE), SPREADS * spread)
    absurd = _short_rows(high) | _short_rows(low)
    absurd &= ~_returns(rest, panel.timestamps[place])
    absurd &= _is_alone(logs[place] - effects, rest)
    if absurd.sum() <= max(MOST, MOST_SHARE * len(place)):
        mask[place] = absurd
    return mask


def _groups(values: FloatArray) -> npt.NDArray[np.intp]:
    """A number for each known day by the value of a covariate: 0 or 1, or the third it is in."""
    known = np.nan_to_num(values)
    if np.isin(known, (0.0, 1.0)).all():
        return known.astype(np.intp)
    return np.searchsorted(np.quantile(known, (1 / 3, 2 / 3)), known).astype(np.intp)


def _unexplained(
    logs: FloatArray,
    groups: list[npt.NDArray[np.intp]],
    place: npt.NDArray[np.intp],
    reach: int,
) -> tuple[FloatArray, FloatArray]:
    """What is left of the known logs after level and groups; both are medians. And the groups'."""
    rest = logs - np.median(logs)
    effects = np.zeros(len(logs))
    for _ in range(ROUNDS):
        for group in groups:
            for index in np.unique(group).tolist():
                members = group == index
                shift = _cautious_median(rest[members])
                rest[members] -= shift
                effects[members] += shift
        rest = logs - effects - _nearby_median(logs - effects, place, reach)
    return rest, effects


def _cautious_median(values: FloatArray) -> float:
    """The median; of two values the one nearer to 0; 0 of a single value."""
    if len(values) < 3:
        return float(values[np.argmin(np.abs(values))]) if len(values) == 2 else 0.0
    return float(np.median(values))


def _nearby_median(values: FloatArray, place: npt.NDArray[np.intp], reach: int) -> FloatArray:
    """Median of the values within about ``reach`` periods; near an end, of as long a stretch."""
    first, last = int(place[0]), int(place[-1])
    apart = max(reach // 2, 1)
    begins = np.arange(first, max(first, last - 2 * reach) + apart, apart)
    begins[-1] = max(first, last - 2 * reach)
    start = np.searchsorted(place, begins)
    stop = np.searchsorted(place, begins + 2 * reach, side="right")
    overall = float(np.median(values))
    ends = zip(start.tolist(), stop.tolist(), strict=True)
    medians = np.array([np.median(values[a:b]) if b - a >= 3 else overall for a, b in ends])
    nearest = np.abs(place[:, None] - (begins + reach)).argmin(axis=1)
    nearby: FloatArray = medians[nearest]
    return nearby


def _short_rows(flags: Mask) -> Mask:
    """The flags that are not in a row of more than three."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    kept = flags.copy()
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
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


def _medians(values: FloatArray) -> FloatArray:
    """Median of the known values of each row; NaN without any."""
    if values.shape[1] == 0:
        return np.full(len(values), np.nan)
    ordered = np.sort(values, axis=1)  # NaN comes last
    count = np.isfinite(values).sum(axis=1)
    middle = np.maximum(count - 1, 0) // 2
    found: FloatArray = np.take_along_axis(ordered, middle[:, None], axis=1)[:, 0]
    return np.where(count > 0, found, np.nan)
