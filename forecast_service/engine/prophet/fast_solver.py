"""Fits Prophet's model in this process, a chunk of series at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray
from forecast_service.engine.prophet.design import Calendar, Columns, Problem, moments
from forecast_service.engine.prophet.histories import Histories
from forecast_service.engine.prophet.map_estimate import SMALLEST_SIGMA, Estimate, estimate
from forecast_service.engine.prophet.newton import estimate_curved
from forecast_service.engine.prophet.parameters import Parameters, holiday_features
from forecast_service.engine.prophet.prophet_options import ProphetOptions
from forecast_service.engine.prophet.scales import scale_series

__all__ = ["fit_fast"]

CHUNK = 256  # series solved at once, in about 20 MB
MAX_VIOLATION = 1e-6  # of the optimality conditions
NOISELESS = "its noise is below a ten-thousandth of its largest value"
INEXACT = "its optimum could not be certified"


def fit_fast(
    histories: Histories,
    options: ProphetOptions,
    finished: Callable[[int], None] = lambda count: None,
) -> list[Parameters | str]:
    """The parameters of each series, or the reason why this solver cannot fit it.

    ``finished`` is called after each chunk with the number of series fitted so far. Memory beside
    the input does not grow with the number of series.
    """
    times = histories.times
    names = len(histories.holidays)
    calendar = Calendar.of(times, holiday_features(histories.numbered_holidays, names, times))
    columns = Columns(names, len(histories.covariates), options, calendar.is_subdaily)
    fits: list[Parameters | str] = []
    fitted = 0
    for begin in range(0, len(histories), CHUNK):
        chunk = histories.take(slice(begin, begin + CHUNK))
        of_chunk = _fit_chunk(problem_of(calendar, columns, chunk))
        fits += of_chunk
        fitted += sum(not isinstance(fit, str) for fit in of_chunk)
        finished(fitted)
    return fits


def problem_of(calendar: Calendar, columns: Columns, chunk: Histories) -> Problem:
    """The histories, scaled as the regression needs them."""
    target = chunk.target - (columns.options.floor or 0.0)
    covariates = np.empty((len(chunk), len(chunk.covariates), len(chunk.times)))
    for column, values in enumerate(chunk.covariates.values()):
        covariates[:, column] = values
    scales = scale_series(calendar.seconds, target, covariates, columns.options)
    return Problem(calendar, columns, scales, target, covariates)


def _fit_chunk(problem: Problem) -> list[Parameters | str]:
    options, target = problem.columns.options, problem.target
    if options.is_regression:
        best = estimate(moments(problem), options.changepoint_prior_scale)
    else:
        best = estimate_curved(problem)
    stacked = _parameters(problem, best)
    constant = np.nanmin(target, axis=1) == np.nanmax(target, axis=1)
    constant &= options.growth != "logistic"
    _set_constant(stacked, constant, target)
    reasons = np.where(best.sigma > SMALLEST_SIGMA, "", NOISELESS)
    reasons = np.where(best.violation <= MAX_VIOLATION, reasons, INEXACT)
    return [
        str(reason) if reason and not constant[row] else _row(stacked, row)
        for row, reason in enumerate(reasons)
    ]


def _parameters(problem: Problem, best: Estimate) -> dict[str, FloatArray]:
    """The fields of ProphetModels; the first axis is the series of the chunk."""
    columns, scales, options = problem.columns, problem.scales, problem.columns.options
    ridge, delta = best.ridge * columns.deviations, best.delta.copy()
    slope = ridge[:, columns.slope].copy()
    if options.growth == "linear":  # Prophet's dummy change at the start, if there are no others
        at_start = scales.changepoints[:, 0] == 0
        slope[at_start] += delta[at_start, 0]
        delta[at_start, 0] = 0.0
    fixed = np.ones(len(problem))
    return {
        "start": scales.start,
        "t_scale": scales.t_scale,
        "y_scale": scales.y_scale,
        "k": slope,
        "offset": ridge[:, 0],
        "sigma": best.sigma,
        "is_multiplicative": fixed * options.is_multiplicative,
        "cap": fixed * (np.inf if options.cap is None else options.cap),
        "floor": fixed * (options.floor or 0.0),
        "n_changepoints": scales.n_changepoints,
        "changepoints": scales.changepoints,
        "delta": delta,
        "yearly": ridge[:, columns.yearly],
        "weekly": ridge[:, columns.weekly],
        "daily": ridge[:, columns.daily] if columns.is_subdaily else np.zeros((len(ridge), 8)),
        "holidays": ridge[:, columns.holiday],
        "covariates": ridge[:, columns.covariate],
        "covariate_mean": scales.covariate_mean,
        "covariate_scale": scales.covariate_scale,
    }


def _set_constant(
    stacked: dict[str, FloatArray], constant: npt.NDArray[np.bool_], target: FloatArray
) -> None:
    """Give a constant series what the package gives it: its value, and no noise."""
    for name in ("k", "delta", "yearly", "weekly", "daily", "holidays", "covariates"):
        stacked[name][constant] = 0.0
    stacked["sigma"][constant] = 1e-9
    stacked["offset"][constant] = (np.nanmax(target, axis=1) / stacked["y_scale"])[constant]


def _row(stacked: dict[str, FloatArray], row: int) -> Parameters:
    return {name: values[row] for name, values in stacked.items()}
