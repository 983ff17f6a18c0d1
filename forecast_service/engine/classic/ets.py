"""ETS: exponential smoothing of level, trend and season, chosen for each series."""

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
from forecast_service.engine.classic.statsmodels_package import fit_ets, require_package
from forecast_service.engine.panel import Panel

__all__ = ["NAME", "Ets", "FittedEts"]

NAME = "ets"


@dataclass(frozen=True)
class FittedEts(FittedClassic):
    """Each series has its own smoothing parameters and states."""

    name: ClassVar[str] = NAME


class Ets:
    """Additive exponential smoothing, the one of four that has the least AICc.

    A level alone or with a damped trend, each with and without a season; multiplicative forms are
    left out, as sales may be 0. The search is that of the optional library ``statsmodels``
    (InvalidData when it is absent), over the newest 400 periods; gaps and closed days in them
    count as the value of a season before, and later ones as what was expected. Quantiles are
    normal. Minimum history: 14 open periods; a series with less, one that never varies, and one
    that cannot be fitted get seasonal naive and a note. No covariates except ``open``. Nothing
    random.
    Source: Hyndman, Koehler, Ord, Snyder, Forecasting with Exponential Smoothing (2008).
    """

    name = NAME

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> FittedClassic:
        require_package(NAME)
        return fit_classic(FittedEts, _fit_task, panel, config, progress)

    def condition(self, fitted: FittedClassic, panel: Panel) -> FittedClassic:
        return condition_classic(fitted, panel)

    def from_arrays(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> FittedClassic:
        return FittedEts.from_arrays(arrays)


def _fit_task(task: Task) -> list[Outcome]:
    return [_try(series, task.season_length) for series in task.values]


def _try(series: npt.NDArray[np.float64], season_length: int) -> Outcome:
    try:
        return fit_ets(series, season_length)
    except (ArithmeticError, RuntimeError, ValueError) as error:
        return f"the fit failed ({type(error).__name__})"
