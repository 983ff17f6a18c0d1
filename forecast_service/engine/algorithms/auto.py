"""Auto: per series the better of Prophet and seasonal naive, by backtest."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithms.base import FitConfig, Progress, part, silent
from forecast_service.engine.algorithms.fitted_prophet import FittedProphet
from forecast_service.engine.algorithms.prophet import ProphetAlgorithm, fit_prophet
from forecast_service.engine.algorithms.seasonal_naive import SeasonalNaive
from forecast_service.engine.backtest import Backtest, backtest, choose_rows
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.pool import pool

__all__ = ["NAME", "Auto", "fit_with_backtest", "prefers_prophet"]

NAME = "auto"


class Auto:
    """Chooses by average wQL over ``config.quantiles`` and all backtest windows of a series.

    A tie goes to seasonal naive, the simpler one. A series without a usable window (too short, or
    nothing known in it) gets Prophet if its whole history allows a fit. Prophet is trained on all
    of the history only for the series that chose it.
    """

    name = NAME

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> FittedProphet:
        return fit_with_backtest(panel, config, progress)[0]

    def from_arrays(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> FittedProphet:
        return FittedProphet.from_arrays(arrays)


def fit_with_backtest(
    panel: Panel, config: FitConfig, progress: Progress = silent
) -> tuple[FittedProphet, Backtest]:
    """The fitted mixture, and the backtest of what was chosen for each series."""
    share = config.backtest_windows / (config.backtest_windows + 1)
    with pool(config.processes):
        simple = backtest(SeasonalNaive(), panel, config)
        rich = backtest(ProphetAlgorithm(), panel, config, part(progress, 0, share))
        chosen = prefers_prophet(simple.losses(), rich.losses())
        fitted = fit_prophet(panel, config, chosen, part(progress, share, 1))
    return fitted, choose_rows(simple, rich, chosen)


def prefers_prophet(simple: FloatArray, rich: FloatArray) -> npt.NDArray[np.bool_]:
    """Which series take Prophet, given the losses of both (NaN: no usable window).

    Example
    -------
    >>> prefers_prophet(np.array([2.0, 2.0, 2.0, np.nan]), np.array([1.0, 2.0, 3.0, np.nan]))
    array([ True, False, False,  True])
    """
    return np.asarray(~(simple <= rich))
