"""ARIMA: past values, past errors and differences, chosen for each series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import FitConfig, Progress, silent
from forecast_service.engine.classic.classic_model import (
    FittedClassic,
    Outcome,
    Task,
    condition_classic,
    fit_classic,
)
from forecast_service.engine.classic.statsmodels_package import fit_arima, require_package
from forecast_service.engine.panel import Panel

__all__ = ["NAME", "Arima", "FittedArima"]

NAME = "arima"


@dataclass(frozen=True)
class FittedArima(FittedClassic):
    """Each series has its own orders, coefficients and newest values."""

    name: ClassVar[str] = NAME


class Arima:
    """Seasonal ARIMA by a small stepwise search for the least AICc: at most six are fitted.

    Differences are decided first (KPSS for the level, the strength of the season for the season);
    then orders up to 3, and up to 1 in the season. A season longer than 24 periods is left out.
    The search is that of the optional library ``statsmodels`` (InvalidData when it is absent),
    over the newest 400 periods, and takes seconds a series: this is for a few hundred of them.
    Gaps, closed days, quantiles, minimum history and stand-in are as in ``Ets``. Nothing random.
    Source: Hyndman & Khandakar, Journal of Statistical Software 27 (2008).
    """

    name = NAME

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> FittedClassic:
        require_package(NAME)
        return fit_classic(FittedArima, _fit_task, panel, config, progress)

    def condition(self, fitted: FittedClassic, panel: Panel) -> FittedClassic:
        return condition_classic(fitted, panel)

    def from_arrays(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> FittedClassic:
        return FittedArima.from_arrays(arrays)


def _fit_task(task: Task) -> list[Outcome]:
    return [_try(series, task.season_length) for series in task.values]


def _try(series: npt.NDArray[np.float64], season_length: int) -> Outcome:
    try:
        return fit_arima(series, season_length)
    except (ArithmeticError, RuntimeError, ValueError) as error:
        return f"the fit failed ({type(error).__name__})"
