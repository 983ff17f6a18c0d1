"""Prophet's regression reduced to second moments: a small symmetric matrix per series."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray
from forecast_service.engine.periods.frequency import Times
from forecast_service.engine.prophet.parameters import DAILY, WEEKLY, YEARLY, fourier
from forecast_service.engine.prophet.prophet_options import ProphetOptions
from forecast_service.engine.prophet.scales import DAY, Flags, Scales

__all__ = [
    "AT_ONCE",
    "Calendar",
    "Columns",
    "Moments",
    "Problem",
    "allocate",
    "fill_design",
    "moments",
    "moments_of",
    "unseen_weekdays",
]

AT_ONCE = 8  # series whose columns are in memory at once: they fit into a processor's cache
TREND_DEVIATION = 5.0  # standard deviation of Prophet's normal priors on slope and offset


@dataclass(frozen=True)
class Calendar:
    """Features that depend on time alone; all series share them."""

    seconds: FloatArray
    """(T,) since the epoch."""
    features: FloatArray
    """(features, T): a constant, then weekly, yearly, daily and holiday columns."""
    is_subdaily: bool
    """Whether periods are shorter than a day. Without that there are no daily features."""

    @classmethod
    def of(cls, times: Times, holidays: FloatArray) -> Calendar:
        """``holidays`` has shape (names, T)."""
        seconds = times.astype("datetime64[s]").astype(np.int64).astype(np.float64)
        is_subdaily = bool(np.diff(seconds).min(initial=DAY) < DAY)
        kinds = (WEEKLY, YEARLY, DAILY) if is_subdaily else (WEEKLY, YEARLY)
        seasons = [fourier(times, *season).T for season in kinds]
        features = np.concatenate([np.ones((1, len(times))), *seasons, holidays])
        return cls(seconds, features, is_subdaily)


@dataclass(frozen=True)
class Columns:
    """Positions of the regression's columns. The hinges are last; all others have a ridge."""

    holidays: int
    covariates: int
    options: ProphetOptions
    is_subdaily: bool = False

    @cached_property
    def weekly(self) -> slice:
        return slice(1, 1 + 2 * WEEKLY[1])

    @cached_property
    def yearly(self) -> slice:
        return slice(self.weekly.stop, self.weekly.stop + 2 * YEARLY[1])

    @cached_property
    def daily(self) -> slice:
        return slice(self.yearly.stop, self.yearly.stop + 2 * DAILY[1] * self.is_subdaily)

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
        """Mask over all columns: offset, slope and hinges."""
        mask = np.zeros(self.hinge.stop, dtype=bool)
        mask[[0, self.slope]] = True
        mask[self.hinge] = True
        return mask

    @cached_property
    def deviations(self) -> FloatArray:
        """Standard deviation of the normal prior of each ridge column; the offset is column 0."""
        deviations = np.full(self.ridge.stop, self.options.seasonality_prior_scale)
        deviations[self.holiday] = self.options.holidays_prior_scale
        deviations[self.covariate] = self.options.holidays_prior_scale
        deviations[[0, self.slope]] = TREND_DEVIATION
        return deviations


@dataclass(frozen=True)
class Problem:
    """The histories of ``c`` series, ready for the regression."""

    calendar: Calendar
    columns: Columns
    scales: Scales
    target: FloatArray
    """(c, T), minus the floor; NaN where it is not known."""
    covariates: FloatArray
    """(c, names, T)"""

    def __len__(self) -> int:
        return len(self.target)

    def take(self, rows: slice | npt.NDArray[np.intp]) -> Problem:
        return Problem(
            self.calendar,
            self.columns,
            self.scales.take(rows),
            self.target[rows],
            self.covariates[rows],
        )


@dataclass(frozen=True)
class Moments:
    """Sums over time of the products of the regression's columns, for each series.

    Only known periods count. Ridge columns are multiplied by the standard deviation of their
    prior. A column that a series does not have is 0.
    """

    count: FloatArray
    """(c,) known periods."""
    target: FloatArray
    """(c,) sum of squares."""
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
        return Moments(**{name: values[rows] for name, values in vars(self).items()})


