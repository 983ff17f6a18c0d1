"""Fits Prophet by the ``prophet`` package, with Stan. No other module imports the package."""

from __future__ import annotations

import logging
import multiprocessing.util
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from forecast_service.engine.panel import FloatArray
from forecast_service.engine.periods.frequency import Times
from forecast_service.engine.pool import map_in_order, pool
from forecast_service.engine.prophet.histories import Histories
from forecast_service.engine.prophet.parameters import DAILY, WEEKLY, YEARLY, Parameters
from forecast_service.engine.prophet.prophet_options import ProphetOptions

__all__ = ["fit_with_package"]

CHUNK = 16  # series per task, about one second of work


@dataclass(frozen=True)
class _Task:
    """Series to fit, as sent to another process."""

    histories: Histories
    options: ProphetOptions
    seed: int


def fit_with_package(
    histories: Histories,
    options: ProphetOptions,
    *,
    seed: int,
    processes: int,
    finished: Callable[[int], None] = lambda count: None,
) -> list[Parameters | str]:
    """The parameters of each series, or the reason why it cannot be fitted.

    Stan's optimiser (L-BFGS) starts from the seed. The work is divided among ``processes``.
    ``finished`` is called with the number of series done so far.
    """
    total = len(histories)
    tasks = [
        _Task(histories.take(slice(begin, begin + CHUNK)), options, seed)
        for begin in range(0, total, CHUNK)
    ]
    with pool(processes if len(tasks) > 1 else 1) as executor:
        chunks = map_in_order(
            executor, _fit_chunk, tasks, lambda count: finished(min(count * CHUNK, total))
        )
    return [outcome for chunk in chunks for outcome in chunk]


def _fit_chunk(task: _Task) -> list[Parameters | str]:
    """Runs in a process of the pool."""
    return [_try_series(task, row) for row in range(len(task.histories))]


def _try_series(task: _Task, row: int) -> Parameters | str:
    try:
        parameters = _fit_series(task, row)
    except (ArithmeticError, RuntimeError, ValueError) as error:
        return f"the fit failed ({type(error).__name__})"
    if not all(np.isfinite(parameters[name]).all() for name in ("k", "offset", "sigma", "delta")):
        return "the fit gave no finite numbers"
    return parameters


def _fit_series(task: _Task, row: int) -> Parameters:
    import pandas as pd  # late, like Prophet: it is slow to import

    histories = task.histories
    model = _new_model(histories.holidays, task.options)
    known = ~np.isnan(histories.target[row])
    frame = pd.DataFrame({"ds": histories.times[known], "y": histories.target[row, known]})
    for limit in ("cap", "floor"):
        if getattr(task.options, limit) is not None:
            frame[limit] = getattr(task.options, limit)
    used = []
    for column, values in enumerate(histories.covariates.values()):
        past = values[row, known]
        if np.isfinite(past).all() and past.min() != past.max():
            used.append(column)
            frame[f"covariate_{column}"] = past  # cannot clash with a name of Prophet's own
            model.add_regressor(f"covariate_{column}")
    with tempfile.TemporaryDirectory(prefix="forecast-fit-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas deprecations inside the package
        model.fit(frame, seed=task.seed, output_dir=folder)
    return {
        **_parameters(model, list(histories.holidays), used, len(histories.covariates)),
        **_trend_changes_and_options(model, task.options),
    }


def _new_model(holidays: Mapping[str, Times], options: ProphetOptions) -> Any:
    import pandas as pd

    prophet = _import_prophet()
    days = [(day, name) for name, dates in holidays.items() for day in dates]
    return prophet(
        growth=options.growth,
        n_changepoints=options.n_changepoints,
        changepoint_range=options.changepoint_range,
        seasonality_mode=options.seasonality_mode,
        seasonality_prior_scale=options.seasonality_prior_scale,
        holidays_prior_scale=options.holidays_prior_scale,
        changepoint_prior_scale=options.changepoint_prior_scale,
        uncertainty_samples=0,
        holidays=pd.DataFrame(days, columns=["ds", "holiday"]) if days else None,
    )


def _parameters(
    model: Any, holidays: Iterable[str], used: list[int], n_covariates: int
) -> Parameters:
    """The numbers of a fitted Prophet that a forecast needs, without its trend changes."""
    beta = model.params["beta"].reshape(-1)
    columns = model.train_component_cols

    def betas(name: str, width: int) -> FloatArray:
        return beta[columns[name].to_numpy() == 1] if name in columns else np.zeros(width)

    effects, means, scales = np.zeros((3, n_covariates))
    scales[:] = 1.0
    for column in used:
        name = f"covariate_{column}"
        effects[column] = betas(name, 1)[0]
        means[column] = model.extra_regressors[name]["mu"]
        scales[column] = model.extra_regressors[name]["std"]
    return {
        "start": _scalar(model.start.timestamp()),
        "t_scale": _scalar(model.t_scale.total_seconds()),
        "y_scale": _scalar(model.y_scale),
        "k": _scalar(model.params["k"]),
        "offset": _scalar(model.params["m"]),
        "sigma": _scalar(model.params["sigma_obs"]),
        "yearly": betas("yearly", 2 * YEARLY[1]),
        "weekly": betas("weekly", 2 * WEEKLY[1]),
        "daily": betas("daily", 2 * DAILY[1]),
        "holidays": np.array([betas(name, 1)[0] for name in holidays], dtype=np.float64),
        "covariates": effects,
        "covariate_mean": means,
        "covariate_scale": scales,
    }


def _trend_changes_and_options(model: Any, options: ProphetOptions) -> Parameters:
    count = 0 if options.growth == "flat" else len(model.changepoints_t)
    times, delta = np.full(options.trend_changes, np.inf), np.zeros(options.trend_changes)
    times[:count] = model.changepoints_t[:count]
    delta[:count] = model.params["delta"].reshape(-1)[:count]
    return {
        "n_changepoints": _scalar(count),
        "changepoints": times,
        "delta": delta,
        "is_multiplicative": _scalar(options.is_multiplicative),
        "cap": _scalar(np.inf if options.cap is None else options.cap),
        "floor": _scalar(options.floor or 0.0),
    }


def _scalar(value: Any) -> FloatArray:
    return np.asarray(value, dtype=np.float64).reshape(())


@cache
def _import_prophet() -> Any:
    """The package, imported late (it takes seconds) and with its logging switched off."""
    logging.getLogger("prophet.plot").setLevel(logging.CRITICAL)  # complains about plotly
    import cmdstanpy
    from prophet import Prophet

    cmdstanpy.utils.get_logger()  # sets INFO at its first call
    for name in ("prophet", "cmdstanpy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # cmdstanpy deletes its folder by atexit, which children of multiprocessing lack before 3.13.
    multiprocessing.util.Finalize(
        None, shutil.rmtree, args=(cmdstanpy._TMPDIR, True), exitpriority=0
    )
    return Prophet
