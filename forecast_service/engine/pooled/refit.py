"""Single series of a pooled regression fitted again, against what all series share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_service.engine.closing import Closing, find_closing
from forecast_service.engine.panel import Panel
from forecast_service.engine.pooled.backdrop import Backdrop
from forecast_service.engine.pooled.correction import PLAIN, Correction
from forecast_service.engine.pooled.deviations import Deviations, moments, robust, solve
from forecast_service.engine.pooled.level_steps import recency
from forecast_service.engine.pooled.log_forecast import LOWEST
from forecast_service.engine.pooled.log_target import LogTarget, log_target
from forecast_service.engine.pooled.pooled_model import NOTHING_KNOWN, FittedPooled

__all__ = ["refitted"]


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
