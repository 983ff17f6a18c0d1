"""The algorithms by name; each has a file of its own here, imported on first use."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from forecast_service.errors import InvalidData

if TYPE_CHECKING:
    from forecast_service.engine.algorithms.base import Algorithm, FitConfig, Fitted
    from forecast_service.engine.panel import Panel

__all__ = ["NAMES", "algorithm", "load", "refit"]

_CLASSES = {
    "arima": "Arima",
    "auto": "Auto",
    "ets": "Ets",
    "npts": "Npts",
    "pooled": "PooledRegression",
    "prophet": "ProphetAlgorithm",
    "seasonal_naive": "SeasonalNaive",
    "tsb": "Tsb",
}
NAMES = tuple(_CLASSES)


def algorithm(name: str) -> Algorithm:
    """The algorithm of this name; InvalidData when there is none."""
    if name not in _CLASSES:
        allowed = ", ".join(f"'{known}'" for known in NAMES)
        raise InvalidData(f"'{name}' is no algorithm of this service. Use one of {allowed}.")
    module = import_module(f"{__name__}.{name}")
    return cast("Algorithm", getattr(module, _CLASSES[name])())


def load(name: str, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Fitted:
    """The model that an algorithm of this name turned into arrays."""
    return algorithm(name).from_arrays(arrays)


def refit(
    name: str,
    fitted: Fitted,
    panel: Panel,
    rows: npt.NDArray[np.intp] | None,
    config: FitConfig,
) -> Fitted:
    """A model on a newer panel, the series at ``rows`` fitted again: see ``base.Refits``.

    None: all of them, together. A model whose algorithm cannot fit single ones is conditioned.
    """
    from forecast_service.engine.algorithms.base import Refits

    chosen = algorithm(name)
    if isinstance(chosen, Refits):
        return chosen.refit(fitted, panel, rows, config)
    return chosen.fit(panel, config) if rows is None else fitted.condition(panel)
