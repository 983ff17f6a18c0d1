"""Boosted pooled regression: trees find what the regression's columns cannot say."""

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
from forecast_service.engine.pooled.conditioning import conditioned
from forecast_service.engine.pooled.estimation import prepare
from forecast_service.engine.pooled.refit import refitted
from forecast_service.engine.pooled.regression import estimate

__all__ = ["NAME", "Boosted"]


class Boosted:
    """Pooled regression, and gradient boosted trees on what it leaves of the log of the target.

    The trees know the same things in advance (``features.tree_features``) and the traits of each
    series that the regression found. They are used only where they forecast the newest periods
    better than the regression alone (``boosted.growth``); else, and with little data, this
    is the regression. Minimum history: none. Any quantile. The seed picks the columns that a tree
    may use. Needs the package ``lightgbm``; not for targets that are mostly zero.
    """

    name = NAME
    single_core = True

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> FittedBoosted:
        require()
        fitting = prepare(panel, config)
        pooled = estimate(fitting, part(progress, 0, 0.5))
        return boost(fitting, pooled, config, part(progress, 0.5, 1))

    def condition(self, fitted: FittedBoosted, panel: Panel) -> FittedBoosted:
        """The levels and the noise on newer data, under the same effects and trees."""
        return replace(fitted, pooled=conditioned(fitted.pooled, panel, fitted.correction))

    def refit(
        self,
        fitted: FittedBoosted,
        panel: Panel,
        rows: npt.NDArray[np.intp] | None,
        config: FitConfig,
        progress: Progress = silent,
    ) -> FittedBoosted:
        """The regression fitted again, under the same trees; trees grow with a full fit alone."""
        missing = missing_library() if rows is None or fitted.trees else None
        if missing is not None:
            raise CannotRefit(missing)
        if rows is None:
            return self.fit(panel, config, progress)
        newer = self.condition(fitted, panel)
        if not len(rows):
            return newer
        before = fitted.pooled.backdrop
        again = refitted(newer.pooled, before, panel, rows, newer.correction)
        return replace(newer, pooled=again)

    def from_arrays(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> FittedBoosted:
        return FittedBoosted.from_arrays(arrays)
