"""What a model puts on top of a pooled regression, for whoever takes the rest against both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.calendar import Times
from forecast_service.engine.panel import FloatArray
from forecast_service.engine.pooled.pooled_model import FittedPooled

__all__ = ["PLAIN", "Correction", "Said"]

Said = Callable[
    [FittedPooled, Times, Mapping[str, FloatArray], int, npt.NDArray[np.bool_]], FloatArray
]
"""Of a regression, periods, covariates (n, T), an index of the periods, and which of those from it
on are wanted (n, periods): what is added to the log there (n, periods), 0 elsewhere."""


@dataclass(frozen=True)
class Correction:
    """``log = level + kept * effects + said + noise``, the noise ``left`` of the regression's."""

    kept: float
    left: float
    said: Said


def _nothing(
    model: FittedPooled,
    times: Times,
    covariates: Mapping[str, FloatArray],
    first: int,
    wanted: npt.NDArray[np.bool_],
) -> FloatArray:
    return np.zeros(wanted.shape)


PLAIN = Correction(kept=1.0, left=1.0, said=_nothing)
"""The regression alone."""
