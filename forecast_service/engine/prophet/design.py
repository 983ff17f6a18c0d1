"""Prophet's regression as second moments: one small symmetric matrix per series."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from forecast_service.engine.calendar import Times
from forecast_service.engine.panel import FloatArray
from forecast_service.engine.prophet.parameters import DAILY, WEEKLY, YEARLY, fourier
from forecast_service.engine.prophet.prophet_options import ProphetOptions
from forecast_service.engine.prophet.scales import DAY, Flags, Scales

__all__ = [
    "AT_ONCE",
    "Calendar",
    "Columns",
    "Moments",
    "Problem",
    "fill",
    "moments",
    "spaces",
    "sums_of",
    "unseen_weekdays",
]

AT_ONCE = 8  # series whose columns are held at once: what stays in a processor's cache
TREND_DEVIATION = 5.0  # of Prophet's normal priors of slope and offset


@dataclass(frozen=True)
class Calendar:
    """Features that depend on the time alone, shared by all series."""

    seconds: FloatArray
    """(T,) since the epoch."""
    features: FloatArray
    """(features, T): one, weekly, yearly, daily, holidays."""
    has_days: bool
    """Are there periods shorter than a day? Else there are no daily features."""

    @classmethod
    def of(cls, times: Times, holidays: FloatArray) -> Calendar:
        """``holidays`` has shape (names, T)."""
        seconds = times.astype("datetime64[s]").astype(np.int64).astype(np.float64)
        has_days = bool(np.diff(seconds).min(initial=DAY) < DAY)
        kinds = (WEEKLY, YEARLY, DAILY) if has_days else (WEEKLY, YEARLY)
        seasons = [fourier(times, *season).T for season in kinds]
        features = np.concatenate([np.ones((1, len(times))), *seasons, holidays])
        return cls(seconds, features, has_days)


@dataclass(frozen=True)
class Columns:
    """Where the regression's columns are. All but the hinges, which come last, have a ridge."""

    holidays: int
    covariates: int
    options: ProphetOptions
    has_days: bool = False

    @cached_property
    def weekly(self) -> slice:
        return slice(1, 1 + 2 * WEEKLY[1])

    @cached_property
    def yearly(self) -> slice:
        return slice(self.weekly.stop, self.weekly.stop + 2 * YEARLY[1])

    @cached_property
    def daily(self) -> slice:
        return slice(self.yearly.stop, self.yearly.stop + 2 * DAILY[1] * self.has_days)

    @cached_property
    def holiday(self) -> slice:
        return slice(self.daily.stop, self.daily.stop + self.holidays)

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
        return slice(self.covariate.stop, self.covariate.stop + self.options.trend_changes)

    @cached_property
    def trend(self) -> npt.NDArray[np.bool_]:
        """Which of all columns make up the trend rather than a season or an effect."""
        found = np.zeros(self.hinge.stop, dtype=bool)
        found[[0, self.slope]] = True
        found[self.hinge] = True
        return found

    @cached_property
    def deviations(self) -> FloatArray:
        """Standard deviation of the normal prior of each ridge column; the offset is column 0."""
        found = np.full(self.ridge.stop, self.options.seasonality_prior_scale)
        found[self.holiday] = self.options.holidays_prior_scale
        found[self.covariate] = self.options.holidays_prior_scale
        found[[0, self.slope]] = TREND_DEVIATION
        return found


@dataclass(frozen=True)
class Problem:
    """The histories of ``c`` series as a regression sees them."""

    calendar: Calendar
    where: Columns
    scales: Scales
    target: FloatArray
    """(c, T), above the floor; NaN where nothing is known."""
    covariates: FloatArray
    """(c, names, T)"""

    def __len__(self) -> int:
        return len(self.target)

    def take(self, rows: slice | npt.NDArray[np.intp]) -> Problem:
        """Some of the series."""
        return Problem(
            self.calendar,
            self.where,
            self.scales.take(rows),
            self.target[rows],
            self.covariates[rows],
        )


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
    """(c, p, p) for p trend changes"""
    hinge_target: FloatArray
    """(c, p)"""
    hinge_ridge: FloatArray
    """(c, p, r)"""

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Moments:
        """Those of some of the series."""
        return Moments(**{name: values[rows] for name, values in vars(self).items()})


