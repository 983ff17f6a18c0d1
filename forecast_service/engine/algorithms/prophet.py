"""Prophet, fitted by the ``prophet`` package; the only module that imports it."""

from __future__ import annotations

import logging
import multiprocessing.util
import shutil
import tempfile
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithms.additive import (
    CHANGEPOINTS,
    WEEKLY,
    YEARLY,
    empty_models,
    stack_models,
)
from forecast_service.engine.algorithms.base import FitConfig, Progress, silent
from forecast_service.engine.algorithms.fitted_prophet import NAME, FittedProphet
from forecast_service.engine.algorithms.seasonal_naive import fit_seasonal_naive
from forecast_service.engine.calendar import Times, holiday_dates
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.pool import map_in_order, pool

__all__ = ["NAME", "ProphetAlgorithm", "fit_prophet"]

CHUNK = 16  # series per task: about a second of work
MINIMUM_DAYS = 14  # open days known, and days between the first and the last of them
YEARLY_DAYS = 730  # Prophet's own bound for a yearly season

Parameters = dict[str, FloatArray]
"""Parameters of one series under the field names of AdditiveModels."""


@dataclass(frozen=True)
class _Task:
    """Some series to fit, as they travel to another process. NaN where nothing may be learnt."""

    times: Times
    target: FloatArray
    covariates: Mapping[str, FloatArray]
    holidays: Mapping[str, Times]
    seed: int


