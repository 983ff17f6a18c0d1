"""What a single series of a pooled regression is fitted against: the common level and its steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.archive import Arrays
from forecast_service.engine.calendar import Times
from forecast_service.engine.features.columns import Single
from forecast_service.engine.panel import FloatArray
from forecast_service.engine.pooled.deviations import Shrinkage

__all__ = ["Backdrop"]


@dataclass(frozen=True)
class Backdrop:
    """What a series is fitted against besides the common effects, as the last full fit found it.

    ``added`` (T,) is what the common level and the shocks add on each of ``times``; before them
    it is 0, after them ``level``. The own level may step at ``steps``, in units of ``heights``.
    """

    times: Times
    added: FloatArray
    level: float
    steps: Times
    heights: FloatArray
    first: Shrinkage
    second: Shrinkage

    def on(self, times: Times) -> Single:
        """What is added on other dates, (T,)."""
        place = np.searchsorted(self.times, times)
        found = np.where(times > self.times[-1], self.level, 0.0)
        inside = (times >= self.times[0]) & (times <= self.times[-1])
        found[inside] = self.added[place[inside]]
        return found.astype(np.float32)

    def own_steps(self, times: Times) -> Single:
        """The level and its steps as columns, (1 + steps, T)."""
        after = (times >= self.steps[:, None]) * self.heights[:, None]
        return np.concatenate([np.ones((1, len(times))), after]).astype(np.float32)

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        shrinkages = (self.first, self.second)
        return {
            "times": self.times,
            "added": self.added,
            "steps": self.steps,
            "heights": self.heights,
            "level": np.array([self.level]),
            "effects": np.stack([each.effects for each in shrinkages]),
            "scales": np.array([[each.step, each.noise] for each in shrinkages]),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Backdrop:
        """The inverse of ``to_arrays``, without the covariances, which only a forecast needs."""
        effects, scales = arrays["effects"].astype(np.float64), arrays["scales"].astype(np.float64)
        first, second = (
            Shrinkage(variances, float(step), float(noise), np.zeros((0, 0)))
            for variances, (step, noise) in zip(effects, scales, strict=True)
        )
        return cls(
            times=arrays["times"].astype("datetime64[s]"),
            added=arrays["added"].astype(np.float64),
            level=float(arrays["level"].astype(np.float64)[0]),
            steps=arrays["steps"].astype("datetime64[s]"),
            heights=arrays["heights"].astype(np.float64),
            first=first,
            second=second,
        )
