"""Days on which a store is known to be closed: they teach nothing and sell nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.errors import InvalidData

__all__ = ["Closing", "find_closing"]

COVARIATE = "open"  # in any case of letters
NEEDED_SHARE = 0.99  # of the days marked as closed must have sold nothing


@dataclass(frozen=True)
class Closing:
    """Which covariate, if any, tells that a store is closed (by being 0), and for which series."""

    covariate: str | None
    applies: npt.NDArray[np.bool_]
    """(n,)"""

    def closed(
        self, covariates: Mapping[str, FloatArray], shape: tuple[int, int]
    ) -> npt.NDArray[np.bool_]:
        """True where closed, in the given shape (series, periods).

        InvalidData when the covariate is not among ``covariates``.
        """
        if self.covariate is None:
            return np.zeros(shape, dtype=bool)
        if self.covariate not in covariates:
            raise InvalidData(
                f"Covariate '{self.covariate}' is missing. The model was trained with it: "
                "say for each day of each series whether it is 1 or 0."
            )
        return np.asarray((covariates[self.covariate] == 0) & self.applies[:, None])

    def open_target(self, panel: Panel) -> FloatArray:
        """The target (n, T) with NaN on closed days and for anything that is not finite."""
        closed = self.closed(panel.covariates, panel.target.shape)
        return np.where(closed | ~np.isfinite(panel.target), np.nan, panel.target)

    def take(self, rows: npt.NDArray[np.intp]) -> Closing:
        """The rule for some of the series."""
        return Closing(self.covariate, self.applies[rows])

    def carried_to(self, panel: Panel, rows: Mapping[tuple[str, ...], int]) -> Closing:
        """The rule for another panel: as it was for the known series (``rows``), found for new."""
        found = find_closing(panel).applies
        applies = [
            self.applies[rows[key]] if key in rows else found[new]
            for new, key in enumerate(panel.keys)
        ]
        return Closing(self.covariate, np.array(applies, dtype=bool))


def find_closing(panel: Panel) -> Closing:
    """The closing rule that the history supports.

    A covariate named ``open`` counts for a series if its target was 0 on at least 99 % of the
    known days on which it is 0. With no such day known, its name is taken at its word.
    """
    name = next((name for name in panel.covariates if name.lower() == COVARIATE), None)
    if name is None:
        return Closing(None, np.zeros(panel.n_series, dtype=bool))
    marked = (panel.covariates[name] == 0) & np.isfinite(panel.target)
    sold_nothing = (marked & (panel.target == 0)).sum(axis=1)
    return Closing(name, sold_nothing >= NEEDED_SHARE * marked.sum(axis=1))
