"""The log of sales, in which factors become sums, with an offset for series with many zeros."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.features.columns import Single
from forecast_service.engine.panel import FloatArray

__all__ = ["LogTarget", "log_target"]

ACCIDENT = 0.02  # share of zeros up to which they count as accidents and are left out


@dataclass(frozen=True)
class LogTarget:
    """``values`` (n, T) are ``log(target + offset)``, 0 where not ``known``; ``offset`` (n,).

    If more than 2 % of the known open days of a series are 0, its offset is half its mean positive
    value. Otherwise the offset is 0 and the zeros are left out. ``sells`` (n,) is False for a
    series with known days, none of them positive.
    """

    values: Single
    known: npt.NDArray[np.bool_]
    offset: FloatArray
    sells: npt.NDArray[np.bool_]


def log_target(target: FloatArray, offset: FloatArray | None = None) -> LogTarget:
    """The log of a target (n, T), NaN where unknown; a negative value counts as 0."""
    finite = ~np.isnan(target)
    positive = np.where(finite, target, 0.0) > 0
    n_known, n_positive = finite.sum(axis=1), positive.sum(axis=1)
    if offset is None:
        total = np.where(positive, target, 0.0).sum(axis=1)
        many_zeros = n_known - n_positive > ACCIDENT * n_known
        offset = np.where(many_zeros, total / np.maximum(n_positive, 1) / 2, 0.0)
    known = np.where(offset[:, None] > 0, finite, positive)
    shifted = np.where(known, np.maximum(target, 0.0) + offset[:, None], 1.0)
    sells = (n_known == 0) | (n_positive > 0)
    return LogTarget(np.log(shifted).astype(np.float32), known, offset, sells)
