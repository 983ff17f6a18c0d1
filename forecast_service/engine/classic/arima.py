"""ARIMA: orders and differences are chosen for each series."""

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
from forecast_service.engine.classic.statsmodels_package import fit_arima, require_package
from forecast_service.engine.panel import Panel

__all__ = ["NAME", "Arima", "FittedArima"]

NAME = "arima"


@dataclass(frozen=True)
class FittedArima(FittedClassic):
    """Each series has its own orders, coefficients and newest values."""

    name: ClassVar[str] = NAME


class Arima:
    """Seasonal ARIMA with the least AICc, found by a small stepwise search of at most six fits.

    First the differences are chosen: by the KPSS test for the level, and by the strength of the
    season for the season. Then the orders are searched: up to 3, and up to 1 for the season. A
    season longer than 24 periods is left out. The optional library ``statsmodels`` fits the models
    over the newest 400 periods (InvalidData if it is not installed). This takes seconds per
    series, so use it for a few hundred series at most. Gaps, closed days, quantiles, minimum
    history and fallback are as in ``Ets``. Nothing is random.
    Source: Hyndman & Khandakar, Journal of Statistical Software 27 (2008).
    """

    name = NAME

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> FittedClassic:
        require_package(NAME)
        return fit_classic(FittedArima, fit_arima, panel, config, progress)

    def condition(self, fitted: FittedClassic, panel: Panel) -> FittedClassic:
        return condition_classic(fitted, panel)

    def from_arrays(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> FittedClassic:
        return FittedArima.from_arrays(arrays)
