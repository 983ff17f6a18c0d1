"""Rules for every forecast: never negative, quantiles ascending, 0 on closed days."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray
from forecast_service.errors import InvalidRequest

__all__ = ["clip_mean", "clip_quantiles", "require_levels"]


def require_levels(levels: Sequence[float]) -> tuple[float, ...]:
    """The levels as a tuple; InvalidRequest unless they are ascending and within (0, 1)."""
    checked = tuple(float(level) for level in levels)
    ascending = all(a < b for a, b in pairwise(checked))
    if not checked or not ascending or not 0 < checked[0] <= checked[-1] < 1:
        raise InvalidRequest(
            f"Quantiles {list(checked)} cannot be forecast. "
            "Send at least one between 0 and 1 (exclusive), in ascending order."
        )
    return checked


def clip_mean(values: FloatArray, closed: npt.NDArray[np.bool_]) -> FloatArray:
    """A point forecast (n, horizon) without negative values, and 0 on closed days."""
    return np.where(closed, 0.0, np.maximum(values, 0.0))


def clip_quantiles(values: FloatArray, closed: npt.NDArray[np.bool_]) -> FloatArray:
    """Quantiles (n, horizon, levels), ascending and never negative, and 0 on closed days."""
    ascending = np.maximum.accumulate(np.maximum(values, 0.0), axis=2)
    return np.where(closed[:, :, None], 0.0, ascending)
