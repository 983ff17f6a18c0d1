"""The expected level of a series without sales, from its static attributes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray

__all__ = ["LevelPrior", "learn_level_prior"]

LEAST_SERIES = 5  # with the same value; a rarer value has no effect
MOST_VALUES = 50  # of an attribute; one with more is taken for a name and has no effects
BELIEF = 2.0  # weight, in series, of the prior belief that a value has no effect
UNKNOWN = -50.0  # log of nearly 0, for a panel without any sales


@dataclass(frozen=True)
class LevelPrior:
    """``level = middle + sum of the effects of the attributes``, and its variance; in the log."""

    middle: float
    variance: float
    effects: Mapping[str, Mapping[str, float]]

    def expected(self, attributes: Mapping[str, Sequence[str]], n_series: int) -> FloatArray:
        """Expected level of series with these attributes, (n,); unknown values have no effect."""
        level = np.full(n_series, self.middle)
        for name, by_value in self.effects.items():
            values = attributes.get(name, [""] * n_series)
            level += np.array([by_value.get(value, 0.0) for value in values])
        return level

    def to_text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> LevelPrior:
        return cls(**json.loads(text))


def learn_level_prior(
    level: FloatArray, attributes: Mapping[str, Sequence[str]], known: npt.NDArray[np.bool_]
) -> LevelPrior:
    """Ridge regression of the ``known`` levels (n,) on indicators of attribute values."""
    rows = np.flatnonzero(known)
    if not len(rows):
        return LevelPrior(UNKNOWN, 1.0, {})
    middle = float(level[rows].mean())
    pairs = [
        (name, value)
        for name, values in attributes.items()
        for value in _frequent_values(values, rows)
    ]
    columns = [np.array(attributes[name])[rows] == value for name, value in pairs]
    design = np.array(columns, dtype=np.float64).reshape(len(pairs), len(rows)).T
    gram = design.T @ design + BELIEF * np.eye(len(pairs))
    solution = np.linalg.solve(gram, design.T @ (level[rows] - middle))
    residuals = level[rows] - middle - design @ solution
    effects: dict[str, dict[str, float]] = {}
    for (name, value), effect in zip(pairs, solution, strict=True):
        effects.setdefault(name, {})[value] = float(effect)
    variance = float((residuals**2).sum() / (len(rows) - 1)) if len(rows) > 1 else 1.0
    return LevelPrior(middle, max(variance, 1e-4), effects)


def _frequent_values(values: Sequence[str], rows: npt.NDArray[np.intp]) -> list[str]:
    """The values of at least ``LEAST_SERIES`` series, sorted; none if there are too many values."""
    counts = Counter(values[row] for row in rows)
    frequent = sorted(value for value, n in counts.items() if value and n >= LEAST_SERIES)
    return frequent if len(counts) <= MOST_VALUES else []