def moments(problem: Problem) -> Moments:
    """The sums over time. Work is proportional to ``c * T``, memory beside the input to ``T``."""
    sums, space = spaces(problem)
    for begin in range(0, len(problem), AT_ONCE):
        block = problem.take(slice(begin, begin + AT_ONCE))
        design = space[: len(block)]
        fill(design, block)
        np.matmul(design, design.transpose(0, 2, 1), out=sums[begin : begin + AT_ONCE])
    return sums_of(problem, sums)


def spaces(problem: Problem) -> tuple[FloatArray, FloatArray]:
    """Room for the sums of all series, and for the columns of those that are held at once."""
    width = problem.where.hinge.stop + 1
    at_once = min(AT_ONCE, len(problem))
    sums = np.empty((len(problem), width, width))
    return sums, np.empty((at_once, width, problem.target.shape[1]))


def sums_of(problem: Problem, sums: FloatArray) -> Moments:
    """The moments in the sums (c, columns + 1, columns + 1) of all products.

    One thing is not Prophet's: a weekday of which nothing is known has an effect of 0, the mean
    of the others. No data contradict it, but the priors alone would put sales there at about
    minus three quarters of the level (Stan stops on its way to that). In a regression that costs
    next to no density. A multiplicative or logistic model would gain some by hiding a part of the
    level in such weekdays, where trend changes are cheaper; it would be all but undetermined.
    """
    where = problem.where
    sums[:, where.weekly, where.weekly] += unseen_weekdays(problem)
    prior, ridge, hinge = where.deviations, where.ridge, where.hinge
    return Moments(
        count=(~np.isnan(problem.target)).sum(axis=1).astype(np.float64),
        target=sums[:, -1, -1],
        ridge=sums[:, ridge, ridge] * prior[:, None] * prior,
        ridge_target=sums[:, ridge, -1] * prior,
        hinge=sums[:, hinge, hinge],
        hinge_target=sums[:, hinge, -1],
        hinge_ridge=sums[:, hinge, ridge] * prior,
    )


def unseen_weekdays(problem: Problem) -> FloatArray:
    """Moments (c, 6, 6) of the weekly features of the weekdays without a known value."""
    features = fourier(np.arange(7).astype("datetime64[D]"), *WEEKLY)
    products = (features[:, :, None] * features[:, None, :]).reshape(7, -1)
    known, weekday = ~np.isnan(problem.target), (problem.calendar.seconds // DAY) % 7
    unseen = [~known[:, weekday == day].any(axis=1) for day in range(7)]
    counted = np.column_stack(unseen) & problem.scales.has_week[:, None]
    summed = counted.astype(np.float64) @ products
    return np.asarray(summed.reshape(len(counted), features.shape[1], -1))


def fill(design: FloatArray, problem: Problem) -> None:
    """The columns of the regression and then the target, (c, columns + 1, T); 0 where unknown."""
    scales, where = problem.scales, problem.where
    known = ~np.isnan(problem.target)
    np.multiply(problem.calendar.features, known[:, None, :], out=design[:, : where.slope])
    for season, is_there in (
        (where.yearly, scales.has_year),
        (where.weekly, scales.has_week),
        (where.daily, scales.has_day),
    ):
        if not is_there.all():
            design[~is_there, season] = 0.0
    t = (problem.calendar.seconds - scales.start[:, None]) / scales.t_scale[:, None]
    if where.options.growth == "flat":
        design[:, where.slope] = 0.0
        design[:, where.hinge] = 0.0
    else:
        design[:, where.slope] = t * known
        _fill_hinges(design[:, where.hinge], np.where(known, t, -1.0), scales.changepoints)
    _fill_covariates(design[:, where.covariate], problem, known)
    np.divide(np.where(known, problem.target, 0.0), scales.y_scale[:, None], out=design[:, -1])


def _fill_hinges(hinges: FloatArray, t: FloatArray, changepoints: FloatArray) -> None:
    np.subtract(t[:, None, :], changepoints[:, :, None], out=hinges)
    np.maximum(hinges, 0.0, out=hinges)


def _fill_covariates(columns: FloatArray, problem: Problem, known: Flags) -> None:
    scales = problem.scales
    for column in range(columns.shape[1]):
        counted = known & scales.used[:, column, None]
        mean, scale = scales.covariate_mean[:, column], scales.covariate_scale[:, column]
        columns[:, column] = np.where(counted, problem.covariates[:, column], mean[:, None])
        if mean.any() or (scale != 1).any():
            columns[:, column] = (columns[:, column] - mean[:, None]) / scale[:, None]
