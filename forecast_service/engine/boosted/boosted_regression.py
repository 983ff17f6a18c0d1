"""Boosted pooled regression: trees learn what the regression's columns cannot express."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import (
    CannotRefit,
    FitConfig,
    Progress,
    part,
    silent,
)
from forecast_service.engine.boosted.boosted_model import NAME, FittedBoosted
from forecast_service.engine.boosted.growth import boost
from forecast_service.engine.boosted.lightgbm_package import missing_library, require
from forecast_service.engine.panel import Panel
from forecast_service.engine.pooled.conditioning import condition
from forecast_service.engine.pooled.estimation import prepare
from forecast_service.engine.pooled.refit import refit_series
from forecast_service.engine.pooled.regression import estimate

__all__ = ["NAME", "Boosted"]


class Boosted:
    """Pooled regression, and gradient boosted trees on its residuals in the log.

    The columns of the trees are calendar and covariates (``features.tree_features``), and traits
    of each series from the regression. Trees are used only if they forecast the newest periods
    better than the regression alone (``boosted.growth``). Otherwise, and with little data, this
    is the regression. Minimum history: none. Any quantile. The seed picks the columns that a tree
    may use. Needs the package ``lightgbm``. Not for targets that are mostly zero.
    """

    name = NAME
    single_core = True

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> FittedBoosted:
        require()
        fitting = prepare(panel, config)
        pooled = estimate(fitting, part(progress, 0, 0.5))
        return boost(fitting, pooled, config, part(progress, 0.5, 1))

    def condition(self, fitted: FittedBoosted, panel: Panel) -> FittedBoosted:
        """The model with levels and noise updated to newer data; effects and trees are kept."""
        return replace(fitted, pooled=condition(fitted.pooled, panel, fitted.correction))

    def refit(
        self,
        fitted: FittedBoosted,
        panel: Panel,
        rows: npt.NDArray[np.intp] | None,
        config: FitConfig,
        progress: Progress = silent,
    ) -> FittedBoosted:
        """The model with some series of the regression fitted again; the trees are kept."""
        missing = missing_library() if rows is None or fitted.trees else None
        if missing is not None:
            raise CannotRefit(missing)
        if rows is None:
            return self.fit(panel, config, progress)
        newer = self.condition(fitted, panel)
        if not len(rows):
            return newer
        backdrop = fitted.pooled.backdrop
        pooled = refit_series(newer.pooled, backdrop, panel, rows, newer.correction)
        return replace(newer, pooled=pooled)

    def from_arrays(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> FittedBoosted:
        return FittedBoosted.from_arrays(arrays)
