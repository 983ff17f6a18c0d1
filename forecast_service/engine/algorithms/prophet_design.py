"""Prophet's regression as second moments: one small symmetric matrix per series."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithms.additive import CHANGEPOINTS, WEEKLY, YEARLY, fourier
from forecast_service.engine.calendar import Times
from forecast_service.engine.panel import FloatArray

__all__ = ["Calendar", "Columns", "Moments", "Scales", "moments", "scale_series"]

CHANGEPOINT_RANGE = 0.8  # Prophet's own: the trend changes in this first part of the history
YEARLY_SPAN = 730 * 86_400.0  # seconds from first to last: Prophet's own bound for that season
AT_ONCE = 8  # series whose columns are held at once: what stays in a processor's cache
TREND_DEVIATION, FEATURE_DEVIATION = 5.0, 10.0  # of Prophet's normal priors

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Calendar:
    """Features that depend on the time alone, shared by all series."""

    seconds: FloatArray
    """(T,) since the epoch."""
    features: FloatArray
    """(features, T): one, weekly, yearly, holidays."""

    @classmethod
    def of(cls, times: Times, holidays: FloatArray) -> Calendar:
        """``holidays`` has shape (names, T)."""
        seasons = [fourier(times, *WEEKLY).T, fourier(times, *YEARLY).T]
        seconds = times.astype("datetime64[s]").astype(np.int64).astype(np.float64)
        return cls(seconds, np.concatenate([np.ones((1, len(times))), *seasons, holidays]))


@dataclass(frozen=True)
class Columns:
    """Where the regression's columns are. All but the hinges, which come last, have a ridge."""

    holidays: int
    covariates: int

    @cached_property
    def weekly(self) -> slice:
        return slice(1, 1 + 2 * WEEKLY[1])

    @cached_property
    def yearly(self) -> slice:
        return slice(self.weekly.stop, self.weekly.stop + 2 * YEARLY[1])

    @cached_property
    def holiday(self) -> slice:
        return slice(self.yearly.stop, self.yearly.stop + self.holidays)

    @cached_property
    def slope(self) -> int:
        return int(self.holiday.stop)

    @cached_property
    def covariate(self) -> slice:
        return slice(self.slope + 1, self.slope + 1 + self.covariates)

    @cached_property
    def ridge(self) -> slice:
        return slice(0, self.covariate.stop)

    @cached_property
    def hinge(self) -> slice:
        return slice(self.covariate.stop, self.covariate.stop + CHANGEPOINTS)

    @cached_property
    def deviations(self) -> FloatArray:
        """Standard deviation of the normal prior of each ridge column; the offset is column 0."""
        found = np.full(self.ridge.stop, FEATURE_DEVIATION)
        found[[0, self.slope]] = TREND_DEVIATION
        return found


@dataclass(frozen=True)
class Scales:
    """How Prophet scales each of ``c`` series, and where its trend may change.

    Names, units and shapes as in ``AdditiveModels``. ``used`` (c, covariates) tells which
    covariates are finite and vary over the known periods; ``has_year`` (c,) who has that season.
    """

    start: FloatArray
    t_scale: FloatArray
    y_scale: FloatArray
    n_changepoints: FloatArray
    changepoints: FloatArray
    used: Flags
    covariate_mean: FloatArray
    covariate_scale: FloatArray
    has_year: Flags

    def take(self, rows: slice) -> Scales:
        return Scales(**{name: values[rows] for name, values in vars(self).items()})


@dataclass(frozen=True)
class Moments:
    """Sums over the known periods of each series of the products of the regression's columns.

    Ridge columns are multiplied by the standard deviation of their prior. A column that a series
    does not have is 0.
    """

    count: FloatArray
    """(c,) known periods."""
    target: FloatArray
    """(c,) sum of the squared target."""
    ridge: FloatArray
    """(c, r, r)"""
    ridge_target: FloatArray
    """(c, r)"""
    hinge: FloatArray
    """(c, 25, 25)"""
    hinge_target: FloatArray
    """(c, 25)"""
    hinge_ridge: FloatArray
    """(c, 25, r)"""


def scale_series(seconds: FloatArray, target: FloatArray, covariates: FloatArray) -> Scales:
    """What Prophet derives from each history before it fits.

    ``target`` (c, T) is NaN where nothing is known, and each series has at least three known
    periods; ``covariates`` (c, names, T). Source: ``Prophet.initialize_scales`` and
    ``Prophet.set_changepoints`` of prophet 1.5.
    """
    known = ~np.isnan(target)
    first = seconds[known.argmax(axis=1)]
    span = seconds[::-1][known[:, ::-1].argmax(axis=1)] - first
    largest = np.abs(np.where(known, target, 0.0)).max(axis=1)
    times, count = _changepoint_times(seconds, known)
    used, mean, scale = _covariate_scales(covariates, known)
    return Scales(
        start=first,
        t_scale=span,
        y_scale=np.where(largest == 0, 1.0, largest),
        n_changepoints=count,
        changepoints=(times - first[:, None]) / span[:, None],
        used=used,
        covariate_mean=mean,
        covariate_scale=scale,
        has_year=span >= YEARLY_SPAN,
    )


