"""The base of models that fit each series alone; seasonal naive forecasts all others."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from forecast_service.engine.archive import Arrays, prefixed, unprefixed
from forecast_service.engine.panel import FloatArray, KnownFuture
from forecast_service.engine.quantiles import clip_mean, clip_quantiles, require_levels
from forecast_service.engine.simple.seasonal_naive import NAME as SEASONAL_NAIVE
from forecast_service.engine.simple.seasonal_naive import FittedSeasonalNaive, SeasonalNaive

__all__ = ["SeriesModels", "naive_arrays", "naive_of", "notes_of"]

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class SeriesModels(ABC):
    """Models of the series ``rows`` (m,), ascending. ``naive`` has all series."""

    name: ClassVar[str]

    naive: FittedSeasonalNaive
    rows: Rows
    notes: tuple[str | None, ...]

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        return self.naive.keys

    @property
    def until(self) -> np.datetime64:
        return self.naive.until

    @property
    def algorithms(self) -> tuple[str, ...]:
        modelled = set(self.rows.tolist())
        return tuple(self.name if i in modelled else SEASONAL_NAIVE for i in range(len(self.keys)))

    @abstractmethod
    def quantiles(self, known_future: KnownFuture, levels: Sequence[float]) -> FloatArray:
        """Quantiles of the modelled series, (m, horizon, levels), as if every day were open."""

    @abstractmethod
    def means(self, known_future: KnownFuture) -> FloatArray:
        """Expected values of the modelled series, (m, horizon), as if every day were open."""

    def forecast(self, known_future: KnownFuture, quantiles: Sequence[float]) -> FloatArray:
        levels = require_levels(quantiles)
        values = self.naive.forecast(known_future, levels)
        values[self.rows] = self.quantiles(known_future, levels)
        return clip_quantiles(values, self.naive.closed(known_future))

    def mean(self, known_future: KnownFuture) -> FloatArray:
        values = self.naive.mean(known_future)
        values[self.rows] = self.means(known_future)
        return clip_mean(values, self.naive.closed(known_future))

    def contributions(self, known_future: KnownFuture) -> Mapping[str, FloatArray]:
        return {"level": self.mean(known_future)}

    def locate(self, rows: Rows) -> tuple[Rows, Rows]:
        """The places in ``rows`` that have a model, and the index of each of these models."""
        index_of = {int(row): index for index, row in enumerate(self.rows)}
        pairs = [(new, index_of[int(row)]) for new, row in enumerate(rows) if int(row) in index_of]
        both = np.array(pairs, dtype=np.intp).reshape(-1, 2)
        return both[:, 0], both[:, 1]


def naive_arrays(model: SeriesModels) -> dict[str, npt.NDArray[np.generic]]:
    """The arrays that every model writes into its file."""
    return {
        **prefixed("naive", model.naive.to_arrays()),
        "rows": model.rows,
        "notes": np.array([json.dumps(note) for note in model.notes], dtype=np.str_),
    }


def naive_of(arrays: Arrays) -> FittedSeasonalNaive:
    """The seasonal naive model from the arrays of a file."""
    return SeasonalNaive().from_arrays(unprefixed("naive", arrays))


def notes_of(arrays: Arrays) -> tuple[str | None, ...]:
    """The notes from the arrays of a file."""
    return tuple(json.loads(str(text)) for text in arrays["notes"])
