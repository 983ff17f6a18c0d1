"""Auto: several algorithms side by side, weighted for each series by how well they did on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithms.base import FitConfig, Progress, part, silent
from forecast_service.engine.algorithms.fitted_auto import MEMBERS, NAME, FittedAuto
from forecast_service.engine.backtest import Backtest, backtest
from forecast_service.engine.calibration import GRID
from forecast_service.engine.evidence import Evidence
from forecast_service.engine.panel import Panel
from forecast_service.engine.pool import pool

__all__ = ["NAME", "Auto", "fit_with_backtest"]


class Auto:
    """Average of the quantiles of pooled regression, Prophet and seasonal naive.

    Each member is fitted once per backtest window and once on all of the history. Weights are
    chosen on the windows, shrunken toward those of all series (``engine.combination``), and the
    spread is calibrated on them (``engine.calibration``). A series that a member cannot model
    (``notes`` says so) shares its weight among the others. Without any window all members weigh
    the same. Minimum history: none. Any quantile. Nothing random.
    """

    name = NAME

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> FittedAuto:
        return fit_with_backtest(panel, config, progress)[0]

    def from_arrays(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> FittedAuto:
        return FittedAuto.from_arrays(arrays)


def fit_with_backtest(
    panel: Panel, config: FitConfig, progress: Progress = silent
) -> tuple[FittedAuto, Backtest]:
    """The combination, and its backtest.

    What is tested in one window was weighted and calibrated on the others alone.
    """
    from forecast_service.engine.algorithms import algorithm

    share = config.backtest_windows / (config.backtest_windows + 1)
    tests, fitted = [], {}
    with pool(config.processes):
        for place, name in enumerate(MEMBERS):
            step = part(progress, place / len(MEMBERS), (place + 1) / len(MEMBERS))
            member = algorithm(name)
            on_grid = replace(config, quantiles=GRID)
            tests.append(backtest(member, panel, on_grid, part(step, 0, share)))
            fitted[name] = member.fit(panel, config, part(step, share, 1))
    evidence = Evidence(tests)
    learned = evidence.learned()
    tested, coverage = evidence.tested(config.quantiles)
    model = FittedAuto(
        members=fitted,
        wanted=learned.weights,
        fleet=learned.fleet,
        calibration=learned.calibration,
        coverage=coverage,
    )
    return model, tested
