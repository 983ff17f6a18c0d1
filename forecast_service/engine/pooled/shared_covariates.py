"""Shared covariates: those with the same values for all series are kept once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from forecast_service.engine.panel import FloatArray

__all__ = ["merge_shared"]


def merge_shared(
    covariates: Mapping[str, FloatArray],
) -> tuple[dict[str, FloatArray], frozenset[str]]:
    """The covariates, shared ones as (1, T), and the names of the shared ones."""
    shared = frozenset(name for name, values in covariates.items() if _is_shared(values))
    merged = {k: _merged(v) if k in shared else v for k, v in covariates.items()}
    return merged, shared


def _is_shared(values: FloatArray) -> bool:
    """Whether all series have the same values where they are known."""
    merged = _merged(values)
    return bool(np.all(np.isnan(values) | (values == merged)))


def _merged(values: FloatArray) -> FloatArray:
    """The first known value of each period, (1, T)."""
    first = np.argmax(~np.isnan(values), axis=0)
    merged: FloatArray = np.take_along_axis(values, first[None, :], axis=0)
    return merged
