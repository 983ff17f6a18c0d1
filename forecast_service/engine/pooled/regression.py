"""Pooled retail regression: effects of all series, deviations and a level for each series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import FitConfig, Progress, silent
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.pooled.common_effects import Pool
from forecast_service.engine.pooled.conditioning import condition
from forecast_service.engine.pooled.deviations import Deviations
from forecast_service.engine.pooled.estimation import PooledFitting, prepare
from forecast_service.engine.pooled.pooled_model import NAME, FittedPooled
from forecast_service.engine.pooled.refit import refit_series

__all__ = ["NAME", "Estimate", "PooledRegression", "estimate"]


@dataclass(frozen=True)
class Estimate:
    """A fitted model and its estimates; ``effects`` are the common ones, without the steps."""

    model: FittedPooled
    pool: Pool
    effects: FloatArray
    deviations: Deviations


class PooledRegression:
    """Regression of the log of the target on calendar and covariates.

    Common effects are estimated over all series at once (``pooled.common_effects``), then the
    deviations of each series (``pooled.deviations``). All shrinkage comes from the data. Minimum
    history: none; a series without history starts from the common effects and level. Any quantile.
    Nothing random. Not for targets that are mostly zero: their log describes them badly.
    """

    name = NAME
    single_core = True

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> FittedPooled:
        return estimate(prepare(panel, config), progress).model

    def condition(self, fitted: FittedPooled, panel: Panel) -> FittedPooled:
        return condition(fitted, panel)

    def refit(
        self,
        fitted: FittedPooled,
        panel: Panel,
        rows: npt.NDArray[np.intp] | None,
        config: FitConfig,
        progress: Progress = silent,
    ) -> FittedPooled:
        if rows is None:
            return self.fit(panel, config, progress)
        newer = self.condition(fitted, panel)
        return refit_series(newer, fitted.backdrop, panel, rows) if len(rows) else newer

    def from_arrays(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> FittedPooled:
        return FittedPooled.from_arrays(arrays)


def estimate(fitting: PooledFitting, progress: Progress = silent) -> Estimate:
    """Fit the common effects first, then the deviations of each series."""
    pool = fitting.pool(progress)
    effects = np.delete(pool.effects, fitting.step_columns)
    by_date = fitting.by_date(pool) + pool.shocks
    deviations, shrinkages = fitting.deviations(effects, by_date, progress)
    model = fitting.model(pool, effects, shrinkages, deviations)
    return Estimate(model, pool, effects, deviations)
