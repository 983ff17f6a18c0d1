"""ETS: exponential smoothing of level, trend and season; the form is chosen per series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import FitConfig, Progress, silent
from forecast_service.engine.classic.classic_model import (
    FittedClassic,
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
    """Additive exponential smoothing: the one of four forms with the least AICc.

    The forms are a level, alone or with a damped trend, each with and without a season.
    Multiplicative forms are left out, because sales may be 0. The optional library
    ``statsmodels`` fits the forms over the newest 400 periods (InvalidData if it is not
    installed). Gaps and closed days in these periods take the value of one season before; later
    ones take the forecast. Quantiles are normal. Minimum history: 14 open periods. A series that
    is shorter, never varies or cannot be fitted gets seasonal naive and a note. No covariates
    except ``open``. Nothing is random.
    Source: Hyndman, Koehler, Ord, Snyder, Forecasting with Exponential Smoothing (2008).
    """

    name = NAME

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> FittedClassic:
        require_package(NAME)
        return fit_classic(FittedEts, fit_ets, panel, config, progress)

    def condition(self, fitted: FittedClassic, panel: Panel) -> FittedClassic:
        return condition_classic(fitted, panel)

    def from_arrays(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> FittedClassic:
        return FittedEts.from_arrays(arrays)
