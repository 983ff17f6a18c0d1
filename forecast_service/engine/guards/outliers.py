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

FEW = 30  # series; with more, the effects of all damp a lesser error of one
TOO_MUCH = {"D": (4.0, 6.0), "H": (8.0, 8.0), "W": (5.0, 5.0), "M": (8.0, 8.0)}
TOO_LITTLE = (10.0, 250.0)  # value to usual and usual to value, of few and of many series
SPREADS = 6.0  # also this far from the usual, in robust standard deviations
REACH = {"D": 14, "H": 84, "W": 8, "M": 6}  # periods to each side that tell what is usual
LEAST = 10  # known periods of a series; with fewer nothing is usual
MOST_IN_A_ROW = 3  # more than this is a new level
SIDE = 7  # days before and after that it must differ from
MOST_SHARE, MOST = 0.005, 3  # more than this is the nature of the series
ALIKE = 2 / 3  # of a deviation, in the log: others as large belong to the same kind
SUSPECT = 0.6  # of the limit, in the log, from the median of the weekday
YEAR, NEARBY = 365.25, 10  # days; a value that comes back a year later is no error
ROUNDS = 2


def without_outliers(panel: Panel) -> Panel:
    """The panel with absurd days as unknown: levels, effects and weights do not learn from them."""
    mask = find_outliers(panel)
    return replace(panel, target=np.where(mask, np.nan, panel.target)) if mask.any() else panel


def find_outliers(panel: Panel) -> Mask:
    """Days (n, T) with sales that are absurd for their series.

    What is usual is estimated in the log by medians: of the neighbouring days, of the weekday (or
    hour), and of each covariate's value. A day is absurd if it sold four times the usual (or a
    tenth of it) and lies far outside the spread of the series. With many series the limits are six
    times and a 250th: a fair or an hour's opening happens, and effects learned from all series damp
    it. A day is not absurd if such days come in longer rows or lie at the edge of one (a new
    level), return after a year, or are too many (the series is like that). Zeros are never absurd.
    Sources: Tukey, Exploratory Data Analysis (1977), median polish; Hampel, The Influence Curve and
    Its Role in Robust Estimation (JASA 1974), the limit in median absolute deviations.
    """
    unit, is_large = parse_frequency(panel.frequency).unit, panel.n_series >= FEW
    if unit not in REACH:
        return np.zeros(panel.target.shape, dtype=bool)
    limits = -np.log(TOO_LITTLE[is_large]), np.log(TOO_MUCH[unit][is_large])
    sold = find_closing(panel).open_target(panel)
    logs = np.log(np.where(np.nan_to_num(sold) > 0, sold, np.nan))
    phase, count = phases(panel.timestamps, panel.frequency)
    mask = np.zeros(logs.shape, dtype=bool)
    for row in np.flatnonzero(_suspects(logs, phase, count, limits)).tolist():
        covariates = [values[row] for values in panel.covariates.values()]
        mask[row] = _outliers(logs[row], phase, covariates, panel, limits)
    return mask


def _suspects(
    logs: FloatArray, phase: npt.NDArray[np.intp], count: int, limits: tuple[float, float]
) -> Mask:
    """Series with a value far from the median of its weekday, (n,)."""
    known = np.isfinite(logs)
    suspects = np.zeros(len(logs), dtype=bool)
    for index in range(count):
        own = logs[:, phase == index]
        apart = own - _medians(own)[:, None]
        far = (apart >= SUSPECT * limits[1]) | (apart <= SUSPECT * limits[0])
        suspects |= far.any(axis=1)
    return np.asarray(suspects & (known.sum(axis=1) >= LEAST))


def _outliers(
    logs: FloatArray,
    phase: npt.NDArray[np.intp],
    covariates: list[FloatArray],
    panel: Panel,
    limits: tuple[float, float],
) -> Mask:
    """The absurd days of one series, (T,)."""
    mask = np.zeros(len(logs), dtype=bool)
    place = np.flatnonzero(np.isfinite(logs))
    groups = [phase[place], *(_groups(values[place]) for values in covariates)]
    reach = REACH[parse_frequency(panel.frequency).unit]
    rest, effects = _unexplained(logs[place], groups, place, reach)
    far = SPREADS * 1.4826 * float(np.median(np.abs(rest)))
    scaled = np.maximum(rest / max(limits[1], far), rest / min(limits[0], -far))
    absurd = _short_rows(scaled, rest > 0) | _short_rows(scaled, rest < 0)
    lone = ~_returns(rest, panel.timestamps[place]) & _is_alone(logs[place] - effects, rest)
    mask[place] = absurd & lone & _is_rare(scaled, lone)
    return mask


def _is_rare(scaled: FloatArray, lone: Mask) -> Mask:
    """Whether few lone days deviate about as much as each day, or more."""
    ordered = np.sort(scaled[lone])
    alike = len(ordered) - np.searchsorted(ordered, ALIKE * scaled)
    return np.asarray(alike <= max(MOST, MOST_SHARE * len(scaled)))


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


def _short_rows(scaled: FloatArray, side: Mask) -> Mask:
    """Days beyond the limit on this side that are not in a row of more than three."""
    flags = side & (scaled >= 1)
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
