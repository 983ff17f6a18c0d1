"""Single series of a pooled regression fitted again, against what all series share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forecast_service.engine.calendar import Times
from forecast_service.engine.closing import Closing, find_closing
from forecast_service.engine.features.columns import Single
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.pooled.correction import PLAIN, Correction
from forecast_service.engine.pooled.deviations import (
    Deviations,
    Shrinkage,
    moments,
    robust,
    solve,
)
from forecast_service.engine.pooled.level_steps import recency
from forecast_service.engine.pooled.log_forecast import LOWEST
from forecast_service.engine.pooled.log_target import LogTarget, log_target

if TYPE_CHECKING:  # a model keeps its backdrop, so that this cannot need the model
    from forecast_service.engine.pooled.pooled_model import FittedPooled

__all__ = ["NOTHING_KNOWN", "Backdrop", "refitted"]

NOTHING_KNOWN = "No sales are known of this series: it starts from what all series share."

_Arrays = Mapping[str, npt.NDArray[np.generic]]


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
    def from_arrays(cls, arrays: _Arrays) -> Backdrop:
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


def refitted(
    model: FittedPooled,
    backdrop: Backdrop,
    panel: Panel,
    rows: npt.NDArray[np.intp],
    correction: Correction = PLAIN,
) -> FittedPooled:
    """A model that was conditioned on the panel, with the series at ``rows`` fitted again.

    They are fitted to what the correction leaves to the regression.
    """
    some = panel.take(rows)
    closing = find_closing(some)
    target = log_target(closing.open_target(some))
    only = replace(
        model,
        keys=some.keys,
        closing=closing,
        own=model.own[rows],
        level=model.level[rows],
        noise=model.noise[rows],
    )
    found = _deviations(only, backdrop, some, target, correction)
    noise = found.noise / correction.left
    has_any = np.asarray(target.known.any(axis=1))
    expected = model.prior.expected(some.attributes, len(rows))
    own_level = found.level(backdrop.own_steps(some.timestamps))
    level = np.where(has_any, own_level + backdrop.level, expected)
    applies = _set(model.closing.applies, rows, closing.applies)
    notes = dict(zip(rows.tolist(), has_any.tolist(), strict=True))
    return replace(
        model,
        closing=Closing(model.closing.covariate, applies),
        own=_set(model.own, rows, found.effects.astype(np.float32)),
        level=_set(model.level, rows, np.where(target.sells, level, LOWEST)),
        noise=_set(model.noise, rows, noise + np.where(has_any, 0.0, model.prior.variance)),
        offset=_set(model.offset, rows, target.offset),
        silent=_set(
            model.silent, rows, np.where(has_any, np.argmax(target.known[:, ::-1], axis=1), 0.0)
        ),
        notes=tuple(
            note if row not in notes else None if notes[row] else NOTHING_KNOWN
            for row, note in enumerate(model.notes)
        ),
    )


def _deviations(
    only: FittedPooled,
    backdrop: Backdrop,
    some: Panel,
    target: LogTarget,
    correction: Correction,
) -> Deviations:
    """What the series of a panel add to the common effects: as in ``PooledFitting``."""
    times = some.timestamps
    steps, added = backdrop.own_steps(times), backdrop.on(times)
    recent = recency(times, backdrop.times[-1])
    common, kept = only.common.astype(np.float32), np.float32(correction.kept)
    said = correction.said(only, times, some.covariates, 0, target.known)
    added = said.astype(np.float32) + added
    parts = []
    for rows, _, columns in only.columns(times, some.covariates, 0):
        known = target.known[rows]
        rest = (target.values[rows] - kept * np.matmul(common, columns) - added[rows]) * known
        own, weight = kept * columns[:, only.own_columns], (known * recent).astype(np.float32)
        outliers = solve(moments(own, steps, rest, weight), backdrop.first)
        lighter = robust(own, steps, rest, weight, outliers)
        parts.append(solve(moments(own, steps, rest, lighter), backdrop.second))
    return Deviations.joined(parts)


def _set(values: npt.NDArray[np.generic], rows: npt.NDArray[np.intp], new: Any) -> Any:
    """The array with other values in some rows."""
    changed = values.copy()
    changed[rows] = new
    return changed
