"""Where the level of a series without sales is expected, by its static attributes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray

__all__ = ["LevelPrior", "learn_level_prior"]

LEAST_SERIES = 5  # with a value of an attribute, so that it says something
MOST_VALUES = 50  # of an attribute; one with more is a name
BELIEF = 2.0  # series' worth of belief that a value makes no difference
UNKNOWN = -50.0  # log of nothing: no series has ever sold


@dataclass(frozen=True)
class LevelPrior:
    """``level = middle + sum of the effects of its values``, with this variance; all in the log."""

    middle: float
    variance: float
    effects: Mapping[str, Mapping[str, float]]

    def expected(self, attributes: Mapping[str, Sequence[str]], n_series: int) -> FloatArray:
        """Expected level of series with these attributes, (n,); unknown values count nothing."""
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
    """Ridge regression of the known levels (n,) on indicators of the attributes' values."""
    rows = np.flatnonzero(known)
    if not len(rows):
        return LevelPrior(UNKNOWN, 1.0, {})
    middle = float(level[rows].mean())
    pairs = [
        (name, value) for name, values in attributes.items() for value in _values(values, rows)
    ]
    columns = [np.array(attributes[name])[rows] == value for name, value in pairs]
    design = np.array(columns, dtype=np.float64).reshape(len(pairs), len(rows)).T
    gram = design.T @ design + BELIEF * np.eye(len(pairs))
    found = np.linalg.solve(gram, design.T @ (level[rows] - middle))
    rest = level[rows] - middle - design @ found
    effects: dict[str, dict[str, float]] = {}
    for (name, value), effect in zip(pairs, found, strict=True):
        effects.setdefault(name, {})[value] = float(effect)
    variance = float((rest**2).sum() / (len(rows) - 1)) if len(rows) > 1 else 1.0
    return LevelPrior(middle, max(variance, 1e-4), effects)


def _values(values: Sequence[str], rows: npt.NDArray[np.intp]) -> list[str]:
    """The values that enough series have, in alphabetical order; none of a name."""
    counted = Counter(values[row] for row in rows)
    enough = sorted(value for value, n in counted.items() if value and n >= LEAST_SERIES)
    return enough if len(counted) <= MOST_VALUES else []