def moments(problem: Problem) -> Moments:
    """The moments of each series. Time grows with ``c * T``, memory beside the input with ``T``."""
    sums, space = allocate(problem)
    for begin in range(0, len(problem), AT_ONCE):
        block = problem.take(slice(begin, begin + AT_ONCE))
        design = space[: len(block)]
        fill_design(design, block)
        np.matmul(design, design.transpose(0, 2, 1), out=sums[begin : begin + AT_ONCE])
    return moments_of(problem, sums)


def allocate(problem: Problem) -> tuple[FloatArray, FloatArray]:
    """Empty arrays: sums of products of all series, and columns of ``AT_ONCE`` series."""
    width = problem.columns.hinge.stop + 1
    at_once = min(AT_ONCE, len(problem))
    sums = np.empty((len(problem), width, width))
    return sums, np.empty((at_once, width, problem.target.shape[1]))


def moments_of(problem: Problem, sums: FloatArray) -> Moments:
    """The moments from ``sums`` (c, columns + 1, columns + 1) of products; the target is last.

    We depart from Prophet in one point: a weekday without known values has an effect of 0, the
    mean of the other weekdays. No data contradict this. The priors alone would put its sales at
    about minus three quarters of the level (Stan stops on its way there). In a regression our
    choice costs almost no density. A multiplicative or logistic model could gain density by
    moving a part of the level into these weekdays, because trend changes then cost less; its
    parameters would be almost undetermined.
    """
    columns = problem.columns
    sums[:, columns.weekly, columns.weekly] += unseen_weekdays(problem)
    prior, ridge, hinge = columns.deviations, columns.ridge, columns.hinge
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
    """Moments (c, 6, 6) of the weekly features on the weekdays without a known value."""
    features = fourier(np.arange(7).astype("datetime64[D]"), *WEEKLY)
    products = (features[:, :, None] * features[:, None, :]).reshape(7, -1)
    known, weekday = ~np.isnan(problem.target), (problem.calendar.seconds // DAY) % 7
    unseen = [~known[:, weekday == day].any(axis=1) for day in range(7)]
    counted = np.column_stack(unseen) & problem.scales.has_week[:, None]
    summed = counted.astype(np.float64) @ products
    return np.asarray(summed.reshape(len(counted), features.shape[1], -1))


def fill_design(design: FloatArray, problem: Problem) -> None:
    """Write the columns and then the target, (c, columns + 1, T); 0 where it is not known."""
    scales, columns = problem.scales, problem.columns
    known = ~np.isnan(problem.target)
    np.multiply(problem.calendar.features, known[:, None, :], out=design[:, : columns.slope])
    for season, has_season in (
        (columns.yearly, scales.has_year),
        (columns.weekly, scales.has_week),
        (columns.daily, scales.has_day),
    ):
        if not has_season.all():
            design[~has_season, season] = 0.0
    t = (problem.calendar.seconds - scales.start[:, None]) / scales.t_scale[:, None]
    if columns.options.growth == "flat":
        design[:, columns.slope] = 0.0
        design[:, columns.hinge] = 0.0
    else:
        design[:, columns.slope] = t * known
        _fill_hinges(design[:, columns.hinge], np.where(known, t, -1.0), scales.changepoints)
    _fill_covariates(design[:, columns.covariate], problem, known)
    np.divide(np.where(known, problem.target, 0.0), scales.y_scale[:, None], out=design[:, -1])


def _fill_hinges(hinges: FloatArray, t: FloatArray, changepoints: FloatArray) -> None:
    np.subtract(t[:, None, :], changepoints[:, :, None], out=hinges)
    np.maximum(hinges, 0.0, out=hinges)


def _fill_covariates(design: FloatArray, problem: Problem, known: Flags) -> None:
    scales = problem.scales
    for column in range(design.shape[1]):
        counted = known & scales.used[:, column, None]
        mean, scale = scales.covariate_mean[:, column], scales.covariate_scale[:, column]
        design[:, column] = np.where(counted, problem.covariates[:, column], mean[:, None])
        if mean.any() or (scale != 1).any():
            design[:, column] = (design[:, column] - mean[:, None]) / scale[:, None]
