"""Closed days of a store: models do not learn from them, and their forecast is 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.errors import InvalidData

__all__ = ["COVARIATE", "Closing", "find_closing"]

COVARIATE = "open"  # in upper or lower case
NEEDED_SHARE = 0.99  # of the days marked as closed must have no sales


@dataclass(frozen=True)
class Closing:
    """The covariate that is 0 on closed days, or None, and the series that it counts for."""

    covariate: str | None
    applies: npt.NDArray[np.bool_]
    """(n,): whether the covariate counts for the series."""

    def closed(
        self, covariates: Mapping[str, FloatArray], shape: tuple[int, int]
    ) -> npt.NDArray[np.bool_]:
        """True on closed days, in this ``shape`` (series, periods).

        InvalidData if the covariate is missing in ``covariates``.
        """
        if self.covariate is None:
            return np.zeros(shape, dtype=bool)
        if self.covariate not in covariates:
            raise InvalidData(
                f"Covariate '{self.covariate}' is missing. The model was trained with it: "
                "send 1 or 0 for each day of each series."
            )
        return np.asarray((covariates[self.covariate] == 0) & self.applies[:, None])

    def open_target(self, panel: Panel) -> FloatArray:
        """The target (n, T), with NaN on closed days and for values that are not finite."""
        closed = self.closed(panel.covariates, panel.target.shape)
        return np.where(closed | ~np.isfinite(panel.target), np.nan, panel.target)

    def take(self, rows: npt.NDArray[np.intp]) -> Closing:
        """The rule for some of the series."""
        return Closing(self.covariate, self.applies[rows])

    def carried_to(self, panel: Panel, rows: Mapping[tuple[str, ...], int]) -> Closing:
        """The rule for another panel: kept for series in ``rows`` (old rows), new for others."""
        of_panel = find_closing(panel).applies
        applies = [
            self.applies[rows[key]] if key in rows else of_panel[row]
            for row, key in enumerate(panel.keys)
        ]
        return Closing(self.covariate, np.array(applies, dtype=bool))


def find_closing(panel: Panel) -> Closing:
    """The closing rule that follows from the history.

    A covariate named ``open`` counts for a series if the target was 0 on at least 99 % of the
    known days with ``open`` at 0. It also counts if there is no such day.
    """
    name = next((name for name in panel.covariates if name.lower() == COVARIATE), None)
    if name is None:
        return Closing(None, np.zeros(panel.n_series, dtype=bool))
    marked = (panel.covariates[name] == 0) & np.isfinite(panel.target)
    without_sales = (marked & (panel.target == 0)).sum(axis=1)
    return Closing(name, without_sales >= NEEDED_SHARE * marked.sum(axis=1))
