"""The algorithms by name; each is imported on first use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from forecast_service.engine import grouped
from forecast_service.errors import InvalidData

if TYPE_CHECKING:
    from forecast_service.engine.algorithm import Algorithm, FitConfig, Fitted
    from forecast_service.engine.panel import Panel

__all__ = ["NAMES", "algorithm", "load", "load_pieces", "refit"]

_CLASSES = {
    "arima": "classic.arima.Arima",
    "auto": "auto.auto_algorithm.Auto",
    "boosted": "boosted.boosted_regression.Boosted",
    "ets": "classic.ets.Ets",
    "npts": "simple.npts.Npts",
    "pooled": "pooled.regression.PooledRegression",
    "prophet": "prophet.prophet_algorithm.ProphetAlgorithm",
    "seasonal_naive": "simple.seasonal_naive.SeasonalNaive",
    "tsb": "simple.tsb.Tsb",
}
NAMES = tuple(_CLASSES)


def algorithm(name: str) -> Algorithm:
    """The algorithm of this name; InvalidData when there is none."""
    if name not in _CLASSES:
        allowed = ", ".join(f"'{known}'" for known in NAMES)
        raise InvalidData(f"'{name}' is no algorithm of this service. Use one of {allowed}.")
    module, _, class_name = _CLASSES[name].rpartition(".")
    cls = getattr(import_module(f"forecast_service.engine.{module}"), class_name)
    return cast("Algorithm", cls())


def load(name: str, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Fitted:
    """The model that an algorithm of this name turned into arrays, or its shards did."""
    return load_pieces(name, grouped.split(arrays))


def load_pieces(name: str, pieces: Iterable[Mapping[str, npt.NDArray[np.generic]]]) -> Fitted:
    """The model whose ``grouped.pieces`` these are, in their order."""
    return grouped.joined(algorithm(name).from_arrays, pieces)


def refit(
    name: str,
    fitted: Fitted,
    panel: Panel,
    rows: npt.NDArray[np.intp] | None,
    config: FitConfig,
) -> Fitted:
    """A model on a newer panel, the series at ``rows`` fitted again: see ``algorithm.Refits``.

    None: all of them, together. A model whose algorithm cannot fit single ones is conditioned.
    Of a model in shards each one is a model of its own.
    """
    from forecast_service.engine.algorithm import Refits

    if isinstance(fitted, grouped.FittedShards):

        def carry(model: Fitted, own: Panel, places: npt.NDArray[np.intp]) -> Fitted:
            again = None if rows is None else np.flatnonzero(np.isin(places, rows))
            return refit(name, model, own, again, config)

        return fitted.carried_to(panel, carry)
    chosen = algorithm(name)
    if isinstance(chosen, Refits):
        return chosen.refit(fitted, panel, rows, config)
    return chosen.fit(panel, config) if rows is None else fitted.condition(panel)