class ProphetAlgorithm:
    """Linear trend with changepoints, weekly and yearly seasons, covariates, public holidays.

    Additive, Prophet's own defaults. Yearly season: from two years between first and last open
    day; weekly always. Covariates that do not vary on a series' open days are left out for it.
    Holidays: with ``config.country``. Minimum history: 14 known open days over 14 days; a series
    with less, or one that cannot be fitted, gets seasonal naive and a note. Any quantile; random
    only in the simulated futures, which are seeded by ``config.seed`` and the series' key.
    """

    name = NAME

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> FittedProphet:
        return fit_prophet(panel, config, np.ones(panel.n_series, dtype=bool), progress)

    def from_arrays(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> FittedProphet:
        return FittedProphet.from_arrays(arrays)


def fit_prophet(
    panel: Panel, config: FitConfig, wanted: npt.NDArray[np.bool_], progress: Progress = silent
) -> FittedProphet:
    """Fit Prophet to the wanted series, shape (n,), and seasonal naive to all of them."""
    naive = fit_seasonal_naive(panel, config.season_length)
    years = np.unique(panel.timestamps.astype("datetime64[Y]").astype(int)) + 1970
    covered = range(int(years[0]), int(years[-1]) + 3)  # the horizon may reach into new years
    holidays = holiday_dates(config.country, covered) if config.country else {}
    sold = naive.closing.open_target(panel)
    rows = np.flatnonzero(wanted)
    outcomes = _fit_rows(panel, sold, rows, holidays, config, progress)
    fits = {row: found for row, found in outcomes.items() if not isinstance(found, str)}
    notes = tuple(naive.notes[row] or _note(outcomes.get(row)) for row in range(panel.n_series))
    empty = empty_models(list(holidays), _numbered_days(holidays), list(panel.covariates))
    return FittedProphet(naive, stack_models(empty, fits), notes, panel.timestamps[-1], config.seed)


def _fit_rows(
    panel: Panel,
    sold: FloatArray,
    rows: npt.NDArray[np.intp],
    holidays: Mapping[str, Times],
    config: FitConfig,
    progress: Progress,
) -> dict[int, Parameters | str]:
    """For each row its parameters, or the reason why there are none."""
    tasks = [
        _Task(
            panel.timestamps,
            sold[chunk],
            {name: values[chunk] for name, values in panel.covariates.items()},
            holidays,
            config.seed,
        )
        for chunk in (rows[i : i + CHUNK] for i in range(0, len(rows), CHUNK))
    ]

    def finished(count: int) -> None:
        done = min(count * CHUNK, len(rows))
        progress(done / len(rows), f"Prophet: {done} of {len(rows)} series")

    with pool(config.processes if len(tasks) > 1 else 1) as executor:
        chunks = map_in_order(executor, _fit_chunk, tasks, finished)
    outcomes = [outcome for chunk in chunks for outcome in chunk]
    return {int(row): outcome for row, outcome in zip(rows, outcomes, strict=True)}


def _fit_chunk(task: _Task) -> list[Parameters | str]:
    """Fit the series of a task, in a process of the pool."""
    outcomes: list[Parameters | str] = []
    for row in range(len(task.target)):
        reason = _why_not(task.times, task.target[row])
        outcomes.append(reason or _try_series(task, row))
    return outcomes


def _why_not(times: Times, target: FloatArray) -> str | None:
    known = np.flatnonzero(~np.isnan(target))
    days = 0 if len(known) == 0 else int((times[known[-1]] - times[known[0]]).astype(int)) // 86_400
    if len(known) >= MINIMUM_DAYS <= days + 1:
        return None
    return (
        f"{len(known)} open days within {days + 1 if len(known) else 0} days are known, "
        f"and at least {MINIMUM_DAYS} are needed"
    )


def _try_series(task: _Task, row: int) -> Parameters | str:
    try:
        parameters = _fit_series(task, row)
    except (ArithmeticError, RuntimeError, ValueError) as error:
        return f"the fit failed ({type(error).__name__})"
    if not all(np.isfinite(parameters[name]).all() for name in ("k", "offset", "sigma", "delta")):
        return "the fit gave no finite numbers"
    return parameters


def _fit_series(task: _Task, row: int) -> Parameters:
    import pandas as pd  # as late as Prophet itself

    model = _new_model(task)
    known = ~np.isnan(task.target[row])
    frame = pd.DataFrame({"ds": task.times[known], "y": task.target[row, known]})
    span = task.times[known][-1] - task.times[known][0]
    model.yearly_seasonality = bool(span >= np.timedelta64(YEARLY_DAYS, "D"))
    used = []
    for column, values in enumerate(task.covariates.values()):
        past = values[row, known]
        if np.isfinite(past).all() and past.min() != past.max():
            used.append(column)
            frame[f"covariate_{column}"] = past  # a name of ours cannot be one of Prophet's
            model.add_regressor(f"covariate_{column}")
    with tempfile.TemporaryDirectory(prefix="forecast-fit-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas deprecations inside the package
        model.fit(frame, seed=task.seed, output_dir=folder)
    return _parameters(model, list(task.holidays), used, len(task.covariates))


def _new_model(task: _Task) -> Any:
    import pandas as pd

    prophet = _import_prophet()
    days = [(day, name) for name, dates in task.holidays.items() for day in dates]
    return prophet(
        weekly_seasonality=True,
        daily_seasonality=False,
        uncertainty_samples=0,
        holidays=pd.DataFrame(days, columns=["ds", "holiday"]) if days else None,
    )


def _parameters(
    model: Any, holidays: Iterable[str], used: list[int], n_covariates: int
) -> Parameters:
    """The numbers of a fitted Prophet that its forecast needs."""
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
    changepoints, delta = _padded_changepoints(model)
    return {
        "start": _scalar(model.start.timestamp()),
        "t_scale": _scalar(model.t_scale.total_seconds()),
        "y_scale": _scalar(model.y_scale),
        "k": _scalar(model.params["k"]),
        "offset": _scalar(model.params["m"]),
        "sigma": _scalar(model.params["sigma_obs"]),
        "n_changepoints": _scalar(len(model.changepoints_t)),
        "changepoints": changepoints,
        "delta": delta,
        "yearly": betas("yearly", 2 * YEARLY[1]),
        "weekly": betas("weekly", 2 * WEEKLY[1]),
        "holidays": np.array([betas(name, 1)[0] for name in holidays], dtype=np.float64),
        "covariates": effects,
        "covariate_mean": means,
        "covariate_scale": scales,
    }


def _padded_changepoints(model: Any) -> tuple[FloatArray, FloatArray]:
    times, delta = np.full(CHANGEPOINTS, np.inf), np.zeros(CHANGEPOINTS)
    count = len(model.changepoints_t)
    times[:count] = model.changepoints_t
    delta[:count] = model.params["delta"].reshape(-1)
    return times, delta


def _scalar(value: Any) -> FloatArray:
    return np.asarray(value, dtype=np.float64).reshape(())


def _note(outcome: Parameters | str | None) -> str | None:
    if not isinstance(outcome, str):
        return None
    return f"Seasonal naive instead of Prophet: {outcome}."


def _numbered_days(holidays: Mapping[str, Times]) -> npt.NDArray[np.int64]:
    pairs = [
        (index, int(day.astype("datetime64[D]").astype(np.int64)))
        for index, days in enumerate(holidays.values())
        for day in days
    ]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


@cache
def _import_prophet() -> Any:
    """The package, imported late (it takes seconds) and told to be quiet."""
    logging.getLogger("prophet.plot").setLevel(logging.CRITICAL)  # complains about plotly
    import cmdstanpy
    from prophet import Prophet

    cmdstanpy.utils.get_logger()  # sets INFO at its first call
    for name in ("prophet", "cmdstanpy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # Python before 3.13 leaves multiprocessing children without atexit, on which cmdstanpy counts.
    multiprocessing.util.Finalize(
        None, shutil.rmtree, args=(cmdstanpy._TMPDIR, True), exitpriority=0
    )
    return Prophet
