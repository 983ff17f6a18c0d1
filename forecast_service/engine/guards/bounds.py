"""How far the effect of a covariate is carried: no farther than the history has seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast_service.common.wording.coded import say
from forecast_service.engine.closing import COVARIATE as CLOSING_COVARIATE
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel

__all__ = ["Bounds", "find_bounds"]

FEW_LEVELS = 20  # whole numbers over a range up to this are levels, not amounts


@dataclass(frozen=True)
class Bounds:
    """Least and most value (n,) of each covariate at which its effect is known."""

    low: Mapping[str, FloatArray]
    high: Mapping[str, FloatArray]

    def within(self, future: KnownFuture) -> KnownFuture:
        """The future with every covariate moved to the nearest value within the bounds."""
        covariates = {
            name: np.clip(values, self.low[name][:, None], self.high[name][:, None])
            if name in self.low
            else values
            for name, values in future.covariates.items()
        }
        return replace(future, covariates=covariates)

    def notes(self, future: KnownFuture, n_series: int) -> list[list[str]]:
        """For each series, a sentence on each covariate of ``future`` beyond the bounds."""
        notes: list[list[str]] = [[] for _ in range(n_series)]
        for name, values in future.covariates.items():
            if name not in self.low:
                continue
            low, high = self.low[name], self.high[name]
            beyond = (values < low[:, None]) | (values > high[:, None])
            for row in np.flatnonzero(beyond.any(axis=1)).tolist():
                notes[row].append(_note(name, values[row, beyond[row]], low[row], high[row]))
        return notes

    def take(self, rows: npt.NDArray[np.intp]) -> Bounds:
        """The bounds of the series at ``rows``."""
        return Bounds(
            {name: values[rows] for name, values in self.low.items()},
            {name: values[rows] for name, values in self.high.items()},
        )


def find_bounds(panel: Panel) -> Bounds:
    """The bounds that a history sets.

    Flags and whole-number levels: the range of all series, which learn from each other. Amounts,
    such as prices: a series may move as far from its own mean (in the log, if all are positive) as
    any series of the panel did. So a price that hardly moved has hardly any effect, and a cheap
    item does not borrow the effect of a dear one's price.
    """
    low, high = {}, {}
    for name, values in panel.covariates.items():
        if name.lower() == CLOSING_COVARIATE:  # a closed day sells 0, also where none was seen
            continue
        known = np.isfinite(values)
        if not known.any():
            continue
        least, most = _ends(values, known)
        if _has_levels(values, known):
            low[name] = np.full(len(values), least.min())
            high[name] = np.full(len(values), most.max())
        else:
            low[name], high[name] = _movement(values, known, least, most)
    return Bounds(low, high)


def _movement(
    values: FloatArray, known: npt.NDArray[np.bool_], least: FloatArray, most: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Ends (n,) of the widest movement of any series, around the mean of each."""
    some = known.any(axis=1)
    is_log = bool(least[some].min() > 0)
    scaled = np.log(values, where=known, out=np.zeros(values.shape)) if is_log else values
    middle = np.where(known, scaled, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    ends = np.stack([least, most])[:, some]
    moved = (np.log(ends) if is_log else ends) - middle[some]
    down, up = moved[0].min(), moved[1].max()
    low, high = middle + down, middle + up
    if is_log:
        low, high = np.exp(low), np.exp(high)
    own_low, own_high = np.minimum(low, least), np.maximum(high, most)
    return np.where(some, own_low, -np.inf), np.where(some, own_high, np.inf)


def _ends(values: FloatArray, known: npt.NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Least and most known value of each series, (n,); infinite without any."""
    least = np.where(known, values, np.inf).min(axis=1)
    return least, np.where(known, values, -np.inf).max(axis=1)


def _has_levels(values: FloatArray, known: npt.NDArray[np.bool_]) -> bool:
    some = values[known]
    return bool(some.max() - some.min() <= FEW_LEVELS and (some == np.round(some)).all())


def _note(name: str, values: FloatArray, low: float, high: float) -> str:
    low_text, high_text = f"{low:.6g}", f"{high:.6g}"
    values_text = " to ".join(dict.fromkeys(f"{v:.6g}" for v in (values.min(), values.max())))
    return say("beyond_bounds", name=name, values=values_text, low=low_text, high=high_text)
