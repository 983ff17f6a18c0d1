"""The common level and the shocks of a pooled regression, kept to fit single series again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.archive import Arrays
from forecast_service.engine.features.columns import Single
from forecast_service.engine.panel import FloatArray
from forecast_service.engine.periods.frequency import Times
from forecast_service.engine.pooled.deviations import Shrinkage

__all__ = ["Backdrop"]


@dataclass(frozen=True)
class Backdrop:
    """What the last full fit learned for all series, besides the common effects.

    ``added`` (T,) is the sum of the common level and the shock on each of ``times``; it is 0
    before them and ``level`` after them. The own level of a series may step at ``steps``, in
    units of ``heights``. ``first`` and ``second`` are the shrinkages of the two rounds of a fit.
    """

    times: Times
    added: FloatArray
    level: float
    steps: Times
    heights: FloatArray
    first: Shrinkage
    second: Shrinkage

    def on(self, times: Times) -> Single:
        """The common level and the shocks on other dates, (T,)."""
        place = np.searchsorted(self.times, times)
        added = np.where(times > self.times[-1], self.level, 0.0)
        inside = (times >= self.times[0]) & (times <= self.times[-1])
        added[inside] = self.added[place[inside]]
        return added.astype(np.float32)

    def own_steps(self, times: Times) -> Single:
        """The own level and its steps as columns, (1 + steps, T)."""
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
            "effects": np.stack([shrinkage.effects for shrinkage in shrinkages]),
            "scales": np.array([[s.step, s.noise] for s in shrinkages]),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Backdrop:
        """The inverse of ``to_arrays``, without the covariances: fitting does not need them."""
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
