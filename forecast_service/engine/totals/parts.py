"""Parts of a forecast, such as weekday and promotion, scaled so that they add up to its median."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import Fitted
from forecast_service.engine.panel import FloatArray, KnownFuture

__all__ = ["Parts", "parts_of"]

LEVEL = ("level", "trend", "floor")  # what is left when the other parts are taken away
CHUNK = 2000  # series at a time, to limit memory
LEAST_SHARE = 0.0005  # of the largest value of the series; a smaller part is left out


@dataclass(frozen=True)
class Parts:
    """The parts of some series: ``values`` (rows, names, horizon), in units, with their signs.

    The level has no column: it is the rest.
    """

    rows: npt.NDArray[np.intp]
    names: tuple[str, ...]
    values: FloatArray


def parts_of(fitted: Fitted, known_future: KnownFuture, middle: FloatArray) -> Iterator[Parts]:
    """The parts of all series, some series at a time; ``middle`` (n, horizon) is their forecast.

    A model gives the parts of its mean. Calibration, closed days and dormancy make another number
    of it, ``middle``: every part changes by the same factor.
    """
    for start in range(0, len(fitted.keys), CHUNK):
        rows = np.arange(start, min(start + CHUNK, len(fitted.keys)))
        whole = len(rows) == len(fitted.keys)
        model = fitted if whole else fitted.take(rows, known_future)
        named = model.contributions(known_future if whole else known_future.take(rows))
        mean = np.sum(list(named.values()), axis=0)
        factor = np.divide(middle[rows], mean, out=np.zeros_like(mean), where=mean > 0)
        names = tuple(name for name in named if name not in LEVEL)
        scaled = [named[name] * factor for name in names]
        values = np.stack(scaled, axis=1) if scaled else np.zeros((len(rows), 0, mean.shape[1]))
        yield Parts(rows, names, _without_traces(values, middle[rows]))


def _without_traces(values: FloatArray, middle: FloatArray) -> FloatArray:
    """The values, 0 for parts that matter on no day."""
    most = middle.max(axis=1, initial=0.0)[:, None]
    matters = np.abs(values).max(axis=2, initial=0.0) > LEAST_SHARE * most
    return np.where(matters[:, :, None], values, 0.0)
