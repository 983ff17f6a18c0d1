"""A forecast that is normal in the log: its quantiles, its mean, and the parts of the mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray
from forecast_service.engine.quantiles import clip_mean, clip_quantiles, require_levels

__all__ = ["LOWEST", "LogForecast"]

LOWEST, HIGHEST = -50.0, 50.0  # limits of the log; LOWEST is the level of a series without sales


@dataclass(frozen=True)
class LogForecast:
    """``log(target + offset) = level + sum of the parts + noise``.

    ``level`` and ``offset`` (n,); each of ``parts``, the ``variance`` of the noise and ``closed``
    (n, horizon).
    """

    level: FloatArray
    parts: Mapping[str, FloatArray]
    variance: FloatArray
    offset: FloatArray
    closed: npt.NDArray[np.bool_]

    def quantiles(self, levels: Sequence[float]) -> FloatArray:
        """Quantiles (n, horizon, levels): ascending, never negative, 0 on closed days."""
        scores = np.array([NormalDist().inv_cdf(level) for level in require_levels(levels)])
        logs = self.center()[:, :, None] + np.sqrt(self.variance)[:, :, None] * scores
        return clip_quantiles(_exp(logs) - self.offset[:, None, None], self.closed)

    def mean(self) -> FloatArray:
        """Expected value, (n, horizon)."""
        logs = self.center() + self.variance / 2
        return clip_mean(_exp(logs) - self.offset[:, None], self.closed)

    def contributions(self) -> Mapping[str, FloatArray]:
        """Parts that add up to ``mean``; all are 0 on closed days.

        The effects are factors. ``level`` is the mean without them. Their joint change is divided
        among them in proportion to their logs, without a remainder (logarithmic mean divisia
        index: Ang, Energy Policy 32, 2004). ``floor`` raises negative sums to 0.
        """
        base = self.level[:, None] + self.variance / 2
        total = np.sum(list(self.parts.values()), axis=0)
        top, bottom = _exp(base + total), np.broadcast_to(_exp(base), total.shape)
        small = np.abs(total) < 1e-9
        weight = np.where(small, bottom, (top - bottom) / np.where(small, 1.0, total))
        level = bottom - self.offset[:, None]
        parts = {"level": level, **{name: weight * values for name, values in self.parts.items()}}
        opened = {name: np.where(self.closed, 0.0, values) for name, values in parts.items()}
        floor = np.maximum(-np.sum(list(opened.values()), axis=0), 0.0)
        return {**opened, "floor": floor}

    def center(self) -> FloatArray:
        """Expected log, (n, horizon)."""
        center = self.level[:, None] + np.zeros(self.closed.shape)
        for part in self.parts.values():
            center += part
        return center


def _exp(logs: FloatArray) -> FloatArray:
    values: FloatArray = np.exp(np.clip(logs, LOWEST, HIGHEST))
    return values
