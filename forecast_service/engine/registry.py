"""The algorithms by name; each is imported on first use."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import cast

import numpy as np
import numpy.typing as npt

from forecast_service.engine import algorithm as interface
from forecast_service.engine import grouped
from forecast_service.engine.algorithm import Algorithm, FitConfig, Fitted, Progress, silent
from forecast_service.engine.archive import Arrays
from forecast_service.engine.guards.clean_panel import clean_panel
from forecast_service.engine.panel import Panel
from forecast_service.errors import InvalidData

__all__ = ["NAMES", "algorithm", "condition", "load", "load_pieces", "refit"]

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
    """The algorithm of this name; InvalidData if there is none."""
    if name not in _CLASSES:
        allowed = ", ".join(f"'{each}'" for each in NAMES)
        raise InvalidData(f"'{name}' is not an algorithm of this service. Use one of {allowed}.")
    module, _, class_name = _CLASSES[name].rpartition(".")
    cls = getattr(import_module(f"forecast_service.engine.{module}"), class_name)
    return cast("Algorithm", cls())


def load(name: str, arrays: Arrays) -> Fitted:
    """The model of this algorithm, in shards or not, from its arrays."""
    return load_pieces(name, grouped.split_pieces(arrays))


def load_pieces(name: str, pieces: Iterable[Arrays]) -> Fitted:
    """The model of this algorithm from its ``grouped.pieces``, in their order."""
    return grouped.join_pieces(algorithm(name).from_arrays, pieces)


def condition(name: str, fitted: Fitted, panel: Panel) -> Fitted:
    """The same model on newer data, without absurd days: see ``Algorithm.condition``."""
    chosen, clean = algorithm(name), clean_panel(panel)
    return grouped.carry_shards(fitted, clean, lambda model, own, *_: chosen.condition(model, own))


def refit(
    name: str,
    fitted: Fitted,
    panel: Panel,
    rows: npt.NDArray[np.intp] | None,
    config: FitConfig,
    progress: Progress = silent,
) -> Fitted:
    """A model on a newer panel, with the series at ``rows`` fitted again: see ``algorithm.refit``.

    ``rows`` None: all series, together. Each shard of a model is refitted separately.
    """
    chosen = algorithm(name)

    def carry(model: Fitted, own: Panel, places: npt.NDArray[np.intp], step: Progress) -> Fitted:
        own_rows = grouped.places_within(places, rows)
        return interface.refit(chosen, model, own, own_rows, config, step)

    return grouped.carry_shards(fitted, clean_panel(panel), carry, progress)
