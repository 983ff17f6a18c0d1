"""A correction of a pooled regression by another model; levels are fitted to what it leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray
from forecast_service.engine.periods.frequency import Times
from forecast_service.engine.pooled.pooled_model import FittedPooled

__all__ = ["PLAIN", "Correction", "LogTerm"]

LogTerm = Callable[
    [FittedPooled, Times, Mapping[str, FloatArray], int, npt.NDArray[np.bool_]], FloatArray
]
"""Returns the term that is added to the log, (n, periods); 0 where the mask is False.

The arguments are a regression, times (T,), covariates (n, T), the index of the first period to
return, and a mask (n, periods).
"""


@dataclass(frozen=True)
class Correction:
    """``log = level + effect_share * effects + log_term + noise``.

    ``noise_share``: variance of this noise relative to that of the regression alone.
    """

    effect_share: float
    noise_share: float
    log_term: LogTerm


def _nothing(
    model: FittedPooled,
    times: Times,
    covariates: Mapping[str, FloatArray],
    first: int,
    mask: npt.NDArray[np.bool_],
) -> FloatArray:
    return np.zeros(mask.shape)


PLAIN = Correction(effect_share=1.0, noise_share=1.0, log_term=_nothing)
"""The regression alone."""