def moments(
    calendar: Calendar, scales: Scales, target: FloatArray, covariates: FloatArray
) -> Moments:
    """The sums over time. Work is proportional to ``c * T``, memory beside the input to ``T``.

    One thing is not Prophet's: a weekday of which nothing is known has an effect of 0, the mean
    of the others. No data contradict it, but the priors alone would put sales there at about
    minus three quarters of the level (Stan stops on its way to that).
    """
    where = Columns(len(calendar.features) - 1 - 2 * WEEKLY[1] - 2 * YEARLY[1], len(covariates[0]))
    sums = np.empty((len(target), where.hinge.stop + 1, where.hinge.stop + 1))
    space = np.empty((AT_ONCE, where.hinge.stop + 1, target.shape[1]))
    for begin in range(0, len(target), AT_ONCE):
        rows = slice(begin, begin + AT_ONCE)
        design = space[: len(target[rows])]
        _fill(design, calendar, scales.take(rows), where, target[rows], covariates[rows])
        np.matmul(design, design.transpose(0, 2, 1), out=sums[rows])
    sums[:, where.weekly, where.weekly] += _unseen_weekdays(calendar.seconds, ~np.isnan(target))
    prior = where.deviations
    ridge, hinge = where.ridge, where.hinge
    return Moments(
        count=(~np.isnan(target)).sum(axis=1).astype(np.float64),
        target=sums[:, -1, -1],
        ridge=sums[:, ridge, ridge] * prior[:, None] * prior,
        ridge_target=sums[:, ridge, -1] * prior,
        hinge=sums[:, hinge, hinge],
        hinge_target=sums[:, hinge, -1],
        hinge_ridge=sums[:, hinge, ridge] * prior,
    )


def _fill(
    design: FloatArray,
    calendar: Calendar,
    scales: Scales,
    where: Columns,
    target: FloatArray,
    covariates: FloatArray,
) -> None:
    """The columns of the regression and then the target, (c, columns + 1, T); 0 where unknown."""
    known = ~np.isnan(target)
    np.multiply(calendar.features, known[:, None, :], out=design[:, : where.slope])
    design[~scales.has_year, where.yearly] = 0.0
    t = (calendar.seconds - scales.start[:, None]) / scales.t_scale[:, None]
    design[:, where.slope] = t * known
    for column, out in enumerate(range(where.covariate.start, where.covariate.stop)):
        counted = known & scales.used[:, column, None]
        mean, scale = scales.covariate_mean[:, column], scales.covariate_scale[:, column]
        design[:, out] = np.where(counted, covariates[:, column], mean[:, None])
        if mean.any() or (scale != 1).any():
            design[:, out] = (design[:, out] - mean[:, None]) / scale[:, None]
    hinges = design[:, where.hinge]
    before_all = np.where(known, t, -1.0)
    np.subtract(before_all[:, None, :], scales.changepoints[:, :, None], out=hinges)
    np.maximum(hinges, 0.0, out=hinges)
    design[:, -1] = np.where(known, target, 0.0) / scales.y_scale[:, None]


def _unseen_weekdays(seconds: FloatArray, known: Flags) -> FloatArray:
    """Moments (c, 6, 6) of the weekly features of the weekdays without a known value."""
    weekday = (seconds // 86_400).astype(np.int64) % 7
    features = fourier(np.arange(7).astype("datetime64[D]"), *WEEKLY)
    unseen = [~known[:, weekday == day].any(axis=1) for day in range(7)]
    products = (features[:, :, None] * features[:, None, :]).reshape(7, -1)
    summed = np.column_stack(unseen).astype(np.float64) @ products
    return np.asarray(summed.reshape(len(known), features.shape[1], -1))


def _changepoint_times(seconds: FloatArray, known: Flags) -> tuple[FloatArray, FloatArray]:
    """Times of the changepoints (c, 25), infinite where there are fewer, and their number (c,).

    They are spread evenly over the rows of the first 80 % of the known periods.
    """
    rows = known.sum(axis=1)
    usable = np.floor(rows * CHANGEPOINT_RANGE).astype(np.int64)
    count = np.minimum(CHANGEPOINTS, usable - 1)
    times = np.full((len(known), CHANGEPOINTS), np.inf)
    positions = np.nonzero(known)[1]
    before = np.cumsum(rows) - rows
    for size in np.unique(count).tolist():
        chosen = np.flatnonzero(count == size)
        spread = np.linspace(0, usable[chosen] - 1, size + 1, axis=1)[:, 1:].round().astype(int)
        times[chosen, :size] = seconds[positions[before[chosen, None] + spread]]
    return times, count.astype(np.float64)


def _covariate_scales(covariates: FloatArray, known: Flags) -> tuple[Flags, FloatArray, FloatArray]:
    """Used or not, mean and scale of each covariate of each series; all (c, names).

    Indicators (0 and 1 alone) stay as they are; others are standardised. What is not finite, does
    not vary or has no finite scale is not used.
    """
    shape = covariates.shape[:2]
    used, mean, scale = np.zeros(shape, dtype=bool), np.zeros(shape), np.ones(shape)
    for column in range(shape[1]):
        values = covariates[:, column]
        highest = np.where(known, values, -np.inf).max(axis=1)
        lowest = np.where(known, values, np.inf).min(axis=1)
        used[:, column] = np.isfinite(highest) & np.isfinite(lowest) & (lowest < highest)
        is_indicator = ((values == 0) | (values == 1) | ~known).all(axis=1)
        rows = np.flatnonzero(used[:, column] & ~is_indicator)
        if rows.size:
            average, spread = _mean_and_deviation(values[rows], known[rows])
            is_fine = np.isfinite(spread) & (spread > 0)
            used[rows, column] = is_fine
            mean[rows[is_fine], column] = average[is_fine]
            scale[rows[is_fine], column] = spread[is_fine]
    return used, mean, scale


def _mean_and_deviation(values: FloatArray, known: Flags) -> tuple[FloatArray, FloatArray]:
    rows = known.sum(axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.where(known, values, 0.0).sum(axis=1) / rows
        around = np.where(known, values - mean[:, None], 0.0)
        return mean, np.sqrt((around**2).sum(axis=1) / (rows - 1))
