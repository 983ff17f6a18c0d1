"""Pooled retail regression: effects shared by all series, own deviations, own level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import FitConfig, Progress, silent
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.pooled.common_effects import Pool
from forecast_service.engine.pooled.conditioning import conditioned
from forecast_service.engine.pooled.deviations import Deviations
from forecast_service.engine.pooled.estimation import PooledFitting, prepare
from forecast_service.engine.pooled.pooled_model import NAME, FittedPooled
from forecast_service.engine.pooled.refit import refitted

__all__ = ["NAME", "Estimate", "PooledRegression", "estimate"]


@dataclass(frozen=True)
class Estimate:
    """The model, and what it was made from. ``effects``: common ones, without the steps."""

    model: FittedPooled
    pool: Pool
    effects: FloatArray
    found: Deviations


class PooledRegression:
    """Regression of the log of the target on what is known in advance.

    Effects are estimated over all series at once (``pooled.common_effects``), then what each
    series adds (``pooled.deviations``); all shrinkage comes from the data. Minimum history: none,
    a series without any starts from the pool. Any quantile. Nothing random. Not for targets that
    are mostly zero: there the log describes little.
    """

    name = NAME
    single_core = True

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> FittedPooled:
        return estimate(prepare(panel, config), progress).model

    def condition(self, fitted: FittedPooled, panel: Panel) -> FittedPooled:
        return conditioned(fitted, panel)

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
        return refitted(newer, fitted.backdrop, panel, rows) if len(rows) else newer

    def from_arrays(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> FittedPooled:
        return FittedPooled.from_arrays(arrays)


def estimate(fitting: PooledFitting, progress: Progress = silent) -> Estimate:
    """Common effects first, then what each series adds to them."""
    pool = fitting.pool(progress)
    effects = np.delete(pool.effects, fitting.step_columns)
    by_date = fitting.by_date(pool) + pool.shocks
    found, shrinkages = fitting.deviations(effects, by_date, progress)
    model = fitting.fitted(pool, effects, shrinkages, found)
    return Estimate(model, pool, effects, found)
